"""Paging by key: a page begins after the last row seen, so deep pages cost as little as the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from mingbai.kernel.decisions import BadInput

Row = TypeVar("Row")
Table = TypeVar("Table", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page and the key of the next (empty when this is the last)."""

    rows: Sequence[Row]
    next: str


def page(
    rows: QuerySet[Table],
    *,
    order: Sequence[str],
    after: str = "",
    size: int = 30,
) -> Page[Table]:
    """Return one page of ``rows`` in ``order`` (field names, ``-`` for descending; last one unique).

    ``after`` is the ``next`` of the page before. Raises ``BadInput`` when it was tampered with.
    """
    found = list(_after(rows, order, after).order_by(*order)[: size + 1])
    shown = found[:size]
    more = key([getattr(shown[-1], f.lstrip("-")) for f in order]) if len(found) > size else ""
    return Page(shown, more)


def key(values: Sequence[Any]) -> str:
    """Encode the sort values of a row for an address."""
    text = json.dumps([v.isoformat() if hasattr(v, "isoformat") else v for v in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(rows: QuerySet[Table], order: Sequence[str], after: str) -> QuerySet[Table]:
    if not after:
        return rows
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        fields = [rows.model._meta.get_field(f.lstrip("-")) for f in order]
        clean: list[Any] = [_python(f)(v) for f, v in zip(fields, values, strict=True)]
    except Exception as wrong:
        raise BadInput("页码不对，请从第一页看起。") from wrong
    where = Q()
    equal = Q()
    for name, value in zip(order, clean, strict=True):
        bare = name.lstrip("-")
        where |= equal & Q(**{f"{bare}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{bare: value})
    return rows.filter(where)


def _python(field: Any) -> Callable[[Any], Any]:
    convert: Callable[[Any], Any] = field.to_python
    return convert
