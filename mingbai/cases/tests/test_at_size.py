"""What a million cases need: the search sees what its viewer may see, the counts are the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Q, Sum

from mingbai.cases import commands, queries
from mingbai.cases.models import Case, Tally
from mingbai.cases.queries import lines
from mingbai.cases.states import OPEN, SOLVED
from mingbai.kernel import scopes

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
File = Callable[..., Case]


def found(scope: str = "", word: str = "路灯") -> list[str]:
    rows = Case.objects.filter(lines.matching(word, scope)).order_by("number")
    return list(rows.values_list("number", flat=True))


def ids(scope: str = "") -> set[int]:
    """What the function itself gives away, whatever is asked around it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM cases_found(plainto_tsquery('simple', '路灯'), %s, NULL, false)",
            [scope],
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.usefixtures("base")
def test_no_temporary_table_is_read_with_the_rights_of_the_owner(cast: Any, file: File) -> None:
    shown = file("accepted")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        paths = dict(cursor.fetchall())
        assert "cases_found" in paths
        for name, settings in paths.items():
            [path] = [line for line in settings if line.startswith("search_path=")]
            assert path.endswith(", pg_temp"), name
        cursor.execute("CREATE TEMPORARY VIEW cases_case AS SELECT 1::bigint AS id")
        assert ids("350525") == {shown.pk}


def test_the_search_function_gives_away_nothing_that_row_security_hides(
    cast: Any, file: File
) -> None:
    hidden, waiting, shown = file("accepted", is_public=False), file(), file("accepted")
    everybody = {shown.pk}
    reporter = cast.people["villager"].pk
    for scope, person, public, seen in (
        ("350525", None, True, {hidden.pk, waiting.pk, shown.pk}),
        (VILLAGE, None, False, {hidden.pk, waiting.pk, shown.pk}),
        (NEIGHBOUR, None, True, everybody),
        (NEIGHBOUR, None, False, set()),
        ("", None, True, everybody),
        ("", None, False, set()),
        ("", reporter, False, {hidden.pk, waiting.pk, shown.pk}),
    ):
        with scopes.enter(scope=scope, person=person, public=public):
            assert ids() == seen
            assert ids(VILLAGE) == seen
            assert ids(NEIGHBOUR) == set()
            assert ids() == set(Case.objects.values_list("pk", flat=True))


def test_the_newest_and_the_open_are_what_they_are_called(cast: Any, file: File) -> None:
    old, open_, new = file("answered"), file(), file("answered")
    newest = Case.objects.filter(lines.matching("路灯", VILLAGE, most=1))
    assert list(newest) == [new]
    assert list(Case.objects.filter(lines.matching("路灯", VILLAGE, only_open=True))) == [open_]
    assert found(VILLAGE) == sorted([old.number, open_.number, new.number])


def test_a_search_goes_on_beyond_the_newest(
    cast: Any, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "NEWEST", 2)
    cases = [file("answered") for _ in range(5)]
    officer, after, seen = cast.actor("officer"), "", []
    for _ in range(3):
        desk = queries.desk(officer, which="all", q="路灯", after=after, size=2)
        seen += [line.number for group in desk.groups for line in group.rows]
        after = desk.next
    assert (seen, after) == ([case.number for case in reversed(cases)], "")


def real() -> dict[str, tuple[int, int]]:
    shown = lines.shown()
    rows = Case.objects.filter(shown).values_list("region").order_by()
    counted = rows.annotate(
        o=Count("pk", filter=Q(state__in=OPEN)), s=Count("pk", filter=Q(state__in=SOLVED))
    )
    return {region: (o, s) for region, o, s in counted if o or s}


def kept() -> dict[str, tuple[int, int]]:
    rows = Tally.objects.values_list("region").annotate(Sum("open"), Sum("solved")).order_by()
    return {region: (o, s) for region, o, s in rows if o or s}


def test_the_counts_follow_every_change(cast: Any, file: File) -> None:
    file()
    assert kept() == real() == {}
    file("accepted")
    answered = file("answered")
    file("accepted", is_public=False)
    assert kept() == real() == {VILLAGE: (1, 1)}
    commands.revise_filing(
        county=COUNTY,
        number=file().number,
        region=NEIGHBOUR,
        text="路灯又不亮了，请来看看。",
        field="power",
        sub="",
        kind="request",
        title="",
        place="",
        urgent=False,
        source_text="",
    )
    Case.objects.filter(pk=answered.pk).update(region=NEIGHBOUR)
    assert kept() == real() == {VILLAGE: (1, 0), NEIGHBOUR: (0, 1)}
    Case.objects.filter(pk=answered.pk).update(is_public=False)
    assert kept() == real() == {VILLAGE: (1, 0)}
    assert queries.counts_below([COUNTY, "350526"]) == {
        COUNTY: queries.Counts(1, 0),
        "350526": queries.Counts(0, 0),
    }


def test_many_rows_of_counts_become_one_and_mean_the_same(cast: Any, file: File) -> None:
    for _ in range(3):
        file("answered")
    assert Tally.objects.count() > 3
    before = kept()
    assert commands.fold_tallies(COUNTY, most=2) == 1
    assert commands.fold_tallies(COUNTY, most=2) == 0
    assert (kept(), Tally.objects.count()) == (before, 1)


def test_what_changes_nothing_that_is_counted_writes_no_count(cast: Any, file: File) -> None:
    case = file("accepted")
    before = Tally.objects.count()
    commands.start(actor=cast.actor("officer"), county=COUNTY, number=case.number, version=2)
    assert Tally.objects.count() == before
