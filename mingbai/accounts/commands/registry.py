"""The writers of bodies, members of staff and their posts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import Q, QuerySet

from mingbai.accounts import policies
from mingbai.accounts.commands.entering import check_strength
from mingbai.accounts.models import Body, Duty, Person, Post
from mingbai.accounts.queries import in_force
from mingbai.accounts.roles import roles
from mingbai.audit.commands import record
from mingbai.kernel import clock, scopes, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.regions import queries as regions

LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")


def create_staff(
    *,
    login: str,
    name: str,
    password: str | None,
    phone: str | None = None,
    demo: bool = False,
    actor: Actor | None = None,
) -> Person:
    """Add a member of staff; without a password nobody can log in as them.

    Raises ``BadInput`` for a weak password or a name that is taken, ``Refused`` when ``actor`` may
    not; None stands for the installation itself.
    """
    if actor is not None:
        require(policies.may_register(actor))
        if not LOGIN.fullmatch(login):
            raise BadInput("登录名用 3 到 40 个小写字母、数字或 . _ -，以字母开头。", "login")
    if password is not None:
        check_strength(password, login)
    with scopes.enter():
        if Person.objects.filter(login=login).exists():
            raise BadInput(f"登录名 {login} 已有人用。", "login")
        index = sealing.index(phone) if phone else None
        if index and Person.objects.filter(phone_index=index).exists():
            raise BadInput("这个手机号已经登记过了。", "phone")
        person = Person.objects.create(
            login=login,
            name=name,
            password=make_password(password) if password else "!",
            created_at=clock.now(),
            is_demo=demo,
            phone_index=index,
            phone_sealed=sealing.seal(phone, f"person:{index}") if phone else None,
        )
        record(actor=actor, verb="create", thing="person", thing_id=str(person.pk))
    return person


def suspend_person(*, actor: Actor, person_id: int) -> None:
    """Close a member of staff's account: from the next request on they are nobody.

    Raises ``Missing`` for somebody who is no member of staff, ``Refused`` for oneself and for who
    holds a post elsewhere.
    """
    person = _staff_locked(person_id)
    places = list(in_force().filter(person=person).values_list("region_id", flat=True))
    require(policies.may_suspend(actor, person_id, places))
    person.is_active = False
    person.save(update_fields=["is_active"])
    record(actor=actor, verb="suspend", thing="person", thing_id=str(person_id))


def resume_person(*, actor: Actor, person_id: int) -> None:
    """Open a closed account again. Raises ``Missing`` and ``Refused`` as ``suspend_person`` does."""
    person = _staff_locked(person_id)
    today = clock.today()
    posts = Post.objects.filter(Q(until__isnull=True) | Q(until__gte=today), person=person)
    places = list(posts.values_list("region_id", flat=True))
    require(policies.may_suspend(actor, person_id, places))
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(actor=actor, verb="resume", thing="person", thing_id=str(person_id))


def create_body(
    *, kind: str, region: str, name: str, phone: str = "", parent: int | None = None
) -> int:
    """Add an office, or bring its line up to date; return its id. Raises ``BadInput`` for an unknown kind."""
    if kind not in Body.Kind.values:
        raise BadInput(f"单位种类“{kind}”不认识，应是 {'、'.join(Body.Kind.values)}。", "kind")
    with scopes.enter():
        body, _ = Body.objects.update_or_create(
            region_id=region,
            name=name,
            defaults={"kind": kind, "phone": phone, "parent_id": parent},
        )
        record(actor=None, verb="create", thing="body", thing_id=str(body.pk), region=region)
    return body.pk


def register_body(
    *, actor: Actor, kind: str, region: str, name: str, phone: str, parent: int | None
) -> int:
    """Add an office to the registry and return its id.

    Raises ``Refused`` outside the actor's territory, ``BadInput`` for a name that the place has
    already, a kind that does not fit the place, a parent elsewhere.
    """
    require(policies.may_keep_body(actor, region))
    place = regions.region(region)
    if kind not in Body.Kind.values:
        raise BadInput("请选单位种类。", "kind")
    if not _FITTING[kind](place):
        raise BadInput("这类单位不设在这一级，请换一个地方或种类。", "region")
    if Body.objects.filter(region_id=region, name=name).exists():
        raise BadInput(f"这里已经有“{name}”了。", "name")
    body = Body.objects.create(
        kind=kind, region_id=region, name=name, phone=phone, parent_id=_parent(actor, parent)
    )
    record(actor=actor, verb="create", thing="body", thing_id=str(body.pk), region=region)
    return body.pk


def change_body(*, actor: Actor, body_id: int, name: str, phone: str, parent: int | None) -> None:
    """Change name, phone or parent of an office. Raises ``Missing``, ``Refused``, ``BadInput``."""
    body = _body_locked(actor, body_id)
    if Body.objects.filter(region_id=body.region_id, name=name).exclude(pk=body_id).exists():
        raise BadInput(f"这里已经有“{name}”了。", "name")
    before = _known(body)
    above = _parent(actor, parent)
    if above is not None and body_id in _chain(above):
        raise BadInput("上级单位不能是它自己或它的下级。", "parent")
    body.name, body.phone, body.parent_id = name, phone, above
    body.save(update_fields=["name", "phone", "parent"])
    record(
        actor=actor,
        verb="change",
        thing="body",
        thing_id=str(body_id),
        region=body.region_id,
        before=before,
        after=_known(body),
    )


def dissolve_body(*, actor: Actor, body_id: int, last_day: date) -> None:
    """End an office after ``last_day``; nothing goes to it from the next day on.

    Raises ``Refused`` as long as people, duties or offices below it would be left without a home,
    ``Missing`` for an unknown one, ``BadInput`` for a second time.
    """
    body = _body_locked(actor, body_id)
    if body.until is not None:
        raise BadInput("这个单位已经登记过撤销。", "last_day")
    later = Q(until__isnull=True) | Q(until__gt=last_day)
    left = (
        (Post.objects.filter(later, body=body).count(), "个岗位，请先登记离任"),
        (_duties_of(body).filter(later).count(), "项职责，请先在职责清单里移交"),
        (Body.objects.filter(later, parent=body).count(), "个下级单位，请先改上级单位"),
    )
    for count, what in left:
        if count:
            raise Refused(f"{body.name}还有 {count} {what}。")
    body.until = last_day
    body.save(update_fields=["until"])
    record(
        actor=actor,
        verb="dissolve",
        thing="body",
        thing_id=str(body_id),
        region=body.region_id,
        detail={"until": last_day.isoformat()},
    )


def appoint(
    *,
    actor: Actor | None,
    person_id: int,
    role: str,
    region: str,
    body_id: int,
    title: str,
    since: date,
    until: date | None = None,
) -> int:
    """Give a person a post. ``actor`` None stands for the installation itself (demo, first start).

    Raises ``BadInput`` for an unknown role or an end before the start, ``Missing`` for an unknown
    person, place or body, ``Refused`` when ``actor`` may not and for a role that does not belong on
    the level of the place.
    """
    if role not in roles():
        raise BadInput(f"没有“{role}”这个角色。", "role")
    if until is not None and until < since:
        raise BadInput("任职止不能早于任职起。", "until")
    body = Body.objects.filter(pk=body_id).first()
    if body is None or not Person.objects.filter(pk=person_id).exists():
        raise Missing
    if actor is not None:
        require(policies.may_appoint(actor, person_id, region, body.region_id))
    place = regions.region(region)
    require(policies.fits(role, place.level, place.parent.level if place.parent else ""))
    if body.until is not None and (until is None or until > body.until):
        raise BadInput(f"{body.name}到 {body.until:%Y-%m-%d} 为止，任职不能更晚。", "until")
    with scopes.enter():
        if Post.objects.filter(
            person_id=person_id, role=role, body_id=body_id, since=since
        ).exists():
            raise BadInput("这个人从这天起已经有这个岗位了。", "since")
        post = Post.objects.create(
            person_id=person_id,
            role=role,
            region_id=region,
            scope=regions.scope_of(region),
            body_id=body_id,
            title=title,
            since=since,
            until=until,
        )
        record(
            actor=actor,
            verb="appoint",
            thing="post",
            thing_id=str(post.pk),
            region=region,
            detail={"role": role},
        )
    return post.pk


def end_post(*, actor: Actor | None, post_id: int, last_day: date) -> None:
    """End a post; from the day after ``last_day`` it has no effect.

    Raises ``Missing`` for an unknown post, ``BadInput`` for a day before it began, ``Refused``.
    """
    with scopes.enter():
        post = Post.objects.select_for_update().filter(pk=post_id).first()
        if post is None:
            raise Missing
        if actor is not None:
            require(policies.may_end_post(actor, post.person_id, post.region_id))
        if last_day < post.since:
            raise BadInput("任职止不能早于任职起。", "last_day")
        post.until = last_day
        post.save(update_fields=["until"])
        record(actor=actor, verb="end", thing="post", thing_id=str(post_id), region=post.region_id)


def _staff_locked(person_id: int) -> Person:
    rows = Person.objects.select_for_update().filter(pk=person_id, login__isnull=False)
    person = rows.first()
    if person is None:
        raise Missing
    return person


def _body_locked(actor: Actor, body_id: int) -> Body:
    body = Body.objects.select_for_update(of=("self",)).filter(pk=body_id).first()
    if body is None:
        raise Missing
    require(policies.may_keep_body(actor, body.region_id))
    return body


def _duties_of(body: Body) -> QuerySet[Duty, Any]:
    return Duty.objects.filter(Q(body=body) | Q(supervisor=body), version__current=True)


def _known(body: Body) -> dict[str, object]:
    return {"name": body.name, "phone": body.phone, "parent": body.parent_id}


def _parent(actor: Actor, parent: int | None) -> int | None:
    """Return the parent, when it is an office of the actor's territory. Raises ``BadInput``."""
    if parent is None:
        return None
    row = Body.objects.filter(pk=parent).first()
    if row is None or not actor.covers(row.region_id):
        raise BadInput("上级单位不在您的范围内。", "parent")
    return parent


def _chain(body_id: int) -> set[int]:
    """Return a body and everything above it."""
    seen: set[int] = set()
    step: int | None = body_id
    while step is not None and step not in seen:
        seen.add(step)
        step = Body.objects.filter(pk=step).values_list("parent_id", flat=True).first()
    return seen


def _on(*levels: str) -> Callable[[regions.Region], bool]:
    return lambda place: place.level in levels


_FITTING: dict[str, Callable[[regions.Region], bool]] = {
    "village": _on("village", "local"),
    "town": _on("town", "local"),
    "department": _on("county"),
    "county": _on("county"),
    "discipline": _on("town", "county", "city"),
    "platform": _on("county", "city"),
}
