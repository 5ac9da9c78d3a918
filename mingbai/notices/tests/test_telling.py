"""Notices exist exactly when their transaction commits; everybody reads their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mingbai.kernel import scopes
from mingbai.notices import commands, queries, tasks
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


def test_a_notice_that_is_rolled_back_is_never_sent(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    box: list[tuple[str, str]] = []
    monkeypatch.setattr("mingbai.notices.commands.sms_sender", lambda: lambda *m: box.append(m))
    with transaction.atomic():
        tell(cast.people["villager"].pk, sms=True)
        row = Delivery.objects.get().pk
        transaction.set_rollback(True)
    assert commands.deliver(county=COUNTY, delivery_id=row)
    assert box == []


def test_without_a_phone_nothing_is_sent_and_the_delivery_says_so(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    box: list[tuple[str, str]] = []
    monkeypatch.setattr("mingbai.notices.commands.sms_sender", lambda: lambda *m: box.append(m))
    tell(cast.people["officer"].pk, sms=True)
    assert commands.deliver(county=COUNTY, delivery_id=Delivery.objects.get().pk)
    assert (box, Delivery.objects.get().state) == ([], "failed")


def test_the_job_is_tried_as_often_as_the_delivery_and_not_more_than_once_too_often(
    cast: Any,
) -> None:
    strategy = tasks.deliver.retry_strategy
    assert strategy is not None
    assert strategy.max_attempts >= commands.MOST_TRIES  # else a delivery would wait for ever


def test_notices_not_yet_seen_come_first_on_every_page(
    cast: Any, at: Callable[[str], None]
) -> None:
    person = cast.people["villager"].pk
    for minute in range(40):
        at(f"2026-11-18 09:{minute:02d}")
        tell(person)
    newest = list(Notice.objects.order_by("-created_at").values_list("pk", flat=True)[:35])
    Notice.objects.filter(pk__in=newest).update(read_at="2026-11-18T10:00+08:00")
    first = queries.inbox(person)
    second = queries.inbox(person, after=first.next)
    seen = [(n.is_read, n.created_at) for page in (first, second) for n in page.rows]
    assert (len(first.rows), len(second.rows), second.next) == (30, 10, "")
    assert [read for read, _ in seen] == [False] * 5 + [True] * 35
    for part in (seen[:5], seen[5:]):
        assert part == sorted(part, key=lambda row: row[1], reverse=True)


def test_opening_a_notice_marks_it_as_seen_and_leads_to_its_page(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    tell(cast.people["villager"].pk)
    address = f"/inbox/{Notice.objects.get().pk}/read"
    assert client_as("villager").get(address).status_code == 405
    assert client_as("other").post(address)["Location"] == "/inbox"
    assert Notice.objects.get().read_at is None
    assert client_as("villager").post(address)["Location"] == "/c/350525-2611-00001"
    assert Notice.objects.get().is_read


def test_passers_by_are_asked_for_their_phone_and_come_back(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    client = client_as("anyone")
    tell(cast.people["villager"].pk)
    assert client.get("/inbox")["Location"] == "/phone?next=%2Finbox"
    client.post("/inbox/read")
    assert Notice.objects.filter(is_read=True).count() == 0


def test_a_full_inbox_costs_as_many_queries_as_an_empty_one(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    def cost(name: str) -> int:
        client = client_as(name)
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/inbox").status_code == 200
        return len(seen)

    empty = cost("villager")
    for _ in range(35):
        tell(cast.people["villager"].pk)
    assert cost("villager") == empty <= 10


def test_the_count_of_what_is_not_seen_is_one_query(cast: Any) -> None:
    with CaptureQueriesContext(connection) as seen:
        queries.unread_count(cast.people["villager"].pk)
    assert len(seen) == 1
