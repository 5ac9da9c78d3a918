"""The work list: what it shows, saved filters, many cases at once, the list as a sheet."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.commands import batching, exporting, filters
from mingbai.cases.models import Case, CaseEvent, SavedFilter
from mingbai.cases.queries import worklist
from mingbai.cases.queries.worklist import Asked, Pick
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Missing

COUNTY, VILLAGE, NEXT = "350525", "350525101201", "350525101202"


def numbers(actor: Any, **asked: Any) -> list[str]:
    found = worklist.worklist(actor, Asked(**asked))
    return [row.line.number for group in found.groups for row in group.rows]


def own(cast: Any, who: str) -> Any:
    """See what the person sees: a post's filters are shown to its holder alone."""
    return scopes.enter(scope="3505", person=cast.people[who].pk)


def picks(*cases: Case) -> list[Pick]:
    return [Pick(case.number, case.version) for case in cases]


def test_each_filter_narrows_the_list(cast: Any, file: Any) -> None:
    lamp, road = file(), file("accepted", field="road", urgent=True)
    water = file("handling", field="water", text="后山水池放下来的水这两天发黄，老人不敢喝。")
    done = file("answered")
    officer = cast.actor("officer")
    assert sorted(numbers(officer)) == [lamp.number, road.number, water.number]
    assert numbers(officer, state="submitted") == [lamp.number]
    assert numbers(officer, state="solved") == [done.number]
    assert len(numbers(officer, state="all")) == 4
    assert numbers(officer, field="water") == [water.number]
    assert numbers(officer, urgent=True) == [road.number]
    assert sorted(numbers(officer, who="mine")) == [road.number, water.number]
    assert numbers(officer, q="后山水池") == [water.number]
    assert numbers(officer, q=lamp.number) == [lamp.number]
    assert numbers(officer, source="chat") == []
    assert len(numbers(officer, level="village")) == 3
    assert numbers(officer, level="town") == []
    assert numbers(officer, village=NEXT) == []


def test_late_ones_are_found_once_their_deadline_has_passed(cast: Any, file: Any, at: Any) -> None:
    case = file()
    officer = cast.actor("officer")
    assert numbers(officer, late=True) == []
    at("2027-01-20 09:00")
    assert numbers(officer, late=True) == [case.number]


def test_an_address_that_asks_for_nonsense_shows_the_plain_list() -> None:
    asked = Asked.read({"who": "x", "state": "'", "village": "../..", "late": "yes", "q": "\0"})
    assert asked == Asked()
    assert Asked.read({"who": "all", "late": "1", "field": "road"}).query == (
        "who=all&field=road&late=1"
    )


def test_the_list_is_paged_by_key(cast: Any, file: Any) -> None:
    made = {file().number for _ in range(5)}
    officer = cast.actor("officer")
    first = worklist.worklist(officer, Asked(), size=3)
    second = worklist.worklist(officer, Asked(), after=first.next, size=3)
    seen = [r.line.number for page in (first, second) for g in page.groups for r in g.rows]
    assert len(seen) == 5
    assert set(seen) == made
    assert second.next == ""


def test_a_neighbouring_village_officer_sees_nothing_of_it(cast: Any, file: Any) -> None:
    case = file("accepted")
    neighbour = cast.actor("neighbour")
    assert numbers(neighbour, who="all", state="all") == []
    assert numbers(neighbour, who="all", state="all", q=case.number) == []
    rows = worklist.foresee(neighbour, "assign", picks(case))
    assert [(row.line, bool(row.decision)) for row in rows] == [(None, False)]


def test_posts_that_work_on_no_cases_get_404(client_as: Any) -> None:
    for who in ("it", "clerk", "villager", "anyone"):
        for path in (
            "/desk/cases/tasks",
            "/desk/cases/templates",
            "/desk/cases/result",
        ):
            assert client_as(who).get(path).status_code in {302, 404}, (who, path)
    assert client_as("villager").get("/desk/cases").status_code == 404
    watched = client_as("supervisor").get("/desk/cases").content.decode()
    assert "批量" not in watched
    assert "勾选的" not in watched


def test_the_list_costs_at_most_ten_queries(cast: Any, file: Any) -> None:
    for _ in range(12):
        file("accepted")
    town = cast.actor("town")
    with CaptureQueriesContext(connection) as caught:
        worklist.worklist(town, Asked(who="all"))
    few = len(caught)
    for _ in range(12):
        file()
    with CaptureQueriesContext(connection) as caught:
        worklist.worklist(town, Asked(who="all"))
    assert few == 6
    assert len(caught) <= few


def test_the_pages_cost_a_fixed_number_of_queries(cast: Any, file: Any, client_as: Any) -> None:
    case = file("accepted")
    for _ in range(6):
        file("accepted")
    found = []
    for path in (
        "/desk/cases?who=all",
        "/desk/cases/tasks",
        f"/desk/cases/{case.number}/beside",
        f"/desk/cases/{case.number}/sheet",
    ):
        client = client_as("town")
        client.get(path)
        now = scopes.current()
        assert now is not None
        now.memo.clear()
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        found.append(sum(not q["sql"].startswith(("SAVE", "RELEASE")) for q in caught))
    assert found == [15, 10, 16, 16]


def test_a_filter_is_kept_opened_with_and_forgotten(cast: Any, client_as: Any) -> None:
    with own(cast, "officer"):
        client = client_as("officer")
        client.post("/desk/cases/filters", {"name": "急的路", "field": "road", "urgent": "1"})
        kept = SavedFilter.objects.get()
        assert kept.query == "who=ours&field=road&urgent=1"
        assert client.get("/desk/cases").status_code == 200
        client.post(f"/desk/cases/filters/{kept.pk}/open")
        assert client.get("/desk/cases")["Location"] == f"/desk/cases?{kept.query}"
        assert "急的路" in client.get("/desk/cases?who=ours").content.decode()
        client.post(f"/desk/cases/filters/{kept.pk}/delete")
        assert SavedFilter.objects.count() == 0


def test_a_filter_is_its_own_posts_alone(cast: Any, client_as: Any) -> None:
    with own(cast, "officer"):
        filters.save_filter(actor=cast.actor("officer"), name="我的", query="who=mine")
        kept = SavedFilter.objects.get()
        assert worklist.saved_filters(cast.actor("neighbour")) == []
        for what in ("open", "delete"):
            answer = client_as("neighbour").post(f"/desk/cases/filters/{kept.pk}/{what}")
            assert answer.status_code == 404
        assert SavedFilter.objects.get().is_default is False


def test_only_one_filter_opens_by_itself(cast: Any) -> None:
    with own(cast, "officer"):
        officer = cast.actor("officer")
        for name in ("甲", "乙"):
            filters.save_filter(actor=officer, name=name, query=f"who=ours&q={name}")
        first, second = SavedFilter.objects.order_by("id")
        assert filters.open_with_filter(actor=officer, filter_id=first.pk)
        assert filters.open_with_filter(actor=officer, filter_id=second.pk)
        assert worklist.default_query(officer) == second.query
        assert not filters.open_with_filter(actor=officer, filter_id=second.pk)
        assert worklist.default_query(officer) == ""
        with pytest.raises(BadInput):
            filters.save_filter(actor=officer, name=" ", query="")


def test_a_batch_with_one_stale_case_changes_only_the_others(cast: Any, file: Any) -> None:
    fresh, stale, other = file(), file(), file()
    ticked = picks(fresh, stale, other)
    officer = cast.actor("officer")
    commands.accept(actor=officer, county=COUNTY, number=stale.number, version=stale.version)
    steps = CaseEvent.objects.filter(case=stale).count()
    outcomes = batching.run_batch(actor=officer, verb="accept", picks=ticked)
    assert [outcome.done for outcome in outcomes] == [True, False, True]
    assert outcomes[1].reason.startswith("这件刚被别人改过：")
    assert CaseEvent.objects.filter(case=stale).count() == steps
    assert set(Case.objects.values_list("state", flat=True)) == {"accepted"}


def test_a_batch_hands_cases_over_and_names_those_it_could_not(
    cast: Any, file: Any, client_as: Any
) -> None:
    good, hidden, waiting = file("accepted"), file("accepted", who="other"), file()
    Case.objects.filter(pk=hidden.pk).update(body=cast.bodies["neighbour"], region=NEXT)
    sent = {
        "verb": "assign",
        "case": [f"{case.number}:{case.version}" for case in (good, hidden, waiting)],
    }
    client = client_as("officer")
    shown = client.post("/desk/cases/preview", sent).content.decode()
    assert "交办 1 件" in shown
    assert "没有这件，或者你看不到它。" in shown
    assert "这件现在是“等受理”，不能交办。" in shown
    assert "请选一个可以交办的单位" in client.post("/desk/cases/run", sent).content.decode()
    assert Case.objects.get(pk=good.pk).state == "accepted"
    done = client.post(
        "/desk/cases/run", sent | {"receiver": cast.bodies["town"].pk}, follow=True
    ).content.decode()
    assert "已交办 1 件，2 件没有" in done
    assert Case.objects.get(pk=good.pk).body == cast.bodies["town"]
    assert Case.objects.get(pk=hidden.pk).body == cast.bodies["neighbour"]
    assert Case.objects.get(pk=waiting.pk).state == "submitted"


def test_what_the_page_never_offered_is_404(client_as: Any) -> None:
    client = client_as("officer")
    for bad in ("x", "350525-2611-00001", "350525-2611-00001:y", "'; drop"):
        answer = client.post("/desk/cases/preview", {"verb": "accept", "case": bad})
        assert answer.status_code == 404
    answer = client.post("/desk/cases/preview", {"verb": "answer", "case": "350525-2611-00001:1"})
    assert answer.status_code == 404


def parts(content: bytes) -> dict[str, str]:
    """Return the parts of an xlsx file as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: unescape(packed.read(name).decode()) for name in packed.namelist()}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", " ="])
def test_no_cell_of_the_export_is_a_formula(cast: Any, file: Any, first: str) -> None:
    file(title=f"{first}cmd|' /C calc'!A0", place="@SUM(1)")
    made = parts(exporting.export_list(actor=cast.actor("officer"), asked=Asked()).content)
    sheet = made["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet
    cells = re.findall(r'<c r="([A-Z]+)2"(?: s="(\d)")?(?: t="(\w)")?', sheet)
    kinds = {column: (style, kind) for column, style, kind in cells}
    # Title and place stand in the same look, the one that is marked as text, and point to strings.
    assert kinds["F"] == kinds["G"]
    assert kinds["F"][1] == "s"
    assert kinds["F"][0] != kinds["C"][0]
    assert 'quotePrefix="1"' in made["xl/styles.xml"]
    assert "calc'!A0" in made["xl/sharedStrings.xml"]


def test_the_export_holds_no_contact_and_is_on_the_trail(cast: Any, file: Any) -> None:
    case = file(phone="13800001111", title="请打 13912345678", place="13912345678 家门口")
    made = exporting.export_list(actor=cast.actor("officer"), asked=Asked(q="请打"))
    text = "\n".join(parts(made.content).values())
    assert case.number in text
    assert "139****5678" in text
    for hidden in ("13800001111", "13912345678", "138****1111", "林阿婶", case.text):
        assert hidden not in text
    entry = Entry.objects.get(verb="case.export")
    assert entry.person_id == cast.people["officer"].pk
    assert entry.detail["rows"] == 1
    assert entry.detail["searched"] is True
    assert "请打" not in str(entry.detail)


def test_the_export_shows_the_own_territory_alone(cast: Any, file: Any, client_as: Any) -> None:
    case = file()
    answer = client_as("neighbour").post("/desk/cases/export", {"who": "all", "state": "all"})
    made = parts(answer.content)
    assert made["xl/worksheets/sheet1.xml"].count("<row ") == 1
    assert case.number not in made["xl/sharedStrings.xml"]
    with pytest.raises(Missing):
        exporting.export_list(actor=cast.actor("it"), asked=Asked())
    assert client_as("villager").post("/desk/cases/export").status_code == 404
