"""Counts of public cases: few rows made of the many that changes leave behind."""

from __future__ import annotations

from django.db import connection, transaction

MOST = 20
_FOLD = """
WITH many AS (SELECT region FROM cases_tally WHERE county = %(county)s
              GROUP BY region HAVING count(*) > %(most)s),
     gone AS (DELETE FROM cases_tally t USING many
              WHERE t.county = %(county)s AND t.region = many.region
              RETURNING t.region, t.open, t.solved)
INSERT INTO cases_tally (county, region, open, solved)
SELECT %(county)s, region, sum(open), sum(solved) FROM gone GROUP BY region
"""


@transaction.atomic
def fold_tallies(county: str, *, most: int = MOST) -> int:
    """Sum up the counts of villages that have more than ``most`` rows; return of how many villages.

    Rows that come meanwhile are left for the next time; of two runs at once each row is summed by one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"county": county, "most": most})
        return int(cursor.rowcount)
