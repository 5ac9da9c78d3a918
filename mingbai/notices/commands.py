"""The writers of the outbox. A notice exists exactly when the transaction that sent it commits."""

from __future__ import annotations

from collections.abc import Iterable

from procrastinate.contrib.django import app

from mingbai.accounts import queries as accounts
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.ports import sms_sender
from mingbai.notices.models import Delivery, Notice

MOST_TRIES = 6


def notify(
    *,
    person_ids: Iterable[int],
    county: str,
    title: str,
    text: str,
    link: str = "",
    thing: str = "",
    thing_id: str = "",
    sms: bool = False,
) -> int:
    """Put a notice into each person's inbox; with ``sms`` also send it to the phones they have.

    Title and text hold a number and a state, never the content of a private case. Returns how many
    people were told.
    """
    wanted = sorted(set(person_ids))
    now = clock.now()
    made = Notice.objects.bulk_create(
        [
            Notice(
                county=county,
                person_id=person,
                title=title[:60],
                text=text[:300],
                link=link,
                thing=thing,
                thing_id=thing_id,
                created_at=now,
            )
            for person in wanted
        ]
    )
    if sms and made:
        rows = Delivery.objects.bulk_create(
            [Delivery(county=county, notice=n, channel="sms") for n in made]
        )
        job = app.configure_task("notices.deliver", queue="notices")
        for row in rows:  # in this transaction: the job exists if and only if the notice does
            job.defer(county=county, delivery_id=row.pk)
    return len(made)


def notify_body(
    *,
    body_id: int,
    county: str,
    title: str,
    text: str,
    link: str = "",
    thing: str = "",
    thing_id: str = "",
) -> int:
    """Tell everybody who holds a post in the body today."""
    people = [post.person_id for post in accounts.staff_of(body_id)]
    return notify(
        person_ids=people,
        county=county,
        title=title,
        text=text,
        link=link,
        thing=thing,
        thing_id=thing_id,
    )


def forget(*, county: str, thing: str, thing_id: str) -> None:
    """Delete what was told about a thing that was taken back."""
    Notice.objects.filter(county=county, thing=thing, thing_id=thing_id).delete()


def mark_read(*, actor: Actor, notice_id: int | None = None) -> str:
    """Mark one notice, or all, of the actor's own as read; return the link of the one."""
    rows = Notice.objects.filter(person_id=actor.person_id or 0)
    link = ""
    if notice_id is not None:
        rows = rows.filter(pk=notice_id)
        link = rows.values_list("link", flat=True).first() or ""
    rows.filter(read_at__isnull=True).update(read_at=clock.now())
    return link


def deliver(*, county: str, delivery_id: int) -> bool:
    """Send one delivery; False when it failed and should be tried again. A second run does nothing."""
    row = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("notice")
        .filter(county=county, pk=delivery_id)
        .first()
    )
    if row is None or row.state != Delivery.State.WAITING:
        return True
    phone = accounts.phone_of(row.notice.person_id)
    row.tries += 1
    try:
        if phone:
            sms_sender()(phone, f"【明白】{row.notice.title}。{row.notice.text}")
        row.state = Delivery.State.SENT if phone else Delivery.State.FAILED
        row.done_at = clock.now()
    except ConnectionError:
        if row.tries >= MOST_TRIES:
            row.state = Delivery.State.FAILED
            row.done_at = clock.now()
    row.save()
    return row.state != Delivery.State.WAITING
