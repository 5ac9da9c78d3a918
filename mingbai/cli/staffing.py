"""`mingbai staff import`: bodies, people and posts of a county from one csv, all or nothing."""

from __future__ import annotations

import csv
import secrets
from pathlib import Path

from mingbai.cli import django as project

COLUMNS = ("login", "name", "role", "region", "body", "body_kind", "title", "phone", "duties")


def load(path: Path) -> list[tuple[str, str]]:
    """Read the file and return ``(login, first password)`` of everybody who is new.

    Raises ``BadInput`` naming the line; nothing is written then. A body is known by region and name;
    a person who exists already only gets the post.
    """
    project.set_up()
    from mingbai.accounts import commands, queries
    from mingbai.kernel import clock, scopes
    from mingbai.kernel.decisions import BadInput
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
                    duties=row["duties"],
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
            except (BadInput, ValueError) as wrong:
                raise BadInput(f"第 {number} 行有误：{wrong}") from wrong
    return made
