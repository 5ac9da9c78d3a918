"""Wrong slip codes are counted, so that nobody finds a right one by trying."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from mingbai.cases.models import WrongCode
from mingbai.cases.queries.slips import EVERYBODY, HOUR, asker
from mingbai.kernel import clock

_KEPT = timedelta(days=1)
_COUNT = """
INSERT INTO cases_wrongcode (who, count, since) VALUES (%(who)s, 1, %(now)s)
ON CONFLICT (who) DO UPDATE SET
    count = CASE WHEN cases_wrongcode.since < %(start)s THEN 1 ELSE cases_wrongcode.count + 1 END,
    since = CASE WHEN cases_wrongcode.since < %(start)s THEN %(now)s ELSE cases_wrongcode.since END
"""


@transaction.atomic
def count_wrong_code(*, address: str) -> None:
    """Count a wrong code for its sender and for everybody; forget what is a day old.

    It changes nothing of any case, so it leaves no audit entry.
    """
    now = clock.now()
    WrongCode.objects.filter(since__lt=now - _KEPT).delete()
    with connection.cursor() as cursor:
        for who in (asker(address), EVERYBODY):
            cursor.execute(_COUNT, {"who": who, "now": now, "start": now - HOUR})
