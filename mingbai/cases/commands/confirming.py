"""现场确认: neighbours say what they saw on the spot, once each."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases import participation
from mingbai.cases.commands.drafts import forget_unused
from mingbai.cases.commands.moving import lock
from mingbai.cases.commands.steps import add_step, name_of, record, tell_body
from mingbai.cases.models import Attachment, Case, CaseEvent, Confirmation
from mingbai.cases.states import county_of
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import require
from mingbai.kernel.uploads import StoredFile

SEVERAL = 3
"""So many neighbours who say "not yet" after one answer bring it back to whoever holds the case."""


@transaction.atomic
def confirm(
    *, actor: Actor, county: str, number: str, solved: bool, photo: StoredFile | None = None
) -> None:
    """Say as a verified villager that the trouble is gone, or not yet; the last word counts.

    A new photo takes the place of the earlier one. Several "not yet" after an answer tell the
    holder, once for each answer. Raises ``Missing``, ``Refused``.
    """
    with scopes.widen(county_of(number)):
        case = lock(county, number, actor)
        home = accounts.home_of(actor.person_id) if actor.person_id else ""
        require(participation.may_confirm(actor, case, home))
        assert actor.person_id is not None
        _keep(case, actor.person_id, solved=solved, photo=photo)
        record(case, actor, "confirm", solved=solved, photo=photo is not None)
        _doubt(case)


def _keep(case: Case, person: int, *, solved: bool, photo: StoredFile | None) -> None:
    known = Confirmation.objects.filter(county=case.county, case=case, person_id=person).first()
    mine = known or Confirmation(county=case.county, case=case, person_id=person, solved=solved)
    stale = (
        mine.photo_key is not None and case.answered_at is not None and mine.at < case.answered_at
    )
    if photo is not None or stale or mine.solved != solved:
        _drop_photo(case, mine)
    if photo is not None:
        mine.photo_key = uuid4()
        Attachment.objects.create(
            county=case.county,
            case=case,
            key=mine.photo_key,
            kind=photo.kind,
            stage=Attachment.Stage.ONSITE,
            digest=photo.digest,
            mime=photo.mime,
            size=photo.size,
            width=photo.width,
            height=photo.height,
            added_at=clock.now(),
        )
    mine.solved, mine.at = solved, clock.now()
    mine.save()


def _drop_photo(case: Case, mine: Confirmation) -> None:
    """Let an earlier photo go: the row at once, the file unless another case holds it too."""
    if mine.photo_key is None:
        return
    held = Attachment.objects.filter(county=case.county, case=case, key=mine.photo_key)
    digests = list(held.values_list("digest", flat=True))
    held.delete()
    forget_unused(county=case.county, digests=digests)
    mine.photo_key = None


def _doubt(case: Case) -> None:
    since = case.answered_at
    said = Confirmation.objects.filter(county=case.county, case=case, solved=False, at__gte=since)
    if said.count() < SEVERAL:
        return
    told = CaseEvent.objects.filter(county=case.county, case=case, verb="doubted", at__gte=since)
    if told.exists():
        return
    add_step(case, SYSTEM, "doubted", "", not_yet=SEVERAL)
    text = f"{name_of(case)}答复以后，有 {SEVERAL} 位邻居到现场看过，说还没好，请去看一看。"
    tell_body(case, "邻居说还没好", text)
