"""The writers of the outbox. A notice exists exactly when the transaction that sent it commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from procrastinate.contrib.django import app

from mingbai.accounts import queries as accounts
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.ports import GroupAddress, group_sender, sms_sender
from mingbai.notices import queries
from mingbai.notices.models import Delivery, GroupMessage, Notice

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


class Letter(NamedTuple):
    """One notice to one person, where many are written at once."""

    person_id: int
    county: str
    title: str
    text: str
    link: str
    thing: str
    thing_id: str


def notify_all(letters: Sequence[Letter]) -> int:
    """Put many notices into inboxes at once; the rules are those of ``notify``. Returns how many."""
    now = clock.now()
    made = Notice.objects.bulk_create(
        [
            Notice(
                county=letter.county,
                person_id=letter.person_id,
                title=letter.title[:60],
                text=letter.text[:300],
                link=letter.link,
                thing=letter.thing,
                thing_id=letter.thing_id,
                created_at=now,
            )
            for letter in letters
        ],
        batch_size=1000,
    )
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


def tell_group(
    *,
    actor: Actor,
    region: str,
    address: GroupAddress,
    group_name: str,
    text: str,
    link: str,
    thing: str,
    thing_id: str,
) -> GroupMessage:
    """Put a message that an officer confirmed on its way into a chat group, once for each thing.

    Without a connected channel it waits to be forwarded by hand.
    """
    sender = group_sender()
    state = GroupMessage.State.WAITING if sender else GroupMessage.State.BY_HAND
    made, new = GroupMessage.objects.get_or_create(
        county=region[:6],
        external_id=address.external_id,
        thing=thing,
        thing_id=thing_id,
        defaults={
            "region": region,
            "platform": address.platform,
            "group_name": group_name,
            "text": text[:600],
            "link": link,
            "by_person": actor.person_id or 0,
            "state": state,
            "at": clock.now(),
        },
    )
    if new and sender:
        job = app.configure_task("notices.deliver_to_group", queue="notices")
        job.defer(county=region[:6], message_id=made.pk)
    return made


def deliver_to_group(*, county: str, message_id: int) -> bool:
    """Send one group message; False when it should be tried again. A second run does nothing."""
    rows = GroupMessage.objects.select_for_update().filter(county=county, pk=message_id)
    row = rows.first()
    sender = group_sender()
    if row is None or row.state != GroupMessage.State.WAITING:
        return True
    row.tries += 1
    try:
        if sender is None:
            row.state = GroupMessage.State.BY_HAND
        else:
            sender(GroupAddress(row.platform, row.external_id), row.text)
            row.state = GroupMessage.State.SENT
            row.done_at = clock.now()
    except ConnectionError:
        if row.tries >= MOST_TRIES:
            row.state = GroupMessage.State.FAILED
    row.save()
    return row.state != GroupMessage.State.WAITING


def forwarded_by_hand(*, actor: Actor, message_id: int) -> None:
    """Note that the officer put the message into the group. Raises ``Missing`` for one that is not theirs."""
    rows = queries.forwardable(actor).select_for_update()
    row = rows.filter(county=actor.county, pk=message_id).first()
    if row is None:
        raise Missing
    if row.state in {GroupMessage.State.BY_HAND, GroupMessage.State.FAILED}:
        row.state = GroupMessage.State.SENT
        row.done_at = clock.now()
        row.save(update_fields=["state", "done_at"])
