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


@pytest.fixture
def everything() -> Callable[[], list[Any]]:
    """Give a function that reads every row of cases, notices and the trail: what a refusal leaves alone."""
    from django.apps import apps

    from mingbai.audit.models import Entry
    from mingbai.notices.models import Notice

    def read() -> list[Any]:
        tables = [*apps.get_app_config("cases").get_models(), Notice, Entry]
        return [list(table.objects.order_by("pk").values()) for table in tables]

    return read


@pytest.fixture
def neighbours(cast: Any) -> Callable[[int], list[Any]]:
    """Give a function that makes verified villagers of the village and returns them as actors."""
    from mingbai.accounts.models import Person
    from mingbai.accounts.queries import actor_for
    from mingbai.kernel import clock

    def make(count: int, home: str = "350525101201") -> list[Any]:
        made = [
            Person.objects.create(name=f"邻居{n}", home=home, created_at=clock.now())
            for n in range(count)
        ]
        return [actor_for(person.pk) for person in made]

    return make


@pytest.fixture
def media_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep uploads of a test in a folder of its own."""
    from django.conf import settings

    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")


@pytest.fixture
def picture(media_folder: None) -> Callable[..., Any]:
    """Give a function that stores a small photo."""
    import io

    from PIL import Image

    from mingbai.kernel import uploads

    def make(colour: str = "navy") -> Any:
        held = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(held, "JPEG")
        return uploads.store_bytes(held.getvalue(), "a.jpg")

    return make
