"""核实村民: who confirms that somebody lives in a village, and what it lets them do."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.accounts import commands as accounts
from mingbai.accounts.models import Person
from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.models import Confirmation
from mingbai.kernel.decisions import Refused

VILLAGE, PHONE = "350525101201", "13700004444"


def test_a_confirmed_villager_may_say_what_they_saw(cast: Any, file: Any, client_as: Any) -> None:
    case = file("answered")
    officer = client_as("officer")
    sent = {"region": VILLAGE, "phone": PHONE}
    assert officer.post("/desk/villagers", sent | {"phone": "123"}).status_code == 400
    assert officer.post("/desk/villagers", sent).status_code == 302
    person = Person.objects.get(home=VILLAGE, login=None, name="")
    assert Entry.objects.get(verb="confirm_villager").thing_id == str(person.pk)
    from mingbai.accounts.queries import actor_for

    commands.confirm(actor=actor_for(person.pk), county="350525", number=case.number, solved=True)
    assert Confirmation.objects.count() == 1


@pytest.mark.parametrize(
    "who", ["neighbour", "far", "supervisor", "intake", "department", "it", "villager"]
)
def test_nobody_else_confirms_and_nothing_changes(
    cast: Any, everything: Any, client_as: Any, who: str
) -> None:
    before = (everything(), Person.objects.count())
    with pytest.raises(Refused):
        accounts.confirm_villager(actor=cast.actor(who), phone=PHONE, region=VILLAGE)
    assert (everything(), Person.objects.count()) == before
    page = client_as(who).get("/desk/villagers")
    assert page.status_code == (200 if who in {"neighbour", "far"} else 404)


def test_a_phone_of_staff_is_no_villager(cast: Any) -> None:
    from mingbai.kernel import sealing
    from mingbai.kernel.decisions import BadInput

    Person.objects.filter(pk=cast.people["town"].pk).update(phone_index=sealing.index(PHONE))
    with pytest.raises(BadInput):
        accounts.confirm_villager(actor=cast.actor("officer"), phone=PHONE, region=VILLAGE)
    assert Person.objects.get(pk=cast.people["town"].pk).home == ""
