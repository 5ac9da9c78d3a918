"""Fields and keys that carry the rules of territory (architecture, rules for data 1 and 2)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.related import ForeignKey
from django.db.models.lookups import Exact


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


class CountyForeignKey(ForeignKey):  # type: ignore[type-arg]
    """A key between two tables that both carry ``county``: its join names the county as well.

    Django joins on the id alone; on a cluster sharded by county such a join would need every
    shard. ``get_extra_restriction`` adds ``AND a.county = b.county`` to each join made by this key.
    """

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        """Return the condition that both sides lie in the same county."""
        here: Any = self.model._meta.get_field("county")
        there: Any = self.related_model._meta.get_field("county")
        if alias is None or related_alias is None:
            return None
        return Exact(here.get_col(related_alias), there.get_col(alias))


def inside(scope: str, field: str = "region") -> models.Q:
    """Return the filter "``field`` lies inside ``scope``"; an empty scope holds nothing."""
    if not scope:
        return models.Q(pk__in=[])
    return models.Q(**{f"{field}__gte": scope, f"{field}__lt": scope + "~"})
