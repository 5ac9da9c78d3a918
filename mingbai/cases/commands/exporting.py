"""What leaves the platform as a file: the list as a sheet, one case on paper. Each is on the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from mingbai.audit import commands as audit
from mingbai.cases.commands.steps import record
from mingbai.cases.models import Case
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import find
from mingbai.cases.queries.sheet import Sheet, sheet
from mingbai.cases.queries.staff import BY_NEWEST
from mingbai.cases.queries.worklist import MOST_EXPORTED, Asked, narrowed
from mingbai.cases.spreadsheet import workbook
from mingbai.kernel import masking
from mingbai.kernel.actors import Actor

HEADINGS = (
    "件号",
    "提交时间",
    "村",
    "类别",
    "领域",
    "事项",
    "地点",
    "状态",
    "在哪级",
    "承办单位",
    "承办人",
    "期限",
    "超时",
    "紧急",
    "来源",
    "附议人数",
    "答复时间",
)


@dataclass(frozen=True)
class Exported:
    """The file, how many cases stand in it, and whether there were more than fit."""

    content: bytes
    rows: int
    cut: bool


@transaction.atomic
def export_list(*, actor: Actor, asked: Asked) -> Exported:
    """Return the cases that the work list shows as xlsx, at most 5,000, the newest first.

    No contact, no reporter and no full text stands in it; phones in titles and places are masked.
    Who exported how many by which filters goes on the audit trail. Raises ``Missing``.
    """
    found = list(narrowed(actor, asked).order_by(*BY_NEWEST)[: MOST_EXPORTED + 1])
    cases = found[:MOST_EXPORTED]
    content = workbook("诉求件", HEADINGS, _rows(cases))
    audit.record(
        actor=actor,
        verb="case.export",
        thing="list",
        thing_id=str(actor.post_id),
        region=actor.region,
        county=actor.county,
        detail={
            "rows": len(cases),
            "who": asked.who,
            "state": asked.state,
            "field": asked.field,
            "village": asked.village,
            "source": asked.source,
            "level": asked.level,
            "late": asked.late,
            "urgent": asked.urgent,
            "searched": bool(asked.q),
        },
    )
    return Exported(content, len(cases), len(found) > len(cases))


@transaction.atomic
def print_sheet(*, actor: Actor, county: str, number: str) -> Sheet:
    """Return a case's 办理单; that it was taken out goes on the audit trail. Raises ``Missing``."""
    paper = sheet(actor, county, number)
    record(find(county, number), actor, "print_sheet")
    return paper


def _rows(cases: list[Case]) -> Iterator[list[object]]:
    lines = Liner().lines(cases, clear=False)
    for case, line in zip(cases, lines, strict=True):
        yield _row(case, line)


def _row(case: Case, line: CaseLine) -> list[object]:
    return [
        line.number,
        line.submitted_at,
        line.village,
        case.get_kind_display(),
        line.field_word,
        line.title,
        masking.text(case.place),
        line.state_word,
        line.level_word,
        line.body,
        line.handler,
        case.due_at or "",
        "是" if line.countdown and line.countdown.late else "",
        "是" if line.urgent else "",
        case.get_source_display(),
        line.supports,
        line.answered_at or "",
    ]
