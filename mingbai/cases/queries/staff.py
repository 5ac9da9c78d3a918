"""What officers see: their list by deadline, one case with its buttons, the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Value

from mingbai.accounts import queries as accounts
from mingbai.cases import policies
from mingbai.cases.countdown import Group, by_deadline
from mingbai.cases.models import Case, Contact, Part, Sign
from mingbai.cases.queries.lines import (
    CaseLine,
    Liner,
    deciding,
    helping,
    list_page,
    territory,
)
from mingbai.cases.queries.pages import Links, Photo, StepView, files, find, goes_to, history, links
from mingbai.cases.states import (
    OPEN,
    RUNNING,
    SOLVED,
    Move,
    State,
)
from mingbai.kernel import clock, masking, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Decision, Missing
from mingbai.regions import queries as regions

BY_DUE = ("due_at", "id")
BY_NEWEST = ("-submitted_at", "-id")
SIGNS = 5
A_YEAR = timedelta(days=365)
HANDED_OVER = frozenset(
    {
        "assign",
        "redirect",
        "escalate",
        "lift",
        "reopen",
        "claim",
        "grant_reopen",
        "transfer",
        "send_back",
    }
)


@dataclass(frozen=True)
class DeskCounts:
    """Open cases that the body holds, those past their deadline in the territory, one's own.

    ``help`` waits for the body's part of joint cases, ``ask`` for its decision.
    """

    open: int
    late: int
    mine: int
    help: int
    ask: int


@dataclass(frozen=True)
class Desk:
    """A page of the desk, grouped by deadline."""

    groups: Sequence[Group]
    next: str
    counts: DeskCounts


@dataclass(frozen=True)
class Button:
    """A move that the table allows now, and whether this officer may make it."""

    move: Move
    decision: Decision


@dataclass(frozen=True)
class Neighbours:
    """Where the case stands in the officer's list: number before and after, position and length."""

    before: str
    after: str
    position: int
    length: int


@dataclass(frozen=True)
class SignView:
    """What was said in the group about how far the case is, by whom (a pseudonym), when."""

    id: int
    who: str
    text: str
    said_at: datetime


@dataclass(frozen=True)
class PartView:
    """One assisting body's part of a joint case."""

    body_id: int
    body: str
    asked: str
    text: str
    done: bool
    released: bool
    mine: bool


@dataclass(frozen=True)
class AskView:
    """Something asked of the body above that is not decided yet."""

    kind: str
    word: str
    text: str
    until: datetime | None
    label: str
    at: datetime
    decider: str
    mine: bool


@dataclass(frozen=True)
class StaffCase:
    """Everything that the desk shows of one case."""

    line: CaseLine
    text: str
    place: str
    spot: str
    source_word: str
    source_text: str
    first_body: str
    steps: Sequence[StepView]
    evidence: Sequence[Photo]
    before: Sequence[Photo]
    after: Sequence[Photo]
    hand_overs: int
    buttons: Sequence[Button]
    receivers: Sequence[accounts.BodyView]
    phone_masked: str
    from_same_phone: int
    for_family: bool
    may_read_contact: Decision
    goes_to: str
    neighbours: Neighbours
    parts: Sequence[PartView]
    asks: Sequence[AskView]
    invitable: Sequence[accounts.BodyView]
    redirects: Sequence[accounts.BodyView]
    links: Links
    days: int
    signs: Sequence[SignView]
    may_weigh_signs: Decision

    @property
    def out(self) -> Sequence[tuple[int, str]]:
        """The bodies whose parts are still out, as (id, name)."""
        return [(part.body_id, part.body) for part in self.parts if not part.done]

    def sign(self, sign_id: str) -> SignView | None:
        """Return the sign of this id among those that are shown."""
        return next((s for s in self.signs if str(s.id) == sign_id), None)


def require_desk(actor: Actor) -> None:
    """Raise ``Missing`` unless the actor's post works on cases."""
    if not policies.handles(actor):
        raise Missing("desk")


def require_open(actor: Actor, county: str, number: str) -> None:
    """Raise ``Missing`` unless the actor may open the case on the desk."""
    require_desk(actor)
    if not policies.may_open(actor, find(county, number)):
        raise Missing(number)


def watches_only(actor: Actor) -> bool:
    """Whether the actor follows the public cases of a territory without working on any."""
    return policies.watches(actor)


def desk(
    actor: Actor, *, which: str = "open", q: str = "", after: str = "", size: int = 30
) -> Desk:
    """Return a page of the officer's list; posts that only watch get the public ones.

    ``which``: ``open`` what the own body holds, ``mine`` what the officer handles, ``late`` past the
    deadline, ``solved`` and ``all`` of the territory. ``q`` narrows by number or words.
    """
    if not policies.handles(actor) and not policies.watches(actor):
        raise Missing("desk")
    cases = _list(actor, which)
    order = BY_NEWEST if which in {"solved", "all"} else BY_DUE
    few = which not in {"late", "solved", "all"}
    found = list_page(cases, q, actor, order=order, after=after, size=size, few=few)
    lines = Liner().lines(found.rows, clear=policies.handles(actor))
    if order == BY_DUE:
        groups = by_deadline(lines)
    else:
        groups = [Group("按提交时间", "", lines)] if lines else []
    return Desk(groups, found.next, desk_counts(actor))


def desk_counts(actor: Actor) -> DeskCounts:
    """Return the figures of the officer's tabs: one query, each part of it by an index of its own."""
    here = Case.objects.filter(territory(actor)).order_by()
    held = here.filter(body_id=actor.body_id or 0, state__in=OPEN)
    parts = {
        "open": held,
        "late": here.filter(state__in=RUNNING, due_at__lt=clock.now()),
        "mine": held.filter(handler_id=actor.post_id),
        "help": here.filter(helping(actor)),
        "ask": here.filter(deciding(actor)),
    }
    counts = [
        rows.annotate(part=Value(name)).values_list("part").annotate(n=Count("pk"))
        for name, rows in parts.items()
    ]
    got = dict(counts[0].union(*counts[1:], all=True))
    return DeskCounts(**{name: got.get(name, 0) for name in parts})


def case_for_staff(actor: Actor, county: str, number: str) -> StaffCase:
    """Return one case for the desk. Raises ``Missing`` for whoever may not open it."""
    require_desk(actor)
    case = find(county, number)
    if not policies.may_open(actor, case):
        raise Missing(number)
    liner = Liner()
    photos = files(case, private=True)
    steps = history(case, photos, liner, clear=True, inner=True)
    contact = Contact.objects.filter(county=county, case=case).first()
    buttons = [Button(move, decision) for move, decision in policies.buttons(actor, case)]
    can = {button.move.verb for button in buttons if button.decision}
    receivers = suitable(case.body_id, case) if can & {"assign", "invite"} else []
    return StaffCase(
        line=liner.line(case, regions.region(case.region).name, clear=True),
        text=case.text,
        place=case.place,
        spot="" if case.lat is None or case.lon is None else f"{case.lat:.5f},{case.lon:.5f}",
        source_word=case.get_source_display(),
        source_text=case.source_text,
        first_body=case.first_body.name,
        steps=steps,
        evidence=[p for p in photos if p.stage == "evidence"],
        before=[p for p in photos if p.stage == "before"],
        after=[p for p in photos if p.stage == "after"],
        hand_overs=sum(s.verb in HANDED_OVER for s in steps),
        buttons=buttons,
        receivers=[b for b in receivers if b.id != case.from_body_id] if "assign" in can else (),
        phone_masked=_masked(contact, case),
        from_same_phone=_from_same_phone(actor, case, contact),
        for_family=bool(contact and contact.for_family),
        may_read_contact=policies.may_read_contact(actor, case),
        goes_to=goes_to(case),
        neighbours=_neighbours(actor, case),
        parts=_parts(actor, case),
        asks=_asks(actor, case),
        invitable=[b for b in receivers if b.id not in case.open_parts],
        redirects=_redirects(actor, case) if "redirect" in can else (),
        links=links(case, actor),
        days=case.due_days,
        signs=_signs(case),
        may_weigh_signs=policies.may_weigh_signs(actor, case),
    )


def _list(actor: Actor, which: str) -> QuerySet[Case]:
    narrow = {
        "open": Q(body_id=actor.body_id, state__in=OPEN),
        "mine": Q(handler_id=actor.post_id, body_id=actor.body_id, state__in=OPEN),
        "late": Q(state__in=RUNNING, due_at__lt=clock.now()),
        "help": helping(actor),
        "ask": deciding(actor),
        "solved": Q(state__in=SOLVED),
        "all": Q(),
    }.get(which)
    if narrow is None:
        raise BadInput("没有这一类，请从页签里选。", "which")
    return Case.objects.filter(territory(actor), narrow)


def _from_same_phone(actor: Actor, case: Case, contact: Contact | None) -> int:
    """Return how many other cases of a year came from the same phone, for whoever may read it.

    Only cases that the actor finds on the desk are counted.
    """
    if contact is None or not contact.phone_index or not policies.may_read_contact(actor, case):
        return 0
    same = Contact.objects.filter(county=case.county, phone_index=contact.phone_index)
    since = clock.now() - A_YEAR
    others = Case.objects.filter(territory(actor), pk__in=same.values("case"))
    return others.filter(submitted_at__gte=since).exclude(pk=case.pk).count()


def _signs(case: Case) -> Sequence[SignView]:
    """Return the signs of an open case that nobody set aside, the newest first."""
    if State(case.state) not in OPEN:
        return ()
    rows = Sign.objects.filter(county=case.county, case=case, ignored_at__isnull=True)
    return [
        SignView(s.pk, s.who, masking.text(s.text), s.said_at)
        for s in rows.order_by("-said_at", "-id")[:SIGNS]
    ]


def _masked(contact: Contact | None, case: Case) -> str:
    if contact is None:
        return ""
    return masking.phone(sealing.unseal(contact.phone_sealed, f"contact:{case.county}:{case.pk}"))


def suitable(body_id: int, case: Case) -> list[accounts.BodyView]:
    """Return the bodies to which ``body_id`` may hand the case: their territory contains its place."""
    found = accounts.receivers(body_id)
    return [body for body in found if case.region.startswith(regions.scope_of(body.region))]


def _redirects(actor: Actor, case: Case) -> list[accounts.BodyView]:
    if actor.body_id is None:
        return []
    found = [*suitable(actor.body_id, case), accounts.body(actor.body_id)]
    return [body for body in found if body.id != case.body_id]


def _parts(actor: Actor, case: Case) -> Sequence[PartView]:
    rows = Part.objects.select_related("body").filter(county=case.county, case=case)
    return [
        PartView(
            p.body_id,
            p.body.name,
            p.asked,
            p.text,
            p.done_at is not None,
            p.released,
            p.body_id == actor.body_id,
        )
        for p in rows.order_by("id")
    ]


def _asks(actor: Actor, case: Case) -> Sequence[AskView]:
    return [
        AskView(
            ask.kind,
            ask.get_kind_display(),
            ask.text,
            ask.until,
            ask.label,
            ask.at,
            ask.decider.name,
            ask.decider_id == actor.body_id,
        )
        for ask in case.pending.values()
    ]


def _neighbours(actor: Actor, case: Case) -> Neighbours:
    """Return the case's place in the list of open ones that the officer's body holds."""
    held = _list(actor, "open").order_by(*BY_DUE)
    numbers = list(held.values_list("number", flat=True)[:500])
    if case.number not in numbers:
        return Neighbours("", numbers[0] if numbers else "", 0, len(numbers))
    n = numbers.index(case.number)
    after = numbers[n + 1] if n + 1 < len(numbers) else ""
    return Neighbours(numbers[n - 1] if n else "", after, n + 1, len(numbers))
