"""Villagers at a case, for its officers: invitations, what neighbours saw, records of mediation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from mingbai.cases import participation, policies
from mingbai.cases.models import Follow, Invitation, Mediation
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import find
from mingbai.cases.queries.taking_part import Neighbours, neighbours
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.kernel.fields import inside
from mingbai.regions import queries as regions


@dataclass(frozen=True)
class SentInvitation:
    """An invitation as its officers see it."""

    id: int
    whom_word: str
    meet_at: datetime
    place: str
    words: str
    coming: int
    not_coming: int
    called_off: bool
    ahead: bool


@dataclass(frozen=True)
class MediationView:
    """A record of mediation with everything that staff may read."""

    id: int
    held_on: date
    mediator: str
    parties: str
    agreed: bool
    agreement: str
    kept: bool | None
    kept_words: str
    label: str


@dataclass(frozen=True)
class PeoplePage:
    """Villagers at one case."""

    line: CaseLine
    neighbours: Neighbours
    followers: int
    invitations: Sequence[SentInvitation]
    mediations: Sequence[MediationView]
    whom: Sequence[tuple[str, str]]
    may_work: Decision


@dataclass(frozen=True)
class MediationCount:
    """Mediations of a village in a month."""

    region: str
    village: str
    month: date
    held: int
    agreed: int
    kept: int
    broken: int


def people_at(actor: Actor, county: str, number: str) -> PeoplePage:
    """Return the page of a case's people. Raises ``Missing`` for whoever may not open the case."""
    case = find(county, number)
    if not policies.may_open(actor, case):
        raise Missing(number)
    whom = [
        (w.value, str(w.label))
        for w in Invitation.Whom
        if participation.may_invite(actor, case, w.value)
    ]
    here = {"county": county, "case": case}
    return PeoplePage(
        line=Liner().line(case, regions.region(case.region).name, clear=True),
        neighbours=neighbours(case, actor),
        followers=Follow.objects.filter(**here).count(),
        invitations=[_sent(one) for one in _counted(here)],
        mediations=[
            _view(one) for one in Mediation.objects.filter(**here).order_by("-held_on", "-id")
        ],
        whom=whom,
        may_work=participation.may_work_beside(actor, case),
    )


def mediation_counts(actor: Actor, since: date, until: date) -> Sequence[MediationCount]:
    """Count mediations of the actor's territory by village and month, both days included.

    Raises ``Missing`` for posts that do not read them.
    """
    if not participation.may_read_mediations(actor):
        raise Missing("mediations")
    rows = Mediation.objects.filter(inside(actor.scope), held_on__gte=since, held_on__lte=until)
    counted = list(
        rows.annotate(month=TruncMonth("held_on"))
        .values("region", "month")
        .annotate(
            held=Count("pk"),
            agreed_=Count("pk", filter=Q(agreed=True)),
            kept_=Count("pk", filter=Q(kept=True)),
            broken=Count("pk", filter=Q(kept=False)),
        )
        .order_by("-month", "region")
    )
    places = regions.regions({row["region"] for row in counted}) if counted else {}
    return [
        MediationCount(
            region=row["region"],
            village=places[row["region"]].name,
            month=row["month"],
            held=row["held"],
            agreed=row["agreed_"],
            kept=row["kept_"],
            broken=row["broken"],
        )
        for row in counted
    ]


def _counted(here: dict[str, object]) -> Sequence[Invitation]:
    rows = Invitation.objects.filter(**here).annotate(
        coming=Count("replies", filter=Q(replies__comes=True)),
        not_coming=Count("replies", filter=Q(replies__comes=False)),
    )
    return list(rows.order_by("-meet_at", "-id"))


def _sent(one: Any) -> SentInvitation:
    return SentInvitation(
        id=one.pk,
        whom_word=one.get_whom_display(),
        meet_at=one.meet_at,
        place=one.place,
        words=one.words,
        coming=one.coming,
        not_coming=one.not_coming,
        called_off=one.called_off_at is not None,
        ahead=one.called_off_at is None and one.meet_at >= clock.now(),
    )


def _view(one: Mediation) -> MediationView:
    return MediationView(
        one.pk,
        one.held_on,
        one.mediator,
        one.parties,
        one.agreed,
        one.agreement,
        one.kept,
        one.kept_words,
        one.label,
    )
