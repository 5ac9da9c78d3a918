"""办理单: one case as its paper shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mingbai.cases import policies
from mingbai.cases.models import Case, Contact, Rating
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import StepView, find, history
from mingbai.kernel import clock, masking, sealing
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import Missing
from mingbai.regions import queries as regions

_NO_OFFICIAL = frozenset({"反映人", SYSTEM.label})


@dataclass(frozen=True)
class PaperStep:
    """One step as the paper tells it: when, by whom of which body, what, with which words."""

    at: datetime
    who: str
    word: str
    late: bool
    text: str


@dataclass(frozen=True)
class Sheet:
    """What stands on the paper. Names only officials in duty; the reporter and all words are masked."""

    line: CaseLine
    text: str
    place: str
    county: str
    town: str
    source_word: str
    kind_word: str
    reporter: str
    phone: str
    first_body: str
    steps: Sequence[PaperStep]
    answer: str
    answer_by: str
    rating: str
    rating_reason: str
    printed_at: datetime
    printed_by: str


def sheet(actor: Actor, county: str, number: str) -> Sheet:
    """Return the paper of a case. Raises ``Missing`` for whoever may not open it on the desk."""
    if not policies.handles(actor):
        raise Missing(number)
    case = find(county, number)
    if not policies.may_open(actor, case):
        raise Missing(number)
    liner = Liner()
    names = {region.level: region.name for region in regions.path(case.region)}
    steps = list(reversed(history(case, (), liner, clear=False, inner=False)))
    answered = next((step for step in reversed(steps) if step.verb == "answer"), None)
    rating = Rating.objects.filter(county=county, case=case).order_by("-at", "-id").first()
    return Sheet(
        line=liner.line(case, regions.region(case.region).name, clear=False),
        text=masking.text(case.text),
        place=masking.text(case.place),
        county=names.get(regions.Level.COUNTY, ""),
        town=names.get(regions.Level.TOWN, ""),
        source_word=case.get_source_display(),
        kind_word=case.get_kind_display(),
        reporter=_reporter(case),
        phone=_phone(case),
        first_body=case.first_body.name,
        steps=_told(steps),
        answer=answered.text if answered else "",
        answer_by=f"{answered.body} {answered.label}" if answered else "",
        rating=rating.get_score_display() if rating else "",
        rating_reason=masking.text(rating.reason) if rating else "",
        printed_at=clock.now(),
        printed_by=actor.label,
    )


def _told(steps: Sequence[StepView]) -> Sequence[PaperStep]:
    """Return the steps with who made them: one that hands the case on was made by the body before."""
    told, holder = [], ""
    for step in steps:
        passed_on = bool(holder) and step.body != holder
        body = holder if passed_on else step.body
        who = step.label if step.label in _NO_OFFICIAL else f"{body} {step.label}"
        text = f"由{step.body}来办。{step.text}" if passed_on else step.text
        told.append(PaperStep(step.at, who, step.word, step.late, text))
        holder = step.body
    return told


def _reporter(case: Case) -> str:
    name = masking.name(case.reporter.name) if case.reporter else ""
    return name or "未留姓名"


def _phone(case: Case) -> str:
    contact = Contact.objects.filter(county=case.county, case=case).first()
    if contact is None:
        return "未留"
    return masking.phone(sealing.unseal(contact.phone_sealed, f"contact:{case.county}:{case.pk}"))
