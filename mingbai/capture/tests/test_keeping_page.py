"""What is kept and forgotten, as a page: counts and reasons, never what was said."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"


@pytest.fixture
def full(asked: Any, group_of: Any) -> Any:
    """A county with forgotten days, dead letters, waiting messages, one held and one to review."""
    from mingbai.capture.models import DeadLetter, Forgotten
    from mingbai.kernel import clock

    asked.take(asked.say("lamp"), asked.say("clue", 30, who="老林"))
    asked.read()
    asked.take(asked.say("还没读的一句", 60))
    group_of("g2", NEIGHBOUR)
    Forgotten.objects.create(
        county=COUNTY, day=date(2026, 11, 17), expired=1234, recalled=5, declined=7, findings=3
    )
    Forgotten.objects.create(county=COUNTY, day=date(2026, 11, 4), expired=777)
    Forgotten.objects.create(county="350526", day=date(2026, 11, 17), expired=888)
    for n, (region, group) in enumerate(((VILLAGE, asked.group), (NEIGHBOUR, None), ("", None))):
        DeadLetter.objects.create(
            county=COUNTY,
            region=region,
            platform="wecom",
            group_id=group,
            external_id=f"secret-id-{n}",
            reason="时间没有时区" if n else "没有这个群",
            body={"text": "不能给人看的原话"},
            at=clock.now() - timedelta(hours=n),
        )
    DeadLetter.objects.create(
        county="350526", region="", platform="wecom", reason="邻县的原因", at=clock.now()
    )
    return asked


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_a_clerk_sees_counts_reasons_and_groups_but_no_word(full: Any, client_as: Any) -> None:
    page = text(client_as("clerk").get("/capture/keeping"))
    for part in (
        "现在存着的原话 3 最早 11月18日 09:00",
        "还没读的 1 最早 11月18日 09:00",
        "等核对的 1 最早 11月18日 09:00",
        "等密钥暂存的 1",
        "没登记采集说明的群 2",
        "11-17 周二 1,234 5 7 3",
        "时间没有时区 企业微信客户群 2",
        "没有这个群 企业微信客户群 1",
        "11月18日 09:00 没有这个群 企业微信客户群 g1监督群",
        "不知道哪个群",
        "g2监督群",
    ):
        assert part in page, part
    for hidden in ("777", "888", "邻县的原因", "不能给人看", "secret-id", "路灯", "还没读的一句"):
        assert hidden not in page, hidden


def test_the_administrator_sees_counts_and_reasons_alone(full: Any, client_as: Any) -> None:
    page = text(client_as("it").get("/capture/keeping"))
    assert "时间没有时区 企业微信客户群 2" in page
    assert "没登记采集说明的群 2" in page
    for hidden in ("逐条看", "g1监督群", "g2监督群", "secret-id", "不能给人看"):
        assert hidden not in page, hidden


def test_a_towns_clerk_sees_the_towns_letters_and_the_countys_days(
    full: Any, client_as: Any, another_clerk: Any
) -> None:
    another_clerk("town_clerk", "黄小燕", "350525101000", "350525101")
    page = text(client_as("town_clerk").get("/capture/keeping"))
    assert "11-17 周二 1,234 5 7 3" in page
    assert "时间没有时区 企业微信客户群 1" in page


def test_talk_older_than_72_hours_is_an_alarm(full: Any, client_as: Any, at: Any) -> None:
    assert "还没删" not in text(client_as("it").get("/capture/keeping"))
    at("2026-11-21 09:01")
    page = text(client_as("it").get("/capture/keeping"))
    assert "3 条原话过了 72 小时还没删。" in page


def test_an_empty_county_says_so(cast: Any, client_as: Any) -> None:
    page = text(client_as("it").get("/capture/keeping"))
    assert "近 14 天没有要忘的。" in page
    assert "没有收不下的。" in page


def test_letters_are_paged(cast: Any, client_as: Any) -> None:
    from mingbai.capture.models import DeadLetter
    from mingbai.kernel import clock

    now = clock.now()
    DeadLetter.objects.bulk_create(
        DeadLetter(
            county=COUNTY,
            region="",
            platform="wecom",
            reason=f"原因{n:02d}",
            at=now - timedelta(minutes=n),
        )
        for n in range(31)
    )
    clerk = client_as("clerk")
    html = clerk.get("/capture/keeping").content.decode()
    link = re.search(r'rel="next" href="(\?after=[^"]+)"', html)
    assert link is not None
    second = text(clerk.get(f"/capture/keeping{link.group(1)}"))
    assert second.split("逐条看", 1)[1].count("原因") == 2  # the heading of the column, and one


def test_nobody_else_sees_the_page(full: Any, client_as: Any) -> None:
    for name in ("officer", "town", "department", "supervisor", "discipline", "villager", "anyone"):
        assert client_as(name).get("/capture/keeping").status_code == 404, name
