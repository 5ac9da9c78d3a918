"""The paper slip: number and code open a case's state to whoever holds it, without an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from mingbai.cases import policies
from mingbai.cases.models import Case, CaseEvent, WrongCode
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import find
from mingbai.cases.states import State, county_of
from mingbai.kernel import clock, masking, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.regions import queries as regions

DIGITS = 10
HOUR = timedelta(hours=1)
MOST_FROM_ONE, MOST_FROM_ALL = 20, 3000
"""Wrong codes in an hour, from one address and together: of 10^10 codes that finds none."""
EVERYBODY = "all"
_NO_TOKEN = UUID(int=0)


@dataclass(frozen=True)
class Slip:
    """What the holder of the paper may know: what was said, who has it until when, the answer."""

    line: CaseLine
    text: str
    code: str
    first_body: str
    answer: str
    refusal: str


def slip_code(case: Case) -> str:
    """Return the ten digits printed beside the number; a case that was taken back has others."""
    return _code(case.number, case.token)


def slip_for_holder(number: str, code: str) -> Slip:
    """Return what the paper opens. Raises ``Missing`` alike for a wrong code and an unknown number.

    Both take the same steps: one short query and one hash, before anything of the case is read.
    """
    with scopes.widen(county_of(number)):
        rows = Case.objects.filter(county=county_of(number), number=number)
        token = rows.values_list("token", flat=True).first()
        right = constant_time_compare(_code(number, token or _NO_TOKEN), code)
        if token is None or not right:
            raise Missing(number)
        return _slip(find(county_of(number), number))


def asked_too_often(address: str) -> bool:
    """Whether too many wrong codes came within the hour, from this address or from everywhere."""
    recent = WrongCode.objects.filter(since__gte=clock.now() - HOUR)
    found = dict(recent.filter(who__in=[asker(address), EVERYBODY]).values_list("who", "count"))
    one, all_ = found.get(asker(address), 0), found.get(EVERYBODY, 0)
    return one >= MOST_FROM_ONE or all_ >= MOST_FROM_ALL


def asker(address: str) -> str:
    """Return the keyed hash under which wrong codes from an address are counted."""
    return salted_hmac("cases.wrong_code", address, algorithm="sha256").hexdigest()


def slip_to_print(actor: Actor, county: str, number: str) -> Slip:
    """Return the slip for the officer who prints it: whose desk opens the case, or who took it down.

    Raises ``Missing`` for others.
    """
    case = find(county, number)
    steps = CaseEvent.objects.filter(county=county, case=case, verb="submit")
    taken_down = policies.handles(actor) and steps.filter(post_id=actor.post_id).exists()
    if not taken_down and not policies.may_open(actor, case):
        raise Missing(number)
    return _slip(case)


def _code(number: str, token: UUID) -> str:
    made = salted_hmac("cases.slip", f"{number}:{token}", algorithm="sha256")
    return f"{int(made.hexdigest(), 16) % 10**DIGITS:0{DIGITS}d}"


def _slip(case: Case) -> Slip:
    last: dict[str, str] = {}
    steps = CaseEvent.objects.filter(county=case.county, case=case, inner=False)
    said = steps.filter(verb__in=("answer", "conclude", "refuse")).order_by("at", "id")
    for verb, text in said.values_list("verb", "text"):
        last["refuse" if verb == "refuse" else "answer"] = masking.text(text)
    return Slip(
        line=Liner().line(case, regions.region(case.region).name, clear=False),
        text=masking.text(case.text),
        code=slip_code(case),
        first_body=case.first_body.name,
        answer=last.get("answer", ""),
        refusal=last.get("refuse", "") if case.state == State.REFUSED.value else "",
    )
