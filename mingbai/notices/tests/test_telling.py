"""Notices exist exactly when their transaction commits; everybody reads their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from mingbai.kernel import scopes
from mingbai.notices import commands, queries
from mingbai.notices.models import Delivery, Notice

COUNTY = "350525"


def tell(*people: int, sms: bool = False) -> int:
    return commands.notify(
        person_ids=people,
        county=COUNTY,
        title="你反映的事有了答复",
        text="件号 350525-2611-00001，请看一看。",
        link="/c/350525-2611-00001",
        sms=sms,
    )


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'notices.deliver'"
        )
        return int(cursor.fetchone()[0])


def test_each_person_is_told_once_and_counts_it_as_unread(cast: Any) -> None:
    person = cast.people["villager"].pk
    assert tell(person, person) == 1
    assert (queries.unread_count(person), queries.unread_count(cast.people["other"].pk)) == (1, 0)


def test_a_rolled_back_transaction_leaves_neither_notice_nor_job(cast: Any) -> None:
    before = jobs()
    with pytest.raises(RuntimeError), scopes.enter(scope=COUNTY):
        tell(cast.people["villager"].pk, sms=True)
        assert jobs() == before + 1
        raise RuntimeError
    assert (Notice.objects.count(), Delivery.objects.count(), jobs()) == (0, 0, before)


def test_everybody_of_a_body_is_told(cast: Any) -> None:
    assert (
        commands.notify_body(
            body_id=cast.bodies["discipline"].pk,
            county=COUNTY,
            title="有新情况",
            text="请登录查看。",
        )
        == 2
    )


def test_one_cannot_mark_anothers_notice(cast: Any) -> None:
    tell(cast.people["villager"].pk)
    notice = Notice.objects.get()
    assert commands.mark_read(actor=cast.actor("other"), notice_id=notice.pk) == ""
    assert queries.unread_count(cast.people["villager"].pk) == 1
    assert (
        commands.mark_read(actor=cast.actor("villager"), notice_id=notice.pk)
        == "/c/350525-2611-00001"
    )
    assert queries.unread_count(cast.people["villager"].pk) == 0


def test_a_short_message_is_sent_once_however_often_the_job_runs(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    box: list[tuple[str, str]] = []
    monkeypatch.setattr("mingbai.notices.commands.sms_sender", lambda: lambda *m: box.append(m))
    tell(cast.people["villager"].pk, sms=True)
    row = Delivery.objects.get()
    assert commands.deliver(county=COUNTY, delivery_id=row.pk)
    assert commands.deliver(county=COUNTY, delivery_id=row.pk)
    row.refresh_from_db()
    assert (len(box), box[0][0], row.state) == (1, "13800001111", "sent")


def test_a_carrier_that_is_away_is_tried_again_and_given_up_in_the_end(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: str) -> None:
        raise ConnectionError

    monkeypatch.setattr("mingbai.notices.commands.sms_sender", lambda: away)
    tell(cast.people["villager"].pk, sms=True)
    row = Delivery.objects.get()
    assert [commands.deliver(county=COUNTY, delivery_id=row.pk) for _ in range(6)] == [
        False
    ] * 5 + [True]
    row.refresh_from_db()
    assert (row.state, row.tries) == ("failed", 6)


def test_the_inbox_shows_ones_own_and_says_so_when_it_is_empty(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    tell(cast.people["villager"].pk)
    own, other = client_as("villager"), client_as("other")
    assert "你反映的事有了答复" in own.get("/inbox").content.decode()
    assert "还没有通知" in other.get("/inbox").content.decode()
    own.post("/inbox/read")
    assert queries.unread_count(cast.people["villager"].pk) == 0


def test_the_demo_carrier_refuses_to_work_outside_of_the_demo(settings_demo_off: None) -> None:
    from mingbai.connectors.sms import console

    with pytest.raises(ConnectionError):
        console.send("13800001111", "x")


@pytest.fixture
def settings_demo_off() -> Any:
    from django.test.utils import override_settings

    with override_settings(DEMO=False):
        yield
