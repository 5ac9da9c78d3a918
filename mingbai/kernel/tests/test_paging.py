"""Paging by key: every row once, in order, however often values repeat; keys are not believed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.audit.models import Entry
from mingbai.kernel import paging
from mingbai.kernel.decisions import BadInput

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


@pytest.fixture
def entries(base: None) -> None:
    """Seven entries; three of them at the same moment."""
    for minute in (0, 1, 1, 1, 2, 3, 4):
        Entry.objects.create(
            at=NOON + timedelta(minutes=minute), role="x", verb="v", thing="t", thing_id="1"
        )


def walk(order: tuple[str, ...], size: int) -> list[int]:
    """The ids of all pages, one after the other."""
    found: list[int] = []
    after = ""
    while True:
        page = paging.page(Entry.objects.filter(thing="t"), order=order, after=after, size=size)
        assert len(page.rows) <= size
        found += [row.pk for row in page.rows]
        if not page.next:
            return found
        after = page.next


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize(
    "order", [("at", "id"), ("-at", "-id"), ("-at", "id"), ("id",), ("verb", "-at", "id")]
)
def test_every_row_comes_once_and_in_order(
    entries: None, order: tuple[str, ...], size: int
) -> None:
    wanted = list(Entry.objects.filter(thing="t").order_by(*order).values_list("pk", flat=True))
    assert walk(order, size) == wanted
    assert len(wanted) == 7


def test_a_full_last_page_has_no_next(entries: None) -> None:
    page = paging.page(Entry.objects.filter(thing="t"), order=("id",), size=7)
    assert (len(page.rows), page.next) == (7, "")


def test_a_row_that_comes_in_meanwhile_shifts_nothing(entries: None) -> None:
    rows = Entry.objects.filter(thing="t")
    first = paging.page(rows, order=("-at", "-id"), size=3)
    Entry.objects.create(
        at=NOON + timedelta(hours=1), role="x", verb="v", thing="t", thing_id="new"
    )
    second = paging.page(rows, order=("-at", "-id"), size=4, after=first.next)
    assert not {r.pk for r in first.rows} & {r.pk for r in second.rows}
    assert [r.thing_id for r in second.rows] == ["1"] * 4


def test_no_rows_make_one_empty_page(base: None) -> None:
    assert paging.page(Entry.objects.filter(thing="t"), order=("id",)) == paging.Page([], "")


def test_a_page_is_one_query(entries: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        paging.page(Entry.objects.filter(thing="t"), order=("-at", "-id"), size=3)
    assert len(asked) == 1
    assert "LIMIT 4" in asked[0]["sql"]


def coded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "!!!",
        "王",
        "0",
        "====",
        "a b",
        coded("{}"),
        coded("[]"),
        coded("7"),
        coded('["2026-11-18"]'),
        coded('["2026-11-18T04:00:00+00:00", 1, 2]'),
        coded("[null, 1]"),
        coded('["no", 1]'),
        coded('["2026-11-18T04:00:00", 1]'),
        coded('["2026-11-18T04:00:00+00:00", null]'),
        coded('["2026-11-18T04:00:00+00:00", "x"]'),
        coded('["2026-11-18T04:00:00+00:00", {}]'),
        coded('["2026-11-18T04:00:00+00:00", NaN]'),
        coded('["2026-11-18T04:00:00+00:00", Infinity]'),
        coded('["\\u0000", 1]'),
        coded("[" * 5000),
        "A" * 5000,
        coded(json.dumps(["2026-11-18T04:00:00+00:00", [1]])),
    ],
)
def test_a_key_that_was_tampered_with_is_refused_with_a_sentence(entries: None, after: str) -> None:
    with pytest.raises(BadInput, match="页码不对，请从第一页看起。"):
        paging.page(Entry.objects.all(), order=("at", "id"), after=after)


def test_text_with_a_null_character_never_reaches_the_database(entries: None) -> None:
    with pytest.raises(BadInput):
        paging.page(Entry.objects.all(), order=("verb", "id"), after=coded('["a\\u0000b", 1]'))


@pytest.mark.parametrize("number", [10**30, -(10**30), 0])
def test_a_number_beyond_the_column_is_only_a_place(entries: None, number: int) -> None:
    page = paging.page(Entry.objects.filter(thing="t"), order=("id",), after=paging.key([number]))
    assert len(page.rows) == (0 if number > 0 else 7)
