"""The writers of the duty list: keeping an uploaded one, applying it whole, going back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from mingbai.accounts import policies, queries
from mingbai.accounts.duties import Line
from mingbai.accounts.models import Duty, DutyDraft, DutyList
from mingbai.audit.commands import record
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.regions import queries as regions

DRAFT_LIVES = timedelta(days=1)
NOT_READY = "表里还有没改好的地方，没有启用。"
GAPS_LEFT = "还有领域没有县里的主办单位。确认先这样用，请勾选后再启用。"
STALE = "清单刚被换过，请重新核对再启用。"
_LISTS = 351  # the class of our advisory locks for duty lists


@transaction.atomic
def keep_draft(*, actor: Actor, county: str, name: str, content: bytes) -> int:
    """Keep an uploaded list for its preview and return its id; nothing of it is in force.

    Raises ``Refused``, and ``BadInput`` for a file that is no duty list.
    """
    require(policies.may_keep_duties(actor, county))
    queries.preview(county, content)
    assert actor.person_id is not None
    old = DutyDraft.objects.filter(county=county)
    old.filter(person_id=actor.person_id).delete()
    old.filter(uploaded_at__lt=clock.now() - DRAFT_LIVES).delete()
    draft = DutyDraft.objects.create(
        county=county,
        name=name[-200:],
        content=content,
        person_id=actor.person_id,
        uploaded_at=clock.now(),
    )
    record(
        actor=actor, verb="upload", thing="duties", thing_id=f"{county}-d{draft.pk}", county=county
    )
    return draft.pk


@transaction.atomic
def discard_draft(*, actor: Actor, draft_id: int) -> None:
    """Throw an uploaded list away. Raises ``Missing``, ``Refused``."""
    draft = _draft(actor, draft_id)
    draft.delete()
    record(
        actor=actor,
        verb="discard",
        thing="duties",
        thing_id=f"{draft.county}-d{draft_id}",
        county=draft.county,
    )


@transaction.atomic
def apply_draft(*, actor: Actor, draft_id: int, seen: int, gaps_accepted: bool) -> int:
    """Put an uploaded list into force as one version and return its number.

    ``seen`` is the number of the version that the preview compared with, 0 for none. Raises
    ``Missing``, and ``Refused`` when a cell is bad, two main bodies meet, gaps were not accepted or
    another version came between; nothing has changed then.
    """
    draft = _draft(actor, draft_id)
    number = apply_sheet(
        actor=actor,
        county=draft.county,
        name=draft.name,
        content=bytes(draft.content),
        gaps_accepted=gaps_accepted,
        seen=seen,
    )
    draft.delete()
    return number


@transaction.atomic
def apply_sheet(
    *,
    actor: Actor | None,
    county: str,
    name: str,
    content: bytes,
    gaps_accepted: bool,
    seen: int | None = None,
) -> int:
    """Put a sheet into force as ``apply_draft`` does. ``actor`` None stands for the installation."""
    if actor is not None:
        require(policies.may_keep_duties(actor, county))
    _one_at_a_time(county)
    if seen is not None and seen != queries.duty_version(county):
        raise Refused(STALE)
    found = queries.preview(county, content)
    if not found.ready:
        raise Refused(NOT_READY)
    if found.gaps and not gaps_accepted:
        raise Refused(GAPS_LEFT)
    return _write(actor, county, found.lines, f"上传 {name}")


@transaction.atomic
def set_duties(*, county: str, lines: Sequence[Line], source: str) -> int:
    """Put lines into force as the installation itself (demo, first start); return the number."""
    with scopes.enter(scope=county):
        _one_at_a_time(county)
        return _write(None, county, lines, source)


@transaction.atomic
def restore_duties(*, actor: Actor, county: str, number: int) -> int:
    """Put an earlier version into force again, word for word, as a new one; return its number.

    Raises ``Missing`` for an unknown version, ``BadInput`` for the one in force, ``Refused``.
    """
    require(policies.may_keep_duties(actor, county))
    _one_at_a_time(county)
    old = DutyList.objects.filter(county=county, number=number).first()
    if old is None:
        raise Missing
    if old.current:
        raise BadInput("这一版就是现行的。")
    return _write(actor, county, queries.lines_of(old), f"恢复第 {number} 版")


def _write(actor: Actor | None, county: str, lines: Sequence[Line], source: str) -> int:
    places = {r.scope: r.code for r in regions.inside(county)}
    number = queries.last_version(county) + 1
    DutyList.objects.filter(county=county, current=True).update(current=False)
    version = DutyList.objects.create(
        county=county,
        number=number,
        source=source[:200],
        size=len(lines),
        applied_at=clock.now(),
        person_id=actor.person_id if actor else None,
        applied_by=actor.label if actor else "系统",
    )
    Duty.objects.bulk_create(
        (
            Duty(
                county=county,
                version=version,
                body_id=line.body,
                field=line.field,
                sub=line.sub,
                level=line.level,
                region_id=places.get(line.scope, line.scope.ljust(12, "0")),
                scope=line.scope,
                main=line.main,
                since=line.since,
                until=line.until,
                basis=line.basis,
                supervisor_id=line.supervisor,
            )
            for line in lines
        ),
        batch_size=2000,
    )
    record(
        actor=actor,
        verb="apply",
        thing="duties",
        thing_id=f"{county}-{number}",
        county=county,
        after={"lines": _digest(lines)},
        detail={"lines": len(lines)},
    )
    return number


def _draft(actor: Actor, draft_id: int) -> DutyDraft:
    draft = DutyDraft.objects.select_for_update(of=("self",)).filter(pk=draft_id).first()
    if draft is None or not policies.may_keep_duties(actor, draft.county):
        raise Missing
    return draft


def _one_at_a_time(county: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LISTS, int(county)])


def _digest(lines: Sequence[Line]) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, lines))).encode()).hexdigest()
