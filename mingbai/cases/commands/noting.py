"""Notes among the officers of a case, and the colleagues who are named in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from django.db import transaction

from mingbai.accounts.queries import PostView
from mingbai.cases.commands.beside import lock_beside, officer, words
from mingbai.cases.commands.steps import record
from mingbai.cases.models import Note
from mingbai.cases.queries.beside import colleagues
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput
from mingbai.notices import commands as notices

LONGEST = 1000
_AT = re.compile(r"[@＠]([\u3400-\u9fff·]{1,12})")


@transaction.atomic
def add_note(
    *, actor: Actor, county: str, number: str, text: str, told: Collection[int] = ()
) -> int:
    """Keep a note beside a case and tell the colleagues named in it; return how many were told.

    Colleagues are named in the words (@王建国) or by their posts in ``told``; only who may see the
    case can be named. Raises ``BadInput`` for a name that nobody or several of them bear.
    """
    said = words(text, 1, LONGEST, "便签还没有写。", "text")
    case = lock_beside(county, number, actor)
    person, body = officer(actor)
    known = colleagues(actor, case)
    people = _named(said, known) + [post for post in known if post.id in set(told)]
    named = {post.person_id: post for post in people}
    Note.objects.create(
        county=county,
        region=case.region,
        case=case,
        at=clock.now(),
        person_id=person,
        label=actor.label,
        body_id=body,
        text=said,
        told=[post.person_name for post in named.values()],
    )
    record(case, actor, "note", told=len(named))
    notices.notify(
        person_ids=named,
        county=county,
        title="有人在便签里提到你",
        text=f"{actor.label}请你看一看 {number} 的内部便签。",
        link=f"/desk/cases/{number}/beside",
        thing="case",
        thing_id=number,
    )
    return len(named)


def _named(text: str, known: Sequence[PostView]) -> list[PostView]:
    """Return who is named after an @; the longest name that fits counts, the words go on behind it."""
    found: list[PostView] = []
    for run in _AT.findall(text):
        names = {p.person_name for p in known if p.person_name and run.startswith(p.person_name)}
        if not names:
            raise BadInput(f"“@{run}”对不上能看这件的同事，请从下面的名单里选。", "text")
        name = max(names, key=len)
        bearers = {p.person_id: p for p in known if p.person_name == name}
        if len(bearers) > 1:
            raise BadInput(f"有 {len(bearers)} 位{name}，请在下面的名单里勾选。", "text")
        found += bearers.values()
    return found
