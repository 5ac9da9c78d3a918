"""What IT administrators read in the registry of bodies, people and posts of their territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mingbai.accounts import policies
from mingbai.accounts.models import Body, Duty, DutyDraft, DutyList, Person, Post
from mingbai.accounts.queries.bodies import BodyView, view_of
from mingbai.accounts.queries.duties import (
    LEVEL_WORDS,
    duty_lines,
    duty_version,
    field_word,
    lines_of,
)
from mingbai.accounts.queries.people import in_force, role
from mingbai.accounts.queries.sheet import (
    GapLine,
    OverlapLine,
    Preview,
    export,
    gap_lines,
    overlap_lines,
    preview,
)
from mingbai.accounts.roles import Role, roles
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

PAGE = 50
_LONGEST = 40


@dataclass(frozen=True)
class BodyLine:
    """A body in the list: where it sits, how many people hold a post in it today, whether it works."""

    id: int
    name: str
    kind: str
    place: str
    staff: int
    until: date | None
    closed: bool


@dataclass(frozen=True)
class Holding:
    """A post with its holder, past ones too; ``state`` is now, later or over."""

    id: int
    person_id: int
    person: str
    login: str
    role: str
    title: str
    body_id: int
    body: str
    place: str
    since: date
    until: date | None
    state: str


@dataclass(frozen=True)
class DutyLine:
    """A line of the duty list in words; ``state`` is now, later or over."""

    what: str
    level: str
    place: str
    main: bool
    since: date
    until: date | None
    basis: str
    body: str
    body_id: int
    supervisor: str
    state: str


@dataclass(frozen=True)
class BodyPage:
    """A body with its posts and duties, past ones too."""

    body: BodyView
    kind: str
    place: str
    parent: BodyView | None
    closed: bool
    posts: Sequence[Holding]
    duties: Sequence[DutyLine]


@dataclass(frozen=True)
class PersonLine:
    """A member of staff in the list; ``posts`` are today's, in words."""

    id: int
    login: str
    name: str
    active: bool
    posts: Sequence[str]


@dataclass(frozen=True)
class PersonPage:
    """A member of staff with every post inside the viewer's territory, past ones too."""

    id: int
    login: str
    name: str
    active: bool
    posts: Sequence[Holding]


def registry_bodies(
    actor: Actor, *, text: str = "", kind: str = "", after: str = ""
) -> tuple[Page[Body], Sequence[BodyLine]]:
    """Return a page of the territory's bodies. Raises ``Missing`` for anybody but its administrators."""
    require_administrator(actor)
    rows = Body.objects.filter(inside(actor.scope, "region_id"))
    if text.strip():
        wanted = text.strip()[:_LONGEST]
        rows = rows.filter(Q(name__icontains=wanted) | Q(region__name__icontains=wanted))
    if kind:
        rows = rows.filter(kind=kind)
    found = page(
        rows.select_related("region__parent"), order=("region_id", "id"), after=after, size=PAGE
    )
    staff = dict(
        in_force()
        .filter(body_id__in=[b.pk for b in found.rows])
        .values_list("body_id")
        .annotate(count=Count("person_id", distinct=True))
        .order_by()
    )
    today = clock.today()
    return found, [
        BodyLine(
            id=b.pk,
            name=b.name,
            kind=b.get_kind_display(),
            place=_place(b.region),
            staff=staff.get(b.pk, 0),
            until=b.until,
            closed=b.until is not None and b.until < today,
        )
        for b in found.rows
    ]


def registry_body(actor: Actor, body_id: int) -> BodyPage:
    """Return a body of the territory. Raises ``Missing``."""
    require_administrator(actor)
    row = Body.objects.select_related("region__parent", "parent").filter(pk=body_id).first()
    if row is None or not actor.covers(row.region_id):
        raise Missing
    posts = Post.objects.filter(body=row).select_related("person", "body", "region__parent")
    lines = Duty.objects.filter(body=row, version__current=True)
    return BodyPage(
        body=view_of(row),
        kind=row.get_kind_display(),
        place=_place(row.region),
        parent=view_of(row.parent) if row.parent else None,
        closed=row.until is not None and row.until < clock.today(),
        posts=_by_state([_holding(p) for p in posts.order_by("-since", "id")]),
        duties=[duty_line(d) for d in with_names(lines).order_by("id")],
    )


def registry_people(
    actor: Actor, *, text: str = "", after: str = ""
) -> tuple[Page[Person], Sequence[PersonLine]]:
    """Return a page of the staff who hold or held a post in the territory, or none anywhere."""
    require_administrator(actor)
    rows = Person.objects.filter(_theirs(actor), login__isnull=False)
    if text.strip():
        wanted = text.strip()[:_LONGEST]
        rows = rows.filter(Q(name__icontains=wanted) | Q(login__icontains=wanted))
    found = page(rows, order=("id",), after=after, size=PAGE)
    posts = in_force().filter(
        inside(actor.scope, "region_id"), person_id__in=[p.pk for p in found.rows]
    )
    held: dict[int, list[str]] = {}
    for post in posts.order_by("id"):
        held.setdefault(post.person_id, []).append(f"{post.body.name} {post.title}")
    return found, [
        PersonLine(p.pk, p.login or "", p.name, p.is_active, held.get(p.pk, [])) for p in found.rows
    ]


def registry_person(actor: Actor, person_id: int) -> PersonPage:
    """Return a member of staff of the territory. Raises ``Missing``."""
    require_administrator(actor)
    rows = Person.objects.filter(_theirs(actor), login__isnull=False, pk=person_id)
    found = rows.first()
    if found is None:
        raise Missing
    posts = Post.objects.filter(inside(actor.scope, "region_id"), person=found).select_related(
        "person", "body", "region__parent"
    )
    return PersonPage(
        found.pk,
        found.login or "",
        found.name,
        found.is_active,
        _by_state([_holding(p) for p in posts.order_by("-since", "id")]),
    )


def registry_post(actor: Actor, post_id: int) -> Holding:
    """Return a post of the territory. Raises ``Missing``."""
    require_administrator(actor)
    rows = Post.objects.select_related("person", "body", "region__parent")
    found = rows.filter(pk=post_id).first()
    if found is None or not actor.covers(found.region_id):
        raise Missing
    return _holding(found)


@dataclass(frozen=True)
class VersionLine:
    """A version of the duty list: where it came from, who put it into force and when."""

    number: int
    source: str
    size: int
    at: datetime
    by: str
    current: bool


@dataclass(frozen=True)
class DutiesPage:
    """The list in force (or an earlier version) with what is wrong with it today."""

    county: str
    version: VersionLine | None
    versions: Sequence[VersionLine]
    rows: Page[Duty]
    lines: Sequence[DutyLine]
    gaps: Sequence[GapLine]
    overlaps: Sequence[OverlapLine]
    draft: int | None


def duties_page(
    actor: Actor, *, number: int = 0, text: str = "", field: str = "", after: str = ""
) -> DutiesPage:
    """Return a page of the list in force, or of version ``number``. Raises ``Missing``."""
    county = _county(actor)
    versions = [
        VersionLine(v.number, v.source, v.size, v.applied_at, v.applied_by, v.current)
        for v in DutyList.objects.filter(county=county).order_by("-number")[:PAGE]
    ]
    shown = next((v for v in versions if (v.number == number if number else v.current)), None)
    if number and shown is None:
        raise Missing
    rows = Duty.objects.filter(county=county, version__number=shown.number if shown else 0)
    if field:
        rows = rows.filter(field=field)
    if text.strip():
        wanted = text.strip()[:_LONGEST]
        rows = rows.filter(Q(body__name__icontains=wanted) | Q(region__name__icontains=wanted))
    found = page(with_names(rows), order=("id",), after=after, size=PAGE)
    whole = bool(shown and shown.current and not (text or field or after))
    lines = duty_lines(county) if whole else []
    return DutiesPage(
        county=county,
        version=shown,
        versions=versions,
        rows=found,
        lines=[duty_line(row) for row in found.rows],
        gaps=gap_lines(county, lines) if whole else (),
        overlaps=overlap_lines(county, lines) if whole else (),
        draft=DutyDraft.objects.filter(county=county, person_id=actor.person_id or 0)
        .values_list("pk", flat=True)
        .first(),
    )


@dataclass(frozen=True)
class DraftPage:
    """An uploaded list and what it would do; ``seen`` is the version that it was compared with."""

    id: int
    name: str
    at: datetime
    seen: int
    preview: Preview


def draft_page(actor: Actor, draft_id: int) -> DraftPage:
    """Return an uploaded list of the actor's county. Raises ``Missing``."""
    county = _county(actor)
    draft = DutyDraft.objects.filter(pk=draft_id, county=county).first()
    if draft is None:
        raise Missing
    found = preview(county, bytes(draft.content))
    return DraftPage(draft.pk, draft.name, draft.uploaded_at, duty_version(county), found)


def export_list(actor: Actor, number: int = 0) -> bytes:
    """Return the list in force, or version ``number``, as a workbook. Raises ``Missing``."""
    county = _county(actor)
    rows = DutyList.objects.filter(county=county)
    version = rows.filter(number=number) if number else rows.filter(current=True)
    found = version.first()
    if number and found is None:
        raise Missing
    return export(county, lines_of(found) if found else ())


def places(actor: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the regions of the territory for a list to choose from, by town: ``(heading, options)``."""
    require_administrator(actor)
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for row in regions.inside(actor.scope):
        if row.level in {regions.Level.COUNTY, regions.Level.TOWN} or not groups:
            groups.append((row.name, []))
        groups[-1][1].append((row.code, row.name))
    return groups


def logins(actor: Actor) -> list[tuple[str, str]]:
    """Return login and name of the territory's staff, for a list to choose from."""
    require_administrator(actor)
    rows = Person.objects.filter(_theirs(actor), login__isnull=False, is_active=True)
    return [
        (login or "", name) for login, name in rows.order_by("login").values_list("login", "name")
    ]


def misfit(role_code: str, region: str) -> str:
    """Return why a role cannot be held in a place, empty when it can. Raises ``Missing``."""
    place = regions.region(region)
    return policies.fits(role_code, place.level, place.parent.level if place.parent else "").reason


def appointable() -> list[Role]:
    """Return the roles that a post may have, in the order of the list; villagers need none."""
    return [r for r in roles().values() if r.code not in {"villager", "service"}]


def with_names(rows: QuerySet[Duty, Any]) -> QuerySet[Duty, Any]:
    """Return duty rows together with what their words are made of."""
    return rows.select_related("body", "supervisor", "region__parent")


def duty_line(row: Duty) -> DutyLine:
    """Return a line of the duty list in words."""
    today = clock.today()
    over = row.until is not None and row.until < today
    what = field_word(row.field)
    if row.sub:
        what += f" · {field_word(row.field, row.sub)}"
    return DutyLine(
        what=what,
        level=LEVEL_WORDS[row.level],
        place=_place(row.region),
        main=row.main,
        since=row.since,
        until=row.until,
        basis=row.basis,
        body=row.body.name,
        body_id=row.body_id,
        supervisor=row.supervisor.name if row.supervisor else "",
        state="over" if over else "later" if row.since > today else "now",
    )


def _county(actor: Actor) -> str:
    require_administrator(actor)
    if not actor.county:
        raise Missing
    return actor.county


def require_administrator(actor: Actor) -> None:
    """Raise ``Missing`` for anybody but an administrator: for them there is no registry."""
    if not policies.may_administer(actor):
        raise Missing


def _theirs(actor: Actor) -> Q:
    """Return the filter "has a post in the actor's territory, or none at all"."""
    posts = Post.objects.filter(person=OuterRef("pk"))
    return Q(Exists(posts.filter(inside(actor.scope, "region_id")))) | ~Q(Exists(posts))


def _place(region: regions.Region) -> str:
    """Return a place as people write it: a village with its town."""
    near = region.level in {regions.Level.VILLAGE, regions.Level.LOCAL} and region.parent
    return f"{region.parent.name}{region.name}" if near and region.parent else region.name


def _holding(row: Post) -> Holding:
    today = clock.today()
    over = row.until is not None and row.until < today
    return Holding(
        id=row.pk,
        person_id=row.person_id,
        person=row.person.name,
        login=row.person.login or "",
        role=role(row.role).name,
        title=row.title,
        body_id=row.body_id,
        body=row.body.name,
        place=_place(row.region),
        since=row.since,
        until=row.until,
        state="over" if over else "later" if row.since > today else "now",
    )


def _by_state(posts: Sequence[Holding]) -> list[Holding]:
    order = ("now", "later", "over")
    return sorted(posts, key=lambda p: order.index(p.state))
