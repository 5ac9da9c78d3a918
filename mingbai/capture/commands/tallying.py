"""Tallies: how often what the machine found was confirmed, how much was forgotten; no text, no person."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime

from django.db import connection

from mingbai.kernel import clock, scopes

BANDS = 10
_ADD = """
INSERT INTO capture_rulingtally AS t (county, month, model, kind, band, verb, times)
VALUES (%(county)s, %(month)s, %(model)s, %(kind)s, %(band)s, %(verb)s, greatest(%(by)s, 0))
ON CONFLICT (county, month, model, kind, band, verb)
DO UPDATE SET times = greatest(t.times + %(by)s, 0)
"""
_FORGOTTEN = """
INSERT INTO capture_forgotten AS f (county, day, expired, recalled, declined, findings)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (county, day) DO UPDATE SET
  expired = f.expired + excluded.expired, recalled = f.recalled + excluded.recalled,
  declined = f.declined + excluded.declined, findings = f.findings + excluded.findings
"""


def count(
    *,
    county: str,
    found_at: datetime,
    model: str,
    kind: str,
    confidence: float,
    verb: str,
    by: int = 1,
) -> None:
    """Add ``by`` (−1 when a ruling is taken back) to the tally of the month in which it was found.

    ``kind`` and ``confidence`` (0 to 1) are the machine's, whatever the clerk made of them; ``verb``
    is file, correct, merge, dismiss, seal or automatic. Two counts at the same moment both count.
    """
    line: dict[str, str | int | date] = {
        "county": county,
        "month": clock.local(found_at).date().replace(day=1),
        "model": model,
        "kind": kind,
        "band": min(int(max(confidence, 0.0) * BANDS), BANDS - 1),
        "verb": verb,
        "by": by,
    }
    now = scopes.current()
    # The tallies are the county's; a clerk of one town sees less than that.
    wide = now is not None and now.scope and county.startswith(now.scope)
    with nullcontext() if wide else scopes.widen(county), connection.cursor() as cursor:
        cursor.execute(_ADD, line)


def count_forgotten(
    *, county: str, expired: int = 0, recalled: int = 0, declined: int = 0, findings: int = 0
) -> None:
    """Add to what was forgotten today, for the county's own account of it; no text, no person."""
    now = scopes.current()
    wide = now is not None and now.scope and county.startswith(now.scope)
    with nullcontext() if wide else scopes.widen(county), connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, [county, clock.today(), expired, recalled, declined, findings])
