"""What was solved, for everybody: by place, field and month; nobody is named but officials in duty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from mingbai.cases.models import Attachment, Case, CaseEvent, Confirmation, Field, Rating
from mingbai.cases.queries.lines import shown
from mingbai.cases.states import SOLVED
from mingbai.kernel import clock, masking
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

SIZE = 20
FEED = 30
MONTHS = 12
CELL = 0.01
"""Points are moved to the middle of a cell of so many degrees, about a kilometre."""
AT_THE_VILLAGE = frozenset(
    {Field.WELFARE.value, Field.INSURANCE.value, Field.SAFETY.value, Field.HOUSING.value}
)
"""Fields that tell of a household: their points stand at the village, not at the place."""


@dataclass(frozen=True)
class Solved:
    """One solved case as everybody reads it; all words are masked."""

    number: str
    title: str
    region: str
    village: str
    field_word: str
    place: str
    body: str
    answered_at: datetime
    days: int
    answer: str
    satisfaction: str
    not_satisfied: bool
    says_solved: int
    says_not_yet: int
    before: UUID | None
    after: UUID | None


@dataclass(frozen=True)
class SolvedPage:
    """A page of solved cases of a place, with what they may be narrowed by."""

    rows: Page[Solved]
    count: int
    satisfied: int
    rated: int
    months: Sequence[tuple[str, str]]
    has_map: bool


def solved(region: str, *, field: str = "", month: str = "", after: str = "") -> SolvedPage:
    """Return solved public cases of a village, town or county, the latest answer first.

    ``field`` is a code, ``month`` like ``2026-11``. Raises ``BadInput`` for others.
    """
    near = _near(region)
    rows = _narrowed(near, field, month)
    found = page(rows.select_related("body"), order=("-answered_at", "-id"), after=after, size=SIZE)
    ratings = Rating.objects.filter(county=region[:6], case__in=rows.values("pk"))
    counted = ratings.aggregate(
        rated=Count("case", distinct=True),
        satisfied=Count("case", distinct=True, filter=~Q(score=Rating.Score.UNSATISFIED)),
    )
    return SolvedPage(
        rows=Page(_views(found.rows), found.next),
        count=rows.count(),
        satisfied=counted["satisfied"],
        rated=counted["rated"],
        months=_months(),
        has_map=_with_points(rows),
    )


def latest_solved(region: str) -> Sequence[Solved]:
    """Return the latest solved public cases of a place, for its feed."""
    rows = _near(region).select_related("body").order_by("-answered_at", "-id")
    return _views(list(rows[:FEED]))


def solved_points(region: str, *, field: str = "", month: str = "") -> dict[str, Any]:
    """Return the solved cases as GeoJSON points, coarsened; one point for each cell.

    A case whose place is not known, or whose field tells of a household, stands at its village.
    """
    found = _narrowed(_near(region), field, month).values_list("region", "field", "lat", "lon")
    placed = list(found.order_by("-answered_at", "-id")[:5000])
    places = regions.regions({code for code, *_ in placed})
    cells: Mapping[tuple[float, float], list[str]] = defaultdict(list)
    for code, of, lat, lon in placed:
        village = places[code]
        spot = (lat, lon)
        if None in spot or of in AT_THE_VILLAGE:
            spot = (village.lat, village.lon)
        if spot[0] is not None and spot[1] is not None:
            cells[_coarse(spot[0]), _coarse(spot[1])].append(village.name)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {"name": f"{names[0]} {len(names)} 件", "note": ""},
        }
        for (lat, lon), names in sorted(cells.items())
    ]
    return {"type": "FeatureCollection", "features": features}


def _near(region: str) -> QuerySet[Case]:
    scope = regions.scope_of(region)
    here = Q(region=region) if len(scope) == 12 or "L" in scope else inside(scope)
    rows = Case.objects.filter(here, shown(), state__in=SOLVED, answered_at__isnull=False)
    return rows.filter(county=region[:6]) if len(scope) >= 6 else rows


def _narrowed(rows: QuerySet[Case], field: str, month: str) -> QuerySet[Case]:
    if field:
        if field not in Field.values:
            raise BadInput("没有这个领域，请从表里选。", "field")
        rows = rows.filter(field=field)
    if month:
        first, last = _month(month)
        rows = rows.filter(answered_at__gte=first, answered_at__lt=last)
    return rows


def _month(text: str) -> tuple[datetime, datetime]:
    try:
        year, month = (int(part) for part in text.split("-"))
        first = datetime(year, month, 1, tzinfo=clock.SHANGHAI)
        following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=clock.SHANGHAI)
    except (ValueError, OverflowError):
        raise BadInput("月份写成 2026-11 这样。", "month") from None
    return first, following


def _months() -> Sequence[tuple[str, str]]:
    day = clock.today()
    found = []
    for back in range(MONTHS):
        years, month = divmod(day.year * 12 + day.month - 1 - back, 12)
        one = date(years, month + 1, 1)
        found.append((f"{one:%Y-%m}", f"{one.year}年{one.month}月"))
    return found


def _with_points(rows: QuerySet[Case]) -> bool:
    if rows.filter(lat__isnull=False, lon__isnull=False).exists():
        return True
    codes = set(rows.values_list("region", flat=True).distinct()[:200])
    return any(place.lat is not None for place in regions.regions(codes).values())


def _views(cases: Sequence[Case]) -> Sequence[Solved]:
    """Return what everybody reads of public solved cases (five queries for any number)."""
    if not cases:
        return []
    near = {"county__in": {c.county for c in cases}, "case__in": [c.pk for c in cases]}
    answers = CaseEvent.objects.filter(verb__in=("answer", "conclude"), inner=False, **near)
    texts = {e.case_id: e.text for e in answers.order_by("at", "id")}
    scores = {r.case_id: r for r in Rating.objects.filter(**near).order_by("at", "id")}
    photos = _photos(near)
    seen = _seen(near, {c.pk: c.answered_at for c in cases})
    places = regions.regions({c.region for c in cases})
    return [
        _view(c, places[c.region].name, texts.get(c.pk, ""), scores.get(c.pk), photos, seen[c.pk])
        for c in cases
    ]


def _view(
    case: Case,
    village: str,
    answer: str,
    rating: Rating | None,
    photos: Mapping[tuple[int, str], UUID],
    seen: tuple[int, int],
) -> Solved:
    assert case.answered_at is not None
    current = rating if rating is not None and rating.at >= case.answered_at else None
    evidence = photos.get((case.pk, "evidence"))
    return Solved(
        number=case.number,
        title=masking.text(case.title),
        region=case.region,
        village=village,
        field_word=str(case.get_field_display()),
        place=masking.text(case.place),
        body=case.body.name,
        answered_at=case.answered_at,
        days=(clock.local(case.answered_at).date() - clock.local(case.submitted_at).date()).days,
        answer=masking.text(answer),
        satisfaction=current.get_score_display() if current else "",
        not_satisfied=current is not None and current.score == Rating.Score.UNSATISFIED,
        says_solved=seen[0],
        says_not_yet=seen[1],
        before=photos.get((case.pk, "before"), evidence),
        after=photos.get((case.pk, "after")),
    )


def _photos(near: dict[str, Any]) -> Mapping[tuple[int, str], UUID]:
    """Return the first photo of each case and stage, never one that hangs on an inner step."""
    rows = Attachment.objects.filter(kind="photo", **near).filter(
        Q(event__isnull=True) | Q(event__inner=False)
    )
    found: dict[tuple[int, str], UUID] = {}
    for case, stage, key in rows.order_by("added_at", "id").values_list("case_id", "stage", "key"):
        found.setdefault((case, stage), key)
    return found


def _seen(
    near: dict[str, Any], answered: Mapping[int, datetime | None]
) -> Mapping[int, tuple[int, int]]:
    """Return for each case how many neighbours say solved and not yet after the latest answer."""
    counts = dict.fromkeys(answered, (0, 0))
    for case, solved_, at in Confirmation.objects.filter(**near).values_list(
        "case_id", "solved", "at"
    ):
        since = answered[case]
        if since is not None and at >= since:
            yes, no = counts[case]
            counts[case] = (yes + solved_, no + (not solved_))
    return counts


def _coarse(degrees: float) -> float:
    return round((degrees // CELL) * CELL + CELL / 2, 4)
