"""The readers of persons and posts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from mingbai.accounts import policies
from mingbai.accounts.models import OpenSession, Person, Post
from mingbai.accounts.roles import Role, roles
from mingbai.kernel import clock, sealing
from mingbai.kernel.actors import ANYONE, Actor
from mingbai.regions import queries as regions


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
    return standing(person_id, post_id)[0]


def standing(person_id: int | None, post_id: int | None = None) -> tuple[Actor, list[PostView]]:
    """Return who acts, as ``actor_for`` does, and all posts of the person in force. One query."""
    if person_id is None:
        return ANYONE, []
    posts = posts_today(person_id)
    chosen = next((p for p in posts if p.id == post_id), posts[0] if posts else None)
    if chosen is None:
        return Actor(person_id, None, "villager", "", None, "villager", "村民"), []
    actor = Actor(
        person_id=person_id,
        post_id=chosen.id,
        role=chosen.role,
        scope=chosen.scope,
        body_id=chosen.body_id,
        side=chosen.side,
        label=chosen.person_name,
        region=chosen.region,
        title=chosen.title,
    )
    return actor, posts


def posts_today(person_id: int) -> list[PostView]:
    """Return the person's posts in force."""
    return [post_view(p) for p in in_force().filter(person_id=person_id).order_by("id")]


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
    return [post_view(p) for p in in_force().filter(body_id=body_id).order_by("id")]


def staff_of_bodies(body_ids: Iterable[int]) -> dict[int, list[PostView]]:
    """Return the same for several bodies in one query; a body without staff has an empty list."""
    found: dict[int, list[PostView]] = {body: [] for body in body_ids}
    for row in in_force().filter(body_id__in=list(found)).order_by("id"):
        found[row.body_id].append(post_view(row))
    return found


def post(post_id: int) -> PostView | None:
    """Return a post, in force or not (history shows former ones)."""
    found = Post.objects.select_related("person", "body").filter(pk=post_id).first()
    return post_view(found) if found else None


def people_with_role(code: str, *, region: str) -> list[PostView]:
    """Return today's holders of a role whose territory contains ``region``."""
    scope = regions.scope_of(region)
    above = {scope[:n] for n in (2, 4, 6, 9, 12) if n <= len(scope)} | {scope}
    return [post_view(p) for p in in_force().filter(role=code, scope__in=above).order_by("id")]


def person_by_login(login: str) -> int | None:
    """Return the id of the member of staff with this login name, or None."""
    return Person.objects.filter(login=login).values_list("pk", flat=True).first()


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


def in_force() -> QuerySet[Post, Any]:
    """Return the posts of today whose holders may still log in."""
    day = clock.today()
    rows = Post.objects.filter(since__lte=day, person__is_active=True)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day)).select_related("person", "body")


def post_view(row: Post) -> PostView:
    """Return a row (with person and body) as others see it."""
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
