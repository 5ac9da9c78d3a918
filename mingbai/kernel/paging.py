"""Paging by key: a page begins after the last row seen, so deep pages cost as little as the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from mingbai.kernel.decisions import BadInput

Row = TypeVar("Row")
Table = TypeVar("Table", bound=Model)
LONGEST = 1000


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

    No ordering field may be NULL in ``rows``. ``after`` is the ``next`` of the page before. Raises
    ``BadInput`` when it was tampered with.
    """
    found = list(_after(rows, order, after).order_by(*order)[: size + 1])
    shown = found[:size]
    more = key([getattr(shown[-1], f.lstrip("-")) for f in order]) if len(found) > size else ""
    return Page(shown, more)


def key(values: Sequence[Any]) -> str:
    """Encode the sort values of a row (text, numbers, dates, times, uuids) for an address."""
    text = json.dumps(
        [v.isoformat() if hasattr(v, "isoformat") else v for v in values], default=str
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(rows: QuerySet[Table], order: Sequence[str], after: str) -> QuerySet[Table]:
    if not after:
        return rows
    try:
        values = _values(after)
        fields = [rows.model._meta.get_field(f.lstrip("-")) for f in order]
        clean = [_clean(f, v) for f, v in zip(fields, values, strict=True)]
    except Exception as wrong:
        raise BadInput("页码不对，请从第一页看起。") from wrong
    where = Q()
    equal = Q()
    for name, value in zip(order, clean, strict=True):
        bare = name.lstrip("-")
        where |= equal & Q(**{f"{bare}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{bare: value})
    return rows.filter(where)


def _values(after: str) -> list[Any]:
    if len(after) > LONGEST:
        raise ValueError("too long")
    padded = after.encode("ascii") + b"=" * (-len(after) % 4)
    found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(found, list):
        raise TypeError("not a list")
    return found


def _clean(field: Any, value: Any) -> Any:
    """Return ``value`` as the field holds it; raises for what the database could not compare."""
    if not isinstance(value, (str, int, float)) or "\0" in str(value):
        raise ValueError("not a sort value")
    clean = field.to_python(value)
    if isinstance(clean, datetime) and clean.tzinfo is None:
        raise ValueError("a time without its zone")
    return clean
