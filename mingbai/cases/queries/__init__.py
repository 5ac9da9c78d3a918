"""The only readers of cases; who looks is a parameter."""

from mingbai.cases.countdown import Countdown, Group
from mingbai.cases.queries.figures import Counts, counts_below, counts_by_region, village_counts
from mingbai.cases.queries.lines import CaseLine, mine, search, village_cases
from mingbai.cases.queries.pages import (
    CasePage,
    DraftView,
    Media,
    Photo,
    StepView,
    draft,
    field_choices,
    media,
    public_case,
)
from mingbai.cases.queries.similar import (
    OpenCase,
    Standing,
    open_of_village,
    similar_open,
    standing,
)
from mingbai.cases.queries.staff import (
    Desk,
    DeskCounts,
    StaffCase,
    case_for_staff,
    desk,
    desk_counts,
    receipt,
    require_desk,
    watches_only,
)

__all__ = [
    "CaseLine",
    "CasePage",
    "Countdown",
    "Counts",
    "Desk",
    "DeskCounts",
    "DraftView",
    "Group",
    "Media",
    "OpenCase",
    "Photo",
    "StaffCase",
    "Standing",
    "StepView",
    "case_for_staff",
    "counts_below",
    "counts_by_region",
    "desk",
    "desk_counts",
    "draft",
    "field_choices",
    "media",
    "mine",
    "open_of_village",
    "public_case",
    "receipt",
    "require_desk",
    "search",
    "similar_open",
    "standing",
    "village_cases",
    "village_counts",
    "watches_only",
]
