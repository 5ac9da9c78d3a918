"""How well the machine reads: drift by month and county, and the models trained here. No text, no person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from mingbai.capture.models import RulingTally, TrainedModel

RIGHT = frozenset({"file", "correct", "merge", "seal"})
RULED = RIGHT | {"dismiss"}


def drift(county: str) -> Sequence[dict[str, Any]]:
    """Return per month and model of a county, latest first: findings, mean confidence, share confirmed.

    ``confirmed`` and ``corrected`` are shares of what clerks ruled on; None when nothing was.
    """
    sums: dict[tuple[Any, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    rows = RulingTally.objects.filter(county=county, times__gt=0)
    for month, model, band, verb, times in rows.values_list(
        "month", "model", "band", "verb", "times"
    ):
        into = sums[month, model]
        into["count"] += times
        into["confidence"] += times * (band + 0.5) / 10
        into["ruled"] += times if verb in RULED else 0
        into["right"] += times if verb in RIGHT else 0
        into["corrected"] += times if verb == "correct" else 0
    return [
        {
            "month": month,
            "model": model,
            "count": int(part["count"]),
            "confidence": part["confidence"] / part["count"],
            "ruled": int(part["ruled"]),
            "confirmed": part["right"] / part["ruled"] if part["ruled"] else None,
            "corrected": part["corrected"] / part["ruled"] if part["ruled"] else None,
        }
        for (month, model), part in sorted(sums.items(), reverse=True)
    ]


def trained_models() -> Sequence[TrainedModel]:
    """Return the models trained on this server, latest first, without their weights."""
    return list(TrainedModel.objects.defer("weights").order_by("-made_at", "-id"))
