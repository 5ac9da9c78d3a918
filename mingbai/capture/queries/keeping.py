"""What is kept and what was forgotten: counts, ages and reasons, never what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet

from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, DeadLetter, Finding, Forgotten, Message
from mingbai.capture.queries.reach import territory
from mingbai.capture.queries.words import PLATFORM_WORDS
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page

DAYS = 14
LETTERS = 30
KEPT = timedelta(hours=72)
NAMED = 100
COUNTY_DIGITS = 6


@dataclass(frozen=True)
class Waits:
    """How many of something there are, and since when the oldest waits."""

    count: int
    since: datetime | None


@dataclass(frozen=True)
class Reason:
    """Dead letters of one platform and reason, and when the last one came.

    ``code`` is the platform's own word; ``kept`` how many are still there as they came.
    """

    platform: str
    reason: str
    count: int
    latest: datetime
    code: str
    kept: int


@dataclass(frozen=True)
class Keeping:
    """What the territory's capture holds, what it forgot, and what went wrong.

    ``letters`` and ``unannounced`` (names of groups) are for those who read talk; the
    administrator gets the counts alone.
    """

    since: date
    days: Sequence[Forgotten]
    unread: Waits
    held: int
    review: Waits
    kept: Waits
    overdue: int
    reasons: Sequence[Reason]
    letters: Page[DeadLetter] | None
    groups: dict[int, str]
    without_notice: int
    unannounced: Sequence[ChatGroup]


def lag(county: str) -> datetime | None:
    """Return when the oldest message that waits to be read came in."""
    rows = Message.objects.filter(county=county, digested_at__isnull=True, held=False)
    return rows.order_by("received_at").values_list("received_at", flat=True).first()


def dead_letters(actor: Actor) -> QuerySet[DeadLetter]:
    """Return what could not be taken in the actor's territory; open the county's scope for it."""
    county = Q(county=actor.county) if actor.county else inside(actor.scope, "county")
    here = inside(actor.scope)
    if len(actor.scope) <= COUNTY_DIGITS:  # what names no group belongs to the county
        here |= Q(region="")
    return DeadLetter.objects.filter(county, here)


def kept_and_forgotten(actor: Actor, after: str = "") -> Keeping:
    """Return what is kept and was forgotten in the actor's territory.

    What was forgotten is counted for the whole county. Raises ``Missing`` for those who may not
    see it.
    """
    if not policies.may_see_keeping(actor):
        raise Missing
    reads = bool(policies.may_read_talk(actor))
    since = clock.today() - timedelta(days=DAYS - 1)
    limit = clock.now() - KEPT
    sums = Message.objects.filter(territory(actor)).aggregate(
        unread=Count("pk", filter=Q(digested_at__isnull=True, held=False)),
        unread_since=Min("received_at", filter=Q(digested_at__isnull=True, held=False)),
        held=Count("pk", filter=Q(held=True)),
        kept=Count("pk"),
        kept_since=Min("received_at"),
        overdue=Count("pk", filter=Q(received_at__lt=limit)),
    )
    review = Finding.objects.filter(territory(actor), status=Finding.Status.REVIEW).aggregate(
        count=Count("pk"), since=Min("found_at")
    )
    silent = ChatGroup.objects.filter(territory(actor), is_active=True, consent_on__isnull=True)
    # Days and letters are kept by county; a town's clerk sees the days, and the letters of the town.
    with scopes.widen(actor.county or actor.scope):
        county = Q(county=actor.county) if actor.county else inside(actor.scope, "county")
        days = list(Forgotten.objects.filter(county, day__gte=since).order_by("-day"))
        mine = dead_letters(actor)
        reasons = [
            Reason(PLATFORM_WORDS.get(code, code), reason, count, latest, code, kept)
            for code, reason, count, latest, kept in mine.values_list("platform", "reason")
            .annotate(count=Count("pk"), latest=Max("at"), kept=Count("body"))
            .order_by("-count", "reason")
        ]
        letters = page(mine.defer("body"), order=("-at", "-id"), after=after, size=LETTERS)
    named = {letter.group_id for letter in letters.rows if letter.group_id} if reads else set()
    groups = ChatGroup.objects.filter(territory(actor), pk__in=named)
    return Keeping(
        since=since,
        days=days,
        unread=Waits(sums["unread"], sums["unread_since"]),
        held=sums["held"],
        review=Waits(review["count"], review["since"]),
        kept=Waits(sums["kept"], sums["kept_since"]),
        overdue=sums["overdue"],
        reasons=reasons,
        letters=letters if reads else None,
        groups=dict(groups.values_list("pk", "name")),
        without_notice=silent.count(),
        unannounced=list(silent.order_by("region", "id")[:NAMED]) if reads else (),
    )
