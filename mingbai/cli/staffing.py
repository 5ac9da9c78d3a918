"""`mingbai staff`: bodies, people and posts from one csv; a county's duty list from a workbook."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mingbai.cli import django as project

if TYPE_CHECKING:
    from mingbai.accounts.queries import Preview

SHOWN = 50
COLUMNS = ("login", "name", "role", "region", "body", "body_kind", "title", "phone")


def load(path: Path) -> list[tuple[str, str]]:
    """Read the file and return ``(login, first password)`` of everybody who is new.

    Raises ``BadInput`` naming the line; nothing is written then. A body is known by region and name;
    a person who exists already only gets the post.
    """
    project.set_up()
    from mingbai.accounts import commands, queries
    from mingbai.kernel import clock, scopes
    from mingbai.kernel.decisions import BadInput, Refused
    from mingbai.regions import queries as regions

    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
        if missing:
            raise BadInput(f"第 1 行表头缺少：{'、'.join(missing)}。应有 {'、'.join(COLUMNS)}。")
        rows = list(reader)
    made: list[tuple[str, str]] = []
    with scopes.enter(scope="") as entered:
        for number, row in enumerate(rows, start=2):
            try:
                if row["region"] not in regions.regions([row["region"]]):
                    raise BadInput(f"没有代码为 {row['region']} 的区划。")
                parent = queries.parent_body(row["region"], row["body_kind"])
                body = commands.create_body(
                    kind=row["body_kind"],
                    region=row["region"],
                    name=row["body"],
                    phone=row["phone"],
                    parent=parent,
                )
                person = queries.person_by_login(row["login"])
                if person is None:
                    password = secrets.token_urlsafe(12)
                    person = commands.create_staff(
                        login=row["login"], name=row["name"], password=password
                    ).pk
                    made.append((row["login"], password))
                commands.appoint(
                    actor=None,
                    person_id=person,
                    role=row["role"],
                    region=row["region"],
                    body_id=body,
                    title=row["title"],
                    since=clock.local(entered.at).date(),
                )
            except (BadInput, Refused, ValueError) as wrong:
                raise BadInput(f"第 {number} 行有误：{wrong}") from wrong
    return made


def duties(
    path: Path, *, county: str, apply: bool, accept_gaps: bool, say: Callable[[str], None]
) -> None:
    """Check a county's duty list and, with ``apply``, put it into force as one version.

    Raises ``BadInput`` for a file that is no duty list or an unknown county, ``Refused`` when it
    may not be put into force; nothing has changed then.
    """
    project.set_up()
    from mingbai.accounts import commands, queries
    from mingbai.kernel import scopes

    content = path.read_bytes()
    with scopes.enter(scope=county or "", public=False):
        wanted = county or _only_county()
    with scopes.enter(scope=wanted):
        _tell(queries.preview(wanted, content), say)
        if apply:
            number = commands.apply_sheet(
                actor=None,
                county=wanted,
                name=path.name,
                content=content,
                gaps_accepted=accept_gaps,
            )
            say(f"已启用，现行的是第 {number} 版。")


def _only_county() -> str:
    """Return the one county in which bodies are registered. Raises ``BadInput``."""
    from mingbai.accounts import queries
    from mingbai.kernel.decisions import BadInput
    from mingbai.regions import queries as regions

    found = [c for c in regions.counties() if queries.has_staff(c)]
    if len(found) != 1:
        raise BadInput("请用 --county 写明是哪个县，如 --county 350525。")
    return found[0]


def _tell(found: Preview, say: Callable[[str], None]) -> None:
    say(
        f"读到 {found.rows} 行：新增 {found.added}，改动 {found.changed}，"
        f"不变 {found.same}，到昨天止 {found.ended}。"
    )
    for fault in found.faults[:SHOWN]:
        say(f"第 {fault.row} 行“{fault.column}”写的是“{fault.value}”：{fault.why}")
    for pair in found.overlaps[:SHOWN]:
        say(
            f"两个主办：{pair.what}（{pair.level}，{pair.place}），{pair.one}和{pair.other}，从 {pair.day} 起。"
        )
    for gap in found.gaps[:SHOWN]:
        where = "全县所有乡镇" if gap.all_towns else "、".join(gap.towns)
        how = "只有一部分有" if gap.partly else "没有"
        say(f"空缺：{gap.field}，{where}{how}县里的主办单位，从 {gap.day} 起。")
    left = sum(max(0, len(x) - SHOWN) for x in (found.faults, found.overlaps, found.gaps))
    if left:
        say(f"另有 {left} 处没有列出。")
    if not (found.faults or found.overlaps or found.gaps):
        say("没有错格、空缺和重复。")
