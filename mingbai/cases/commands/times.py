"""The table of times: the shipped rows, and those that a county or town sets for itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from mingbai.audit import commands as audit
from mingbai.cases.deadline_table import standard
from mingbai.cases.models import Case, Deadline, Field
from mingbai.cases.states import Level
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput
from mingbai.regions import queries as regions

COLUMNS = ("region", "kind", "field", "level", "urgent", "accept", "first", "days")
_URGENT = {"1": True, "是": True, "0": False, "否": False, "": False}
_LONGEST = 250
_MOST_BAD = 10


@transaction.atomic
def load_deadlines(*, actor: Actor = SYSTEM) -> int:
    """Write the shipped times into the table; rows that are there are brought back to them.

    Rows of a place are left alone.
    """
    rows = [
        Deadline(**key._asdict(), accept=times.accept, first=times.first, days=times.days)
        for key, times in standard().items()
    ]
    _write(rows)
    audit.record(
        actor=actor,
        verb="case.load_deadlines",
        thing="deadlines",
        thing_id="standard",
        detail={"rows": len(rows)},
    )
    return len(rows)


@transaction.atomic
def load_local_deadlines(*, actor: Actor = SYSTEM, file: Path) -> int:
    """Write times of places from a csv with the columns ``COLUMNS``; return how many rows.

    ``region`` is a 12-digit code; ``kind`` and ``field`` may be empty for any; ``urgent`` is 是 or 否;
    the days are working days. Cases filed before keep theirs. Raises ``BadInput`` that names every
    bad line; then nothing is changed.
    """
    text = file.read_bytes().decode("utf-8-sig", "replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadInput(f"第 1 行应是 {','.join(COLUMNS)}。")
    rows, bad = [], []
    for line in reader:
        try:
            rows.append(_row(line))
        except ValueError as wrong:
            bad.append(f"第 {reader.line_num} 行：{wrong}")
    known = regions.regions({row.region for row in rows})
    bad += [f"没有区划 {row.region}" for row in rows if row.region not in known]
    if bad:
        more = f"；另有 {len(bad) - _MOST_BAD} 处" if len(bad) > _MOST_BAD else ""
        raise BadInput(f"{'；'.join(bad[:_MOST_BAD])}{more}。请改好再载入。")
    _write(rows)
    audit.record(
        actor=actor,
        verb="case.load_local_deadlines",
        thing="deadlines",
        thing_id=file.name[:64],
        detail={"rows": len(rows)},
    )
    return len(rows)


def _row(line: dict[str, str]) -> Deadline:
    """Return one row; raises ``ValueError`` with the Chinese reason."""
    cell = {name: (line.get(name) or "").strip() for name in COLUMNS}
    if cell["kind"] not in {"", *Case.Kind.values}:
        raise ValueError(f"没有“{cell['kind']}”这个类别")
    if cell["field"] not in {"", *Field.values}:
        raise ValueError(f"没有“{cell['field']}”这个领域")
    if cell["level"] not in set(Level):
        raise ValueError(f"没有“{cell['level']}”这一级")
    if cell["urgent"] not in _URGENT:
        raise ValueError("是否紧急应写是或否")
    numbers = [cell[name] for name in ("accept", "first", "days")]
    if not all(number.isdecimal() and len(number) <= 3 for number in numbers):
        raise ValueError("三个天数都应是整数")
    accept, first, days = map(int, numbers)
    if not accept <= first <= days or not 1 <= days <= _LONGEST:
        raise ValueError(f"受理不晚于首次回话，回话不晚于办结，办结 1 到 {_LONGEST} 个工作日")
    return Deadline(
        region=cell["region"],
        kind=cell["kind"],
        field=cell["field"],
        level=cell["level"],
        urgent=_URGENT[cell["urgent"]],
        accept=accept,
        first=first,
        days=days,
    )


def _write(rows: Sequence[Deadline]) -> None:
    Deadline.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["region", "kind", "field", "level", "urgent"],
        update_fields=["accept", "first", "days"],
    )
