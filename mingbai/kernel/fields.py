"""Fields and keys that carry the rules of territory (architecture, rules for data 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models.fields.related import ForeignKey
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor
from django.db.models.lookups import Exact
from django.utils.functional import cached_property


class CountyField(models.CharField):  # type: ignore[type-arg]
    """The six digits of the county; on every table that grows with people or messages, immutable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 6)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_collation", "C")
        kwargs.setdefault("verbose_name", "县")
        super().__init__(*args, **kwargs)


class CodeField(models.CharField):  # type: ignore[type-arg]
    """A region code kept as text in byte order, so that "inside a territory" is a range."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 16)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


class _CountyReverse(ReverseManyToOneDescriptor):  # type: ignore[type-arg]
    """``case.events``: the manager names the county of its parent, read or prefetched."""

    @cached_property
    def related_manager_cls(self) -> Any:
        """Return Django's manager of the children, narrowed to the parent's county."""
        plain: Any = super().related_manager_cls

        class Manager(plain):  # type: ignore[misc]
            def __init__(self, instance: Any) -> None:
                super().__init__(instance)
                self.core_filters["county"] = instance.county

            def get_prefetch_querysets(
                self, instances: Sequence[Any], querysets: Sequence[Any] | None = None
            ) -> Any:
                rows = querysets[0] if querysets else self.model._default_manager.all()
                near = rows.filter(county__in={parent.county for parent in instances})
                return super().get_prefetch_querysets(instances, [near])

        return Manager


class CountyForeignKey(ForeignKey):  # type: ignore[type-arg]
    """A key between two tables that both carry ``county``: its join names the county as well.

    Django joins on the id alone; on a cluster sharded by county such a join would need every
    shard. ``get_extra_restriction`` adds ``AND a.county = b.county`` to each join made by this key,
    and the way from one row to the other (``event.case``, ``case.events``) asks for its county.
    An ``exclude()`` across the key is the one query that does not: write an ``Exists`` instead.
    """

    related_accessor_class = _CountyReverse

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        """Return the condition that both sides lie in the same county."""
        here: Any = self.model._meta.get_field("county")
        there: Any = self.related_model._meta.get_field("county")
        if alias is None or related_alias is None:
            return None
        return Exact(here.get_col(related_alias), there.get_col(alias))

    def get_extra_descriptor_filter(self, instance: Any) -> dict[str, str]:
        """Return the filter of ``event.case``: the parent lies in the child's county."""
        return {"county": instance.county}


def inside(scope: str, field: str = "region") -> models.Q:
    """Return the filter "``field`` lies inside ``scope``"; an empty scope holds nothing."""
    if not scope:
        return models.Q(pk__in=[])
    return models.Q(**{f"{field}__gte": scope, f"{field}__lt": scope + "~"})
