"""Reply templates of a body, as they stand and filled in for one case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mingbai.cases import policies, policies_beside
from mingbai.cases.models import ReplyTemplate
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import find
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.regions import queries as regions

FIELDS = ("名字", "电话", "件号", "村")


@dataclass(frozen=True)
class TemplateView:
    """A template in use."""

    id: int
    title: str
    text: str
    label: str


def templates_of(actor: Actor) -> Sequence[TemplateView]:
    """Return the templates in use of the actor's body, by name. Raises ``Missing`` for other posts."""
    if not policies.handles(actor):
        raise Missing("templates")
    rows = ReplyTemplate.objects.filter(
        county=actor.county, body_id=actor.body_id or 0, retired_at__isnull=True
    )
    return [TemplateView(r.pk, r.title, r.text, r.label) for r in rows.order_by("title", "id")]


@dataclass(frozen=True)
class Reply:
    """A case about to be answered with a template whose blanks were filled in."""

    line: CaseLine
    text: str
    chosen: TemplateView
    filled: str
    may_reply: Decision


def reply_with(actor: Actor, county: str, number: str, template_id: int) -> Reply:
    """Return what the page of an answer shows. Raises ``Missing`` for hidden cases, unknown templates.

    A blank that has nothing to fill it (an office without a phone) stays as it is.
    """
    case = find(county, number)
    if not policies_beside.may_work_beside(actor, case):
        raise Missing(number)
    chosen = next((t for t in templates_of(actor) if t.id == template_id), None)
    if chosen is None:
        raise Missing(str(template_id))
    village = regions.region(case.region).name
    known = {
        "名字": actor.label,
        "电话": case.body.phone,
        "件号": case.number,
        "村": village,
    }
    return Reply(
        line=Liner().line(case, village, clear=True),
        text=case.text,
        chosen=chosen,
        filled=_fill(chosen.text, known),
        may_reply=policies_beside.may_reply(actor, case),
    )


def _fill(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        if value:
            text = text.replace(f"{{{name}}}", value)
    return text
