"""The readers of persons, bodies and posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from mingbai.accounts import policies
from mingbai.accounts.models import Body, OpenSession, Person, Post
from mingbai.accounts.roles import Role, roles
from mingbai.kernel import clock, sealing
from mingbai.kernel.actors import ANYONE, Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.regions import queries as regions

__all__ = ["BodyView", "PostView", "Role", "SessionView", "roles"]


@dataclass(frozen=True)
class BodyView:
    """An office as others see it; ``region`` is the code of its territory."""

    id: int
    kind: str
    name: str
    region: str
    phone: str
    parent_id: int | None
    duties: frozenset[str]


@dataclass(frozen=True)
class PostView:
    """A post in force with its holder."""

    id: int
    role: str
    role_name: str
    title: str
    body_id: int
    body_name: str
    region: str
    scope: str
    side: str
    person_id: int
    person_name: str
    phone: str


@dataclass(frozen=True)
class SessionView:
    """A device on which a member of staff is logged in."""

    device: str
    begun_at: datetime
    current: bool


def role(code: str) -> Role:
    """Return a role of ``roles.csv``; the system and passers-by count as villagers without rights."""
    return roles().get(code, roles()["villager"])


def actor_for(person_id: int | None, post_id: int | None = None) -> Actor:
    """Return who acts: the person in the given post if it is theirs and in force, else their first post.

    A person without any post in force is a villager; nobody is ``ANYONE``. One query.
    """
    if person_id is None:
        return ANYONE
    posts = list(_in_force().filter(person_id=person_id).order_by("id"))
    chosen = next((p for p in posts if p.pk == post_id), posts[0] if posts else None)
    if chosen is None:
        return Actor(person_id, None, "villager", "", None, "villager", "村民")
    return Actor(
        person_id=person_id,
        post_id=chosen.pk,
        role=chosen.role,
        scope=chosen.scope,
        body_id=chosen.body_id,
        side=role(chosen.role).side,
        label=chosen.person.name,
        region=chosen.region_id,
        title=chosen.title,
    )


def posts_today(person_id: int) -> list[PostView]:
    """Return the person's posts in force."""
    return [_post(p) for p in _in_force().filter(person_id=person_id).order_by("id")]


def open_sessions(person_id: int, key: str) -> list[SessionView]:
    """Return where the person is logged in, this session (``key``) first, then the newest. One query."""
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    rows = OpenSession.objects.filter(person_id=person_id, key__in=alive).order_by(
        "-begun_at", "-id"
    )
    found = [SessionView(row.device, row.begun_at, row.key == key) for row in rows]
    return sorted(found, key=lambda view: not view.current)


def staff_of(body_id: int) -> list[PostView]:
    """Return everybody who holds a post in the body today."""
    return [_post(p) for p in _in_force().filter(body_id=body_id).order_by("id")]


def post(post_id: int) -> PostView | None:
    """Return a post, in force or not (history shows former ones)."""
    found = Post.objects.select_related("person", "body").filter(pk=post_id).first()
    return _post(found) if found else None


def people_with_role(code: str, *, region: str) -> list[PostView]:
    """Return today's holders of a role whose territory contains ``region``."""
    scope = regions.scope_of(region)
    above = {scope[:n] for n in (2, 4, 6, 9, 12) if n <= len(scope)} | {scope}
    return [_post(p) for p in _in_force().filter(role=code, scope__in=above).order_by("id")]


def body(body_id: int) -> BodyView:
    """Return a body. Raises ``Missing``."""
    found = Body.objects.filter(pk=body_id).first()
    if found is None:
        raise Missing
    return _body(found)


def bodies(ids: Sequence[int]) -> dict[int, BodyView]:
    """Return several bodies in one query."""
    return {b.pk: _body(b) for b in Body.objects.filter(pk__in=set(ids))}


def village_body(region: str) -> BodyView | None:
    """Return who receives first in a village: its committee, else the town, else the county's intake."""
    scope = regions.scope_of(region)
    places = [region] + [scope[:n].ljust(12, "0") for n in (12, 9, 6) if n < len(scope)]
    kinds = [Body.Kind.VILLAGE, Body.Kind.TOWN, Body.Kind.COUNTY]
    found = list(Body.objects.filter(region_id__in=places, kind__in=kinds))
    found.sort(key=lambda b: (places.index(b.region_id), kinds.index(Body.Kind(b.kind)), b.pk))
    return _body(found[0]) if found else None


def body_above(body_id: int) -> BodyView | None:
    """Return the body one level up, or None at the county."""
    found = Body.objects.select_related("parent").filter(pk=body_id).first()
    return _body(found.parent) if found and found.parent else None


def department_for(county: str, field: str) -> BodyView | None:
    """Return the county department whose duties name the field, or None."""
    rows = Body.objects.filter(kind=Body.Kind.DEPARTMENT, region_id=f"{county}000000")
    return next((_body(b) for b in rows.order_by("id") if field in b.duties.split(",")), None)


def parent_body(region: str, kind: str) -> int | None:
    """Return the body one level above a place: of a village its town, of a town or department the county."""
    if kind == Body.Kind.VILLAGE:
        above = Body.objects.filter(kind=Body.Kind.TOWN, region_id=f"{region[:9]}000")
    elif kind in {Body.Kind.TOWN, Body.Kind.DEPARTMENT}:
        above = Body.objects.filter(kind=Body.Kind.COUNTY, region_id=f"{region[:6]}000000")
    else:
        return None
    return above.order_by("id").values_list("pk", flat=True).first()


def person_by_login(login: str) -> int | None:
    """Return the id of the member of staff with this login name, or None."""
    return Person.objects.filter(login=login).values_list("pk", flat=True).first()


def county_intake(county: str) -> BodyView | None:
    """Return the county's intake, which takes what no department's duties name."""
    found = (
        Body.objects.filter(kind=Body.Kind.COUNTY, region_id=f"{county}000000")
        .order_by("id")
        .first()
    )
    return _body(found) if found else None


def receivers(body_id: int) -> list[BodyView]:
    """Return the bodies to which an officer of this body may hand a case: below, above, departments."""
    own = Body.objects.filter(pk=body_id).first()
    if own is None or own.kind in {Body.Kind.DISCIPLINE, Body.Kind.PLATFORM}:
        return []
    near = Q(parent_id=own.pk)
    if own.kind != Body.Kind.VILLAGE:
        near |= Q(kind=Body.Kind.DEPARTMENT, region_id=f"{own.region_id[:6]}000000")
    if own.kind == Body.Kind.DEPARTMENT:
        near |= Q(kind__in=[Body.Kind.COUNTY, Body.Kind.TOWN]) & inside(
            own.region_id[:6], "region_id"
        )
    if own.kind == Body.Kind.VILLAGE and own.parent_id:
        near |= Q(pk=own.parent_id)
    rows = Body.objects.filter(near).exclude(pk=own.pk)
    return [_body(b) for b in rows.order_by("kind", "name", "id")]


def bodies_inside(scope: str) -> list[BodyView]:
    """Return every body whose region lies inside ``scope``."""
    return [
        _body(b)
        for b in Body.objects.filter(inside(scope, "region_id")).order_by("region_id", "id")
    ]


def phone_of(person_id: int) -> str:
    """Return a villager's phone in clear, for sending; empty when there is none."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None or not person.phone_sealed or not person.phone_index:
        return ""
    return sealing.unseal(person.phone_sealed, f"person:{person.phone_index}")


def home_of(person_id: int) -> str:
    """Return the village of which the person is a verified villager; empty when not verified."""
    found = Person.objects.filter(pk=person_id, is_active=True).values_list("home", flat=True)
    return found.first() or ""


def may_confirm_villagers(actor: Actor) -> bool:
    """Whether the actor's post confirms who lives in the villages of its territory."""
    return bool(policies.may_confirm_villager(actor, actor.scope))


def villagers_of(region: str) -> list[int]:
    """Return the ids of the verified villagers of a village."""
    return list(Person.objects.filter(home=region, is_active=True).values_list("pk", flat=True))


def masked_phone(person_id: int) -> str:
    """Return the phone as its owner may see it on a page: 138****1234."""
    from mingbai.kernel import masking

    phone = phone_of(person_id)
    return masking.phone(phone) if phone else ""


def has_staff(county: str) -> bool:
    """Whether any body works in the county."""
    return Body.objects.filter(inside(county, "region_id")).exists()


def _in_force() -> QuerySet[Post, Any]:
    day = clock.today()
    rows = Post.objects.filter(since__lte=day, person__is_active=True)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day)).select_related("person", "body")


def _post(row: Post) -> PostView:
    found = role(row.role)
    return PostView(
        row.pk,
        row.role,
        found.name,
        row.title,
        row.body_id,
        row.body.name,
        row.region_id,
        row.scope,
        found.side,
        row.person_id,
        row.person.name,
        row.body.phone,
    )


def _body(row: Body) -> BodyView:
    return BodyView(
        row.pk,
        row.kind,
        row.name,
        row.region_id,
        row.phone,
        row.parent_id,
        frozenset(d for d in row.duties.split(",") if d),
    )
