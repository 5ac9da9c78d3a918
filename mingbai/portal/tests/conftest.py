"""Public cases of one village in every state that the portal counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from mingbai.cases.models import Case


@pytest.fixture
def put(cast: Any) -> Callable[..., Case]:
    """Give a function that writes one case as it would stand after its life so far."""
    from mingbai.cases.models import Case
    from mingbai.kernel import clock

    def write(state: str = "handling", region: str = "350525101201", **more: Any) -> Case:
        made = Case.objects.count() + 1
        body = cast.bodies["village"]
        given = {
            "county": region[:6],
            "number": f"{region[:6]}-2611-{made:05d}",
            "token": uuid4(),
            "region": region,
            "source": "web",
            "field": "power",
            "title": f"第 {made} 盏路灯不亮",
            "text": "路灯不亮",
            "state": state,
            "level": "village",
            "body": body,
            "first_body": body,
            "submitted_at": clock.now() + timedelta(minutes=made),
            "clock_from": clock.now(),
            "due_at": clock.now() + timedelta(days=3),
            "due_days": 3,
            "answered_at": clock.now() if state in {"answered", "closed"} else None,
        }
        return Case.objects.create(**given | more)

    return write
