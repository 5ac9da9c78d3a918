"""现场邀请: villagers are asked to watch the work, and say whether they come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases import participation
from mingbai.cases.commands.moving import lock, lock_open
from mingbai.cases.commands.steps import add_step, name_of, record, tell_people
from mingbai.cases.models import Case, Follow, Invitation, Reply, Support
from mingbai.cases.states import county_of
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, require
from mingbai.kernel.jinja import datetime_cn

FARTHEST = timedelta(days=60)


@transaction.atomic
def invite_on_site(
    *, actor: Actor, county: str, number: str, whom: str, meet_at: str, place: str, words: str = ""
) -> int:
    """Ask villagers to a place at a time (``2026-11-25T09:00``); return how many were told.

    Raises ``Missing``, ``Refused`` for whoever does not hold the case, ``BadInput``.
    """
    if whom not in Invitation.Whom.values:
        raise BadInput("请选请谁来。", "whom")
    where = place.strip()[:80]
    if len(where) < 2:
        raise BadInput("请写在哪里碰头，比如村口老槐树下。", "place")
    when = _moment(meet_at)
    case = lock_open(county, number, actor)
    require(participation.may_invite(actor, case, whom))
    made = Invitation.objects.create(
        county=county,
        case=case,
        whom=whom,
        meet_at=when,
        place=where,
        words=words.strip()[:200],
        label=actor.label,
        made_at=clock.now(),
    )
    text = f"{datetime_cn(when)}，{where}，请{made.get_whom_display()}来看。{made.words}"
    add_step(case, actor, "onsite", text, whom=whom)
    people = _invited(case, made.whom)
    told = f"{datetime_cn(when)}在{where}，请你去看{name_of(case)}的办理现场，来不来都请回一声。"
    tell_people(case, people, "请你到现场看", told)
    return len(people)


@transaction.atomic
def call_off_invitation(*, actor: Actor, county: str, number: str, invitation: int) -> None:
    """Call an invitation off; whoever said they would come is told. Raises ``Missing``, ``Refused``."""
    case = lock_open(county, number, actor)
    require(participation.may_work_beside(actor, case))
    rows = Invitation.objects.filter(county=county, case=case, called_off_at__isnull=True)
    made = rows.filter(pk=invitation, meet_at__gte=clock.now()).first()
    if made is None:
        raise Missing(str(invitation))
    made.called_off_at = clock.now()
    made.save(update_fields=["called_off_at"])
    add_step(case, actor, "onsite_off", f"{datetime_cn(made.meet_at)}，{made.place}。")
    coming = Reply.objects.filter(county=county, invitation=made, comes=True)
    text = f"{datetime_cn(made.meet_at)}看{name_of(case)}现场的邀请取消了，请不要去了。"
    tell_people(case, coming.values_list("person_id", flat=True), "现场邀请取消了", text)


@transaction.atomic
def reply_to_invitation(
    *, actor: Actor, county: str, number: str, invitation: int, comes: bool
) -> None:
    """Accept or decline; the last word counts. Raises ``Missing``, ``Refused`` for the uninvited."""
    with scopes.widen(county_of(number)):
        case = lock(county, number, actor)
        made = Invitation.objects.filter(county=county, case=case, pk=invitation).first()
        if made is None:
            raise Missing(str(invitation))
        home = accounts.home_of(actor.person_id) if actor.person_id else ""
        near = actor.person_id in _near(case)
        require(participation.may_reply(actor, made, case, home, near=near))
        assert actor.person_id is not None
        Reply.objects.update_or_create(
            county=county,
            invitation=made,
            person_id=actor.person_id,
            defaults={"comes": comes, "at": clock.now()},
        )
        record(case, actor, "reply_onsite", invitation=made.pk, comes=comes)


def _invited(case: Case, whom: str) -> set[int]:
    people = {case.reporter_id} if case.reporter_id else set()
    if whom != Invitation.Whom.REPORTER:
        people |= _near(case)
    if whom == Invitation.Whom.VILLAGE:
        people |= set(accounts.villagers_of(case.region))
    return people


def _near(case: Case) -> set[int]:
    """Return who supports or follows the case."""
    here = {"county": case.county, "case": case}
    supports = Support.objects.filter(person__isnull=False, **here)
    follows = Follow.objects.filter(**here)
    known = supports.values_list("person_id").union(follows.values_list("person_id"))
    return {person for (person,) in known}


def _moment(text: str) -> datetime:
    try:
        when = datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M").replace(tzinfo=clock.SHANGHAI)
    except ValueError:
        raise BadInput("请填哪一天几点，比如 2026-11-25 09:00。", "meet_at") from None
    if not clock.now() < when <= clock.now() + FARTHEST:
        raise BadInput("时间要在今天以后、60 天以内。", "meet_at")
    return when
