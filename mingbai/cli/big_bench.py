"""The figures that are promised for a million cases, where the data is large enough to show them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.test import Client

from mingbai.accounts import queries as accounts
from mingbai.cases import commands as cases
from mingbai.cases.models import Case
from mingbai.cases.states import State
from mingbai.cli import benching
from mingbai.cli.demo import crowd, life
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor

LEAST = 100_000
TICKED = 5000
NAMES = ("办件清单首页", "搜两个字", "提交一件（大）", "受理一件", "计时十万件")
HOW = (
    f"诉求不到 {LEAST // 10000} 万件，大数据量的数字没有量。要量请先执行 mingbai demo --cases 1000000"
    "（两个空闲的核六七分钟，占 6.5 GB；件数可以少写，不少于十万）。"
)


def figures() -> Iterator[benching.Figure]:
    """Measure on the largest county of the crowd; yields nothing when there are too few cases."""
    if crowd.size() < LEAST:
        return
    with scopes.enter(scope=life.COUNTY[:4]):
        county = _largest()
    with scopes.enter(scope=county):
        intake = accounts.county_intake(county)
        assert intake is not None
        clerk = _actor(intake.id)
        waiting = (
            Case.objects.filter(county=county, state=State.SUBMITTED).order_by("-id")[:1].get()
        )
        officer = _actor(waiting.body_id)
    assert clerk.person_id is not None
    desk: Client = benching.logged_in(clerk.person_id)
    yield benching.page(NAMES[0], desk, "/desk/cases?who=all")
    yield benching.page(NAMES[1], desk, "/desk/cases?who=all&state=all&q=路灯")

    def submit() -> None:
        with benching.undone(county):
            cases.submit_case(
                actor=officer,
                token=uuid.uuid4(),
                region=waiting.region,
                field="facility",
                text="村口老榕树下的路灯又不亮了，晚上孩子放学走那段看不见路，麻烦派人来看看。",
                source="desk",
                phone="13800000009",
            )

    def accept() -> None:
        with benching.undone(county):
            cases.accept(
                actor=officer, county=county, number=waiting.number, version=waiting.version
            )

    yield benching.operation(NAMES[2], submit)
    yield benching.operation(NAMES[3], accept)
    yield _clock(county)


def _largest() -> str:
    """Return the county with the most open cases."""
    from django.db.models import Sum

    from mingbai.cases.models import Tally

    rows = Tally.objects.values_list("county").annotate(n=Sum("open")).order_by("-n")
    return str(rows[0][0])


def _actor(body_id: int) -> Actor:
    post = accounts.staff_of(body_id)[0]
    return accounts.actor_for(post.person_id, post.id)


def _clock(county: str) -> benching.Figure:
    """Let the clock of the day after tomorrow look at thousands of open cases; say it for 100,000."""
    server = benching.backend()
    with benching.undone(county, at=_soon(county)):
        done = 0
        own, theirs = time.process_time(), benching.ticks(server)
        while done < TICKED and (now := cases.escalate_overdue(county)):
            done += now
        app = time.process_time() - own
        postgres = (benching.ticks(server) - theirs) / benching.TICK
    share = 100_000 / max(done, 1)
    return benching.Figure(NAMES[4], "秒", app * share, postgres * share)


def _soon(county: str) -> datetime:
    with scopes.enter(scope=county):
        return clock.now() + timedelta(days=2)
