"""How figures, days and drawings are written on a page."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.test import RequestFactory, override_settings
from jinja2 import UndefinedError

from mingbai.kernel import icons
from mingbai.kernel.jinja import environment

EVENING = datetime(2026, 11, 20, 17, 5, tzinfo=UTC)  # 01:05 of the 21st in Shanghai


def write(template: str, **context: Any) -> str:
    return environment().from_string(template).render(context)


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{{ v | money }}", Decimal(18236), "18,236.00"),
        ("{{ v | money }}", Decimal("-3720.5"), "−3,720.50"),
        ("{{ v | money }}", 0, "0.00"),
        ("{{ v | number }}", 1286, "1,286"),
        ("{{ v | date_cn }}", EVENING, "2026年11月21日"),
        ("{{ v | date_cn }}", date(2026, 11, 21), "2026年11月21日"),
        ("{{ v | date_short }}", EVENING, "11-21 周六"),
        ("{{ v | day_cn }}", date(2026, 11, 23), "11月23日 周一"),
        ("{{ v | weekday_cn }}", date(2026, 11, 22), "周日"),
        ("{{ v | datetime_cn }}", EVENING, "11月21日 01:05"),
        ("{{ v | time_cn }}", EVENING, "01:05"),
        ("{{ v | iso }}", EVENING, "2026-11-21T01:05:00+08:00"),
        ("{{ v | iso }}", date(2026, 11, 21), "2026-11-21"),
        ("{{ v | mask_phone }}", "13812341234", "138****1234"),
        ("{{ v | mask_name }}", "王建国", "王*国"),
    ],
)
def test_values_are_written_the_chinese_way(template: str, value: Any, shown: str) -> None:
    assert write(template, v=value) == shown


def test_a_float_is_never_money() -> None:
    with pytest.raises(TypeError):
        write("{{ v | money }}", v=0.1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        write("{{ v | datetime_cn }}", v=datetime(2026, 11, 20, 17, 5))  # noqa: DTZ001


def test_a_forgotten_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        write("{{ case.title }}")


def test_what_people_wrote_is_escaped() -> None:
    assert write("{{ v }}", v="<b>路灯</b>") == "&lt;b&gt;路灯&lt;/b&gt;"


def test_the_query_string_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/", {"field": "路灯", "after": "k1"})
    shown = write("{{ query(r, after=n) }}", r=request, n="k2")
    assert QueryDict(shown.replace("&amp;", "&")[1:]).dict() == {"field": "路灯", "after": "k2"}
    assert QueryDict(write("{{ query(r, after=None) }}", r=request)[1:]).dict() == {"field": "路灯"}


def test_an_icon_is_an_inline_drawing_hidden_from_screen_readers(tmp_path: Path) -> None:
    (tmp_path / "icons.json").write_text(json.dumps({"x": '<path d="M1 1"/>'}), encoding="utf-8")
    with override_settings(BUILD=tmp_path):
        shown = write('{{ icon("x") }}')
    assert shown == '<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M1 1"/></svg>'


def test_an_unknown_icon_stops_the_page(tmp_path: Path) -> None:
    (tmp_path / "icons.json").write_text("{}", encoding="utf-8")
    with (
        override_settings(BUILD=tmp_path),
        pytest.raises(icons.UnknownIcon, match="nothing-like-it"),
    ):
        write('{{ icon("nothing-like-it") }}')


def test_missing_drawings_say_how_to_make_them(tmp_path: Path) -> None:
    with (
        override_settings(BUILD=tmp_path / "nowhere"),
        pytest.raises(icons.UnknownIcon, match=r"python -m tools\.frontend"),
    ):
        write('{{ icon("x") }}')


def test_icon_names_are_sorted_and_unique() -> None:
    assert list(icons.NAMES) == sorted(set(icons.NAMES))
