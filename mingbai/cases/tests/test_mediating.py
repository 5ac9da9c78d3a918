"""矛盾化解: the record of a mediation, what the public reads of it, and its counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mingbai.cases import commands, queries
from mingbai.cases.models import CaseEvent, Mediation
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused

COUNTY = "350525"
PARTIES, AGREEMENT = "陈阿狗和林水木两家", "林水木退回三十公分宅基，陈阿狗补两千元"


def mediate(cast: Any, case: Any, who: str = "officer", **more: Any) -> int:
    given = {
        "held_on": "2026-11-17",
        "mediator": "人民调解员李秀英",
        "parties": PARTIES,
        "agreed": True,
        "agreement": AGREEMENT,
    } | more
    return commands.record_mediation(
        actor=cast.actor(who), county=COUNTY, number=case.number, **given
    )


def test_the_public_reads_date_mediator_and_outcome_never_the_parties(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("handling", text="两家为宅基地边界吵了半年，请村里来调解", field="safety")
    made = mediate(cast, case)
    commands.record_keeping(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, mediation=made, kept=True
    )
    for who in ("anyone", "villager"):
        page = client_as(who).get(f"/c/{case.number}").content.decode()
        assert "2026年11月17日由人民调解员李秀英调解，达成协议。" in page
        assert "协议已履行。" in page
        assert "陈阿狗" not in page
        assert "三十公分" not in page
    staff = client_as("officer").get(f"/desk/cases/{case.number}/people").content.decode()
    assert PARTIES in staff
    assert AGREEMENT in staff
    with scopes.enter(scope="", public=True):
        assert Mediation.objects.count() == 0


def test_keeping_is_written_down_once(cast: Any, file: Any, everything: Any) -> None:
    case = file("handling")
    made = mediate(cast, case)
    given = {"actor": cast.actor("officer"), "county": COUNTY, "number": case.number}
    commands.record_keeping(**given, mediation=made, kept=False, words="没有退")
    before = everything()
    with pytest.raises(Refused):
        commands.record_keeping(**given, mediation=made, kept=True)
    with pytest.raises(Missing):
        commands.record_keeping(**given, mediation=made + 1, kept=True)
    assert everything() == before


@pytest.mark.parametrize(
    "who", ["town", "neighbour", "far", "supervisor", "villager", "department"]
)
def test_whoever_does_not_hold_the_case_keeps_no_record(
    cast: Any, file: Any, everything: Any, who: str
) -> None:
    case = file("handling")
    before = everything()
    with pytest.raises((Missing, Refused)):
        mediate(cast, case, who)
    assert everything() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"held_on": "昨天"},
        {"held_on": "2026-11-19"},
        {"held_on": "2024-11-17"},
        {"mediator": ""},
        {"parties": ""},
        {"agreement": ""},
    ],
)
def test_a_record_that_lacks_something_changes_nothing(
    cast: Any, file: Any, everything: Any, wrong: dict[str, str]
) -> None:
    case = file("handling")
    before = everything()
    with pytest.raises(BadInput):
        mediate(cast, case, **wrong)
    assert everything() == before


def test_mediations_are_counted_by_village_and_month(cast: Any, file: Any, client_as: Any) -> None:
    case = file("handling")
    kept = mediate(cast, case)
    mediate(cast, case, agreed=False, agreement="")
    mediate(cast, case, held_on="2026-10-31")
    commands.record_keeping(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, mediation=kept, kept=True
    )
    year = (date(2026, 1, 1), date(2026, 12, 31))
    found = queries.mediation_counts(cast.actor("town"), *year)
    assert [(c.village, c.month, c.held, c.agreed, c.kept, c.broken) for c in found] == [
        ("石鼓村", date(2026, 11, 1), 2, 1, 1, 0),
        ("石鼓村", date(2026, 10, 1), 1, 1, 0, 0),
    ]
    assert queries.mediation_counts(cast.actor("neighbour"), *year) == []
    assert "2026年11月" in client_as("officer").get("/desk/mediations").content.decode()
    for who in ("it", "villager", "anyone"):
        assert client_as(who).get("/desk/mediations").status_code == 404


def test_the_pages_keep_a_record(cast: Any, file: Any, client_as: Any) -> None:
    case = file("handling")
    officer = client_as("officer")
    at = f"/desk/cases/{case.number}/people"
    sent = {
        "held_on": "2026-11-17",
        "mediator": "人民调解员李秀英",
        "parties": PARTIES,
        "agreed": "yes",
        "agreement": AGREEMENT,
    }
    assert officer.post(f"{at}/mediate", sent | {"parties": ""}).status_code == 400
    assert officer.post(f"{at}/mediate", sent).status_code == 302
    made = Mediation.objects.get()
    assert officer.post(f"{at}/mediations/{made.pk}", {"kept": "yes"}).status_code == 302
    assert client_as("neighbour").get(at).status_code == 404
    assert CaseEvent.objects.filter(verb="mediate_kept").count() == 1
