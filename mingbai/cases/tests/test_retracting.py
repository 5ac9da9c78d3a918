"""A filing that a clerk takes back leaves a number and no word."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection

from mingbai.cases import commands
from mingbai.kernel.actors import SYSTEM

COUNTY = "350525"
CANARY = "金丝雀八哥山"


def test_no_word_of_a_retracted_filing_stays_in_cases_or_notices(cast: Any) -> None:
    number = commands.submit_case(
        actor=SYSTEM,
        token=uuid.uuid4(),
        region="350525101201",
        text=f"{CANARY}那边的路灯坏了好几天没有人修",
        title=f"{CANARY}路灯坏了",
        place=CANARY,
        field="facility",
        source="chat",
        source_id="k1",
        source_text=f"{CANARY}原话",
    )
    commands.append_evidence(county=COUNTY, number=number, text=f"{CANARY}也是", source_id="k2")
    assert _holding(CANARY) != []
    commands.retract_filing(county=COUNTY, number=number)
    assert _holding(CANARY) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM cases_case WHERE number = %s", [number])
        assert cursor.fetchone() == ("withdrawn",)


def _holding(words: str) -> list[str]:
    """Return the tables in which the words stand, search vectors included."""
    tables = ("cases_case", "cases_caseevent", "cases_contact", "notices_notice", "audit_entry")
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{words[:3]}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found
