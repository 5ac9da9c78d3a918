"""What stands beside the handling on a case's page: neighbours, followers, invitations, the paper slip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from mingbai.accounts import queries as accounts
from mingbai.cases import participation, policies
from mingbai.cases.models import Case, Confirmation, Follow, Invitation, Reply, Support
from mingbai.cases.queries.pages import StepView, find
from mingbai.cases.queries.slips import slip_code
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing

PHOTOS = 6


@dataclass(frozen=True)
class Neighbours:
    """What neighbours saw after the latest answer; ``mine`` is the viewer's own word, None for none."""

    solved: int
    not_yet: int
    last_at: datetime | None
    photos: Sequence[UUID]
    mine: bool | None
    may: Decision

    @property
    def words(self) -> str:
        """The counts as a sentence; empty when nobody looked."""
        parts = [f"{self.solved} 人说好了"] if self.solved else []
        parts += [f"{self.not_yet} 人说还没好"] if self.not_yet else []
        return "，".join(parts)


@dataclass(frozen=True)
class InvitationView:
    """An invitation that is still ahead; ``mine`` is the viewer's reply, None for none."""

    id: int
    whom_word: str
    meet_at: datetime
    place: str
    words: str
    label: str
    coming: int
    not_coming: int
    mine: bool | None
    may: Decision


@dataclass(frozen=True)
class TakingPart:
    """Everything beside the handling for one viewer; ``slip`` is the reporter's code to ask by."""

    neighbours: Neighbours
    invitations: Sequence[InvitationView]
    followed: bool
    may_follow: Decision
    slip: str


def taking_part(county: str, number: str, viewer: Actor) -> TakingPart:
    """Return what stands beside a case. Raises ``Missing`` alike for hidden and unknown numbers."""
    case = find(county, number)
    if not policies.may_see(viewer, case):
        raise Missing(number)
    villager = viewer.person_id is not None and not viewer.is_staff
    home = accounts.home_of(viewer.person_id) if villager and viewer.person_id else ""
    return TakingPart(
        neighbours=neighbours(case, viewer, home),
        invitations=invitations(case, viewer, home),
        followed=villager and _follows(case, viewer),
        may_follow=participation.may_follow(viewer, case),
        slip=slip_code(case) if policies.is_reporter(viewer, case) else "",
    )


def neighbours(case: Case, viewer: Actor, home: str = "") -> Neighbours:
    """Return the words of neighbours on the latest answer (one query)."""
    said: list[Confirmation] = []
    if case.answered_at is not None:
        since = case.answered_at
        rows = Confirmation.objects.filter(county=case.county, case=case, at__gte=since)
        said = list(rows.order_by("-at", "-id"))
    mine = next((one.solved for one in said if one.person_id == viewer.person_id), None)
    return Neighbours(
        solved=sum(one.solved for one in said),
        not_yet=sum(not one.solved for one in said),
        last_at=said[0].at if said else None,
        photos=[one.photo_key for one in said if one.photo_key is not None][:PHOTOS],
        mine=mine,
        may=participation.may_confirm(viewer, case, home),
    )


def invitations(case: Case, viewer: Actor, home: str = "") -> Sequence[InvitationView]:
    """Return the invitations that are still ahead, the next first."""
    rows = Invitation.objects.filter(
        county=case.county, case=case, called_off_at__isnull=True, meet_at__gte=clock.now()
    )
    found = list(
        rows.annotate(
            coming=Count("replies", filter=Q(replies__comes=True)),
            not_coming=Count("replies", filter=Q(replies__comes=False)),
        ).order_by("meet_at", "id")
    )
    if not found:
        return []
    mine = dict(
        Reply.objects.filter(
            county=case.county, invitation__in=found, person_id=viewer.person_id or 0
        ).values_list("invitation_id", "comes")
    )
    near = _supports(case, viewer) or _follows(case, viewer)
    return [
        InvitationView(
            id=one.pk,
            whom_word=one.get_whom_display(),
            meet_at=one.meet_at,
            place=one.place,
            words=one.words,
            label=one.label,
            coming=one.coming,
            not_coming=one.not_coming,
            mine=mine.get(one.pk),
            may=participation.may_reply(viewer, one, case, home, near=near),
        )
        for one in found
    ]


def with_neighbours(steps: Sequence[StepView], seen: Neighbours) -> Sequence[StepView]:
    """Return the history with one line for what neighbours saw, in its place by time."""
    if seen.last_at is None:
        return steps
    line = StepView(
        verb="neighbours",
        word="邻居到现场看过",
        at=seen.last_at,
        label="",
        body="",
        level_word="",
        text=f"{seen.words}。",
        inner=False,
        late=False,
        late_days=0,
        photos=(),
    )
    return sorted([*steps, line], key=lambda step: step.at, reverse=True)


def _follows(case: Case, viewer: Actor) -> bool:
    rows = Follow.objects.filter(county=case.county, case=case, person_id=viewer.person_id or 0)
    return rows.exists()


def _supports(case: Case, viewer: Actor) -> bool:
    rows = Support.objects.filter(county=case.county, case=case, person_id=viewer.person_id or 0)
    return rows.exists()
