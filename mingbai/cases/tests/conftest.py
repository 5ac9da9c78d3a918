"""One filed case and its stages, for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from mingbai.cases.models import Case

SAID = "石桥组老槐树路口的路灯，从上周三起就不亮了，晚上娃放学走那段路看不见。"
DONE = "换了控制器一个，加装路灯一盏，王建国验收。"


@pytest.fixture
def file(cast: Any) -> Callable[..., Case]:
    """Give a function that files a case and takes it to ``until``: submitted, accepted, handling, answered."""
    from mingbai.cases import commands
    from mingbai.cases.models import Case

    def make(until: str = "submitted", who: str = "villager", **more: Any) -> Case:
        given = {"token": uuid4(), "region": "350525101201", "text": SAID, "field": "power"}
        number = commands.submit_case(actor=cast.actor(who), **{**given, **more})
        for verb, extra in (
            ("accept", {}),
            ("start", {}),
            ("answer", {"text": DONE}),
        ):
            case = Case.objects.get(number=number)
            if case.state == until:
                break
            getattr(commands, verb)(
                actor=cast.actor("officer"),
                county="350525",
                number=number,
                version=case.version,
                **extra,
            )
        return Case.objects.get(number=number)

    return make
