"""Places inside a village, learned from what clerks confirmed: 石鼓宫后, 粮站拐弯."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import F

from mingbai.capture.commands.cleaning import plain
from mingbai.capture.models import LearnedPlace
from mingbai.regions import queries as regions

SHORTEST, LONGEST = 2, 20
MOST = 2000
# A word of two characters is named by chance; twice is a habit.
_SURE = 3
_ADD = """
INSERT INTO capture_learnedplace AS p (county, region, name, times) VALUES (%s, %s, %s, 1)
ON CONFLICT (county, region, name) DO UPDATE SET times = p.times + 1
"""


def learn_place(*, county: str, region: str, name: str) -> None:
    """Remember a place that a confirmed case of the village named; what is no name is passed over.

    Call it inside the ruling's transaction. The same name counts up. Names of villages and towns
    are known without.
    """
    spot = _spot(name)
    if spot and spot not in {plain(known) for known, _, _ in regions.gazetteer(county)}:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [county, region, spot])


def unlearn_place(*, county: str, region: str, name: str) -> None:
    """Take back what one ruling taught."""
    rows = LearnedPlace.objects.filter(county=county, region=region, name=_spot(name))
    rows.filter(times__lte=1).delete()
    rows.update(times=F("times") - 1)


def learned_places(county: str) -> tuple[tuple[str, str], ...]:
    """Return ``(name, village)`` of the places learned in a county, the most frequent ones first."""
    rows = LearnedPlace.objects.filter(county=county).order_by("-times", "name", "region")
    found: Iterable[tuple[str, str, int]] = rows.values_list("name", "region", "times")[:MOST]
    return tuple((name, region) for name, region, times in found if len(name) >= _SURE or times > 1)


def _spot(name: str) -> str:
    spot = plain("".join(name.split()))
    return spot if SHORTEST <= len(spot) <= LONGEST else ""
