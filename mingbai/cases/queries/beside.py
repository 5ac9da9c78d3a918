"""What officers keep beside a case: notes, sub-tasks, links, sweeps; and who may be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from mingbai.accounts import queries as accounts
from mingbai.cases import policies, policies_beside
from mingbai.cases.models import Case, Note, Relation, SubTask, Sweep, SweepItem
from mingbai.cases.queries.lines import territory
from mingbai.cases.queries.pages import find
from mingbai.cases.queries.templates import TemplateView, templates_of
from mingbai.kernel import clock, masking
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

NOTES = 50
RELATED_BY_HAND = tuple((why.value, why.label) for why in (Relation.Why.PLACE, Relation.Why.CAUSE))


@dataclass(frozen=True)
class NoteView:
    """A note: who wrote it, when, and the colleagues it names."""

    at: datetime
    label: str
    body: str
    text: str
    told: Sequence[str]


@dataclass(frozen=True)
class SubTaskView:
    """A sub-task as its case and the work list show it; ``who`` is the colleague or the body asked."""

    id: int
    number: str
    title: str
    what: str
    who: str
    until: date
    late: bool
    asked_by: str
    open: bool
    withdrawn: bool
    result: str
    done_by: str
    may_finish: bool
    may_withdraw: bool


@dataclass(frozen=True)
class RelatedView:
    """The other case of a link; ``desk`` tells whether the viewer may open it there."""

    id: int
    number: str
    title: str
    state_word: str
    village: str
    why_word: str
    desk: bool


@dataclass(frozen=True)
class CheckView:
    """One village's line of a sweep; ``number`` is the case that it became, if the viewer sees it."""

    id: int
    village: str
    body: str
    what: str
    until: date
    late: bool
    done: bool
    found: bool
    text: str
    label: str
    number: str

    @property
    def suggested(self) -> str:
        """The words that stand ready for a case, should the same be found."""
        return suggested(self.what)


@dataclass(frozen=True)
class SweepView:
    """A sweep with its progress."""

    what: str
    until: date
    label: str
    lines: Sequence[CheckView]

    @property
    def done(self) -> int:
        """Villages that were looked at."""
        return sum(line.done for line in self.lines)

    @property
    def found(self) -> int:
        """Villages in which the same was found."""
        return sum(line.found for line in self.lines)


@dataclass(frozen=True)
class Beside:
    """Everything kept beside one case, for one viewer."""

    number: str
    title: str
    notes: Sequence[NoteView]
    subtasks: Sequence[SubTaskView]
    related: Sequence[RelatedView]
    sweeps: Sequence[SweepView]
    may_give: Decision
    may_sweep: Decision
    colleagues: Sequence[accounts.PostView]
    receivers: Sequence[tuple[str, str]]
    villages: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True)
class Summary:
    """The same in a few lines, for the case's own page; None of it where the viewer may not work beside."""

    allowed: bool
    notes: int
    newest: NoteView | None
    subtasks: Sequence[SubTaskView]
    related: Sequence[RelatedView]
    replies: Sequence[TemplateView]


def suggested(what: str) -> str:
    """Return the words of a case found by a sweep, as they stand ready in its form."""
    return f"排查发现：{what}"


def beside(actor: Actor, county: str, number: str) -> Beside:
    """Return what is kept beside a case. Raises ``Missing`` for whoever may not work beside it."""
    case = _case(actor, county, number)
    may_give = policies_beside.may_give(actor, case)
    may_sweep = policies_beside.may_sweep(actor, case)
    people = colleagues(actor, case)
    return Beside(
        number=number,
        title=case.title,
        notes=[_note(row) for row in _notes(case)[:NOTES]],
        subtasks=[_subtask(row, actor) for row in _subtasks(case)],
        related=related(actor, case),
        sweeps=_sweeps(actor, case),
        may_give=may_give,
        may_sweep=may_sweep,
        colleagues=people,
        receivers=_receivers(actor, case, people) if may_give else (),
        villages=[(v.code, v.name, v.code[:9] == case.region[:9]) for v in sweepable(actor, case)]
        if may_sweep
        else (),
    )


def summary(actor: Actor, county: str, number: str) -> Summary:
    """Return the few lines for the case's page; the caller has checked that the actor may open it."""
    case = find(county, number)
    if not policies_beside.may_work_beside(actor, case):
        return Summary(False, 0, None, (), (), ())
    notes = list(_notes(case)[:NOTES])
    open_ones = _subtasks(case).filter(closed_at__isnull=True)
    return Summary(
        allowed=True,
        notes=len(notes),
        newest=_note(notes[0]) if notes else None,
        subtasks=[_subtask(row, actor) for row in open_ones],
        related=related(actor, case),
        replies=templates_of(actor) if policies_beside.may_reply(actor, case) else (),
    )


def related(actor: Actor, case: Case) -> Sequence[RelatedView]:
    """Return the cases linked to this one that the viewer may see, the newest link first."""
    rows = Relation.objects.select_related("case__body", "other__body").filter(
        Q(case=case) | Q(other=case), county=case.county
    )
    pairs = [(row, row.other if row.case_id == case.pk else row.case) for row in rows]
    seen = [(row, other) for row, other in pairs if policies.may_see(actor, other)]
    names = regions.regions({other.region for _, other in seen}) if seen else {}
    return [
        RelatedView(
            row.pk,
            other.number,
            other.title if policies.reads_clear(actor, other) else masking.text(other.title),
            other.get_state_display(),
            names[other.region].name if other.region in names else "",
            row.get_why_display(),
            bool(policies.may_open(actor, other)),
        )
        for row, other in sorted(seen, key=lambda pair: -pair[0].pk)
    ]


def openable(actor: Actor, county: str, number: str) -> Case | None:
    """Return the case of this number if the actor may work beside it."""
    rows = Case.objects.select_related("body").filter(county=county, number=number)
    case = rows.first()
    if case is None or not policies_beside.may_work_beside(actor, case):
        return None
    return case


def colleagues(actor: Actor, case: Case) -> Sequence[accounts.PostView]:
    """Return who may be named in a note, the actor apart.

    They are staff of the actor's, the holding, the first and the helping bodies who may see the case.
    """
    helping = SubTask.objects.filter(county=case.county, case=case, withdrawn=False)
    bodies = [
        actor.body_id,
        case.body_id,
        case.first_body_id,
        *helping.values_list("body_id", flat=True),
    ]
    posts = [post for body in dict.fromkeys(bodies) if body for post in accounts.staff_of(body)]
    return [
        post
        for post in posts
        if post.person_id != actor.person_id
        and policies_beside.may_work_beside(policies_beside.person(post), case)
    ]


def assistants(case: Case) -> Sequence[accounts.BodyView]:
    """Return the bodies that may be asked to help: those reached from the holder, the village's own."""
    found = accounts.receivers(case.body_id)
    return [body for body in found if case.region.startswith(regions.scope_of(body.region))]


def sweepable(actor: Actor, case: Case) -> Sequence[regions.Region]:
    """Return the villages of the actor's territory in which the same may be looked for."""
    villages = regions.villages(case.county)
    return [v for v in villages if actor.covers(v.code) and v.code != case.region]


def open_subtasks(actor: Actor, after: str = "", size: int = 30) -> Page[SubTaskView]:
    """Return what the actor's body, or the actor alone, was asked to do and has not done.

    Left out is what belongs to a case that has moved on to where the actor does not see it.
    """
    own = Q(post__isnull=True) | Q(post_id=actor.post_id)
    seen = Case.objects.filter(territory(actor), county=actor.county)
    rows = SubTask.objects.select_related("case", "body", "post__person").filter(
        own,
        county=actor.county,
        body_id=actor.body_id or 0,
        closed_at__isnull=True,
        case_id__in=seen.values("pk"),
    )
    found = page(rows, order=("until", "id"), after=after, size=size)
    return Page([_subtask(row, actor) for row in found.rows], found.next)


def open_checks(actor: Actor) -> Sequence[CheckView]:
    """Return the lines of sweeps that wait for the actor's body, the most urgent first."""
    rows = SweepItem.objects.select_related("sweep", "body").filter(
        county=actor.county, body_id=actor.body_id or 0, done_at__isnull=True
    )
    return _checks(actor, rows.order_by("until", "id")[:100])


def _case(actor: Actor, county: str, number: str) -> Case:
    case = find(county, number)
    if not policies_beside.may_work_beside(actor, case):
        raise Missing(number)
    return case


def _notes(case: Case) -> QuerySet[Note]:
    rows = Note.objects.select_related("body").filter(county=case.county, case=case)
    return rows.order_by("-at", "-id")


def _subtasks(case: Case) -> QuerySet[SubTask]:
    rows = SubTask.objects.select_related("case", "body", "post__person")
    return rows.filter(county=case.county, case=case).order_by("closed_at", "until", "id")


def _note(row: Note) -> NoteView:
    return NoteView(row.at, row.label, row.body.name, row.text, row.told)


def _subtask(row: SubTask, actor: Actor) -> SubTaskView:
    return SubTaskView(
        id=row.pk,
        number=row.case.number,
        title=row.case.title,
        what=row.what,
        who=row.post.person.name if row.post else row.body.name,
        until=row.until,
        late=row.closed_at is None and row.until < clock.today(),
        asked_by=row.asked_by,
        open=row.closed_at is None,
        withdrawn=row.withdrawn,
        result=row.result,
        done_by=row.done_by,
        may_finish=bool(policies_beside.may_finish(actor, row)),
        may_withdraw=bool(policies_beside.may_withdraw_task(actor, row)),
    )


def _sweeps(actor: Actor, case: Case) -> Sequence[SweepView]:
    sweeps = list(Sweep.objects.filter(county=case.county, case=case).order_by("-id"))
    if not sweeps:
        return ()
    rows = SweepItem.objects.select_related("sweep", "body").filter(
        county=case.county, sweep__in=sweeps
    )
    items = list(rows.order_by("region"))
    lines = dict(zip((item.pk for item in items), _checks(actor, items), strict=True))
    return [
        SweepView(
            s.what, s.until, s.label, [lines[item.pk] for item in items if item.sweep_id == s.pk]
        )
        for s in sweeps
    ]


def _checks(actor: Actor, rows: Iterable[SweepItem]) -> Sequence[CheckView]:
    items = list(rows)
    names = regions.regions({item.region for item in items}) if items else {}
    made = {item.made_id for item in items if item.made_id}
    seen = (
        Case.objects.select_related("body").filter(county=actor.county, pk__in=made) if made else ()
    )
    numbers = {case.pk: case.number for case in seen if policies.may_open(actor, case)}
    return [
        CheckView(
            id=item.pk,
            village=names[item.region].name if item.region in names else "",
            body=item.body.name,
            what=item.sweep.what,
            until=item.until,
            late=item.done_at is None and item.until < clock.today(),
            done=item.done_at is not None,
            found=bool(item.found),
            text=item.text,
            label=item.label,
            number=numbers.get(item.made_id or 0, ""),
        )
        for item in items
    ]


def _receivers(
    actor: Actor, case: Case, people: Sequence[accounts.PostView]
) -> Sequence[tuple[str, str]]:
    own = [p for p in people if p.body_id == actor.body_id]
    posts = [(f"post:{p.id}", f"{p.person_name}（{p.title}）") for p in own]
    return posts + [(f"body:{body.id}", body.name) for body in assistants(case)]
