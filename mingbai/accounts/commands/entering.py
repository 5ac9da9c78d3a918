"""Logging in, by password or by a code sent to a phone; sessions and passwords."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session
from django.db import connection

from mingbai.accounts import policies
from mingbai.accounts.models import LoginFailure, OpenSession, Person, PhoneCode
from mingbai.accounts.queries import role
from mingbai.audit.commands import record
from mingbai.kernel import clock, masking, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.kernel.ports import sms_sender
from mingbai.regions import queries as regions

MOBILE = re.compile(r"1[3-9]\d{9}")
CODE_LIVES = timedelta(minutes=10)
CODE_PAUSE = timedelta(minutes=1)
CODES_AN_HOUR = 5
TRIES = 5
LOCKED = timedelta(minutes=15)
WRONGS = 5
SHORTEST = 10
_CODES = 350  # the class of our advisory locks for phone codes
_NOBODY = "argon2$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5$C0o1fVw3sQx0yq0x2q6C1v0l8V0oE4o5r5m1YqE0a8k"


def log_in(*, login: str, password: str) -> Person:
    """Return the member of staff whose name and password these are.

    Raises ``BadInput`` for a wrong pair, with the same words and the same work for an unknown name,
    and ``Refused`` with the time when five wrong ones in a row have locked the name.
    """
    name = login.strip()[:64]
    failure = _failures(name)
    if failure.locked_until and failure.locked_until > clock.now():
        raise Refused(
            f"连续输错 {WRONGS} 次，请在 {clock.local(failure.locked_until):%H:%M} 以后再试。"
        )
    person = Person.objects.filter(login=name, is_active=True).first()
    if check_password(password, person.password if person else _NOBODY) and person:
        _start_count_again(failure)
        record(actor=_as(person), verb="log_in", thing="person", thing_id=str(person.pk))
        return person
    _count_failure(failure)
    record(
        actor=None,
        verb="log_in_failed",
        thing="person",
        thing_id=str(person.pk) if person else "unknown",
    )
    raise BadInput("登录名或密码不对，请再试一次。", "password")


def _failures(name: str) -> LoginFailure:
    """Return the count of a login name, locked until the transaction ends, so that guesses queue up.

    Known by a keyed hash: people type passwords where the name belongs, and unknown names stay unknown.
    """
    key = _keyed(f"login:{name}")
    LoginFailure.objects.bulk_create(
        [LoginFailure(login=key, last_at=clock.now())], ignore_conflicts=True
    )
    return LoginFailure.objects.select_for_update().get(login=key)


def _start_count_again(failure: LoginFailure) -> None:
    # The row stays: deleting it would let guesses that wait for its lock go on without one.
    if failure.count:
        failure.count, failure.locked_until = 0, None
        failure.save(update_fields=["count", "locked_until"])


def _count_failure(failure: LoginFailure) -> None:
    now = clock.now()
    failure.count = 1 if failure.locked_until else failure.count + 1  # a lock that is over
    failure.last_at = now
    failure.locked_until = now + LOCKED if failure.count >= WRONGS else None
    failure.save()


def send_phone_code(*, phone: str) -> str:
    """Send a six-digit code to a phone and return it (shown by the demo only, never logged).

    Raises ``BadInput`` for a number that is no mobile number, ``Refused`` when the last code is less
    than a minute old or five were sent within the hour.
    """
    number = clean_phone(phone)
    index = sealing.index(number)
    now = clock.now()
    _one_at_a_time(index)
    recent = list(
        PhoneCode.objects.filter(phone_index=index, sent_at__gt=now - timedelta(hours=1)).order_by(
            "-sent_at"
        )
    )
    if recent and recent[0].sent_at > now - CODE_PAUSE:
        raise Refused("验证码刚发过，请等一分钟再要。")
    if len(recent) >= CODES_AN_HOUR:
        raise Refused("一小时内要得太多了，请晚一点再试，或到村部请村干部代办。")
    code = f"{secrets.randbelow(10**6):06d}"
    PhoneCode.objects.create(phone_index=index, code_hash=_hash(index, code), sent_at=now)
    try:
        sms_sender()(number, f"验证码 {code}，10 分钟内有效。请不要告诉别人。")
    except ConnectionError as wrong:
        raise Refused("短信没有发出去，请稍后再试，或到村部请村干部代办。") from wrong
    record(actor=None, verb="send_code", thing="phone", thing_id=index[:16])
    return code


def _one_at_a_time(index: str) -> None:
    """Hold other requests for the same phone back: before the first code there is no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CODES, int(index[:8], 16) - 2**31])


def check_phone_code(*, phone: str, code: str) -> Person:
    """Return the person of this phone, made at first use, when the code is the one sent last.

    Raises ``BadInput`` with what to do when it is wrong, used, older than ten minutes, or was tried
    five times. The count of tries is kept although the command refuses. A phone that belongs to a
    member of staff opens nothing: their post asks for the password.
    """
    index = sealing.index(clean_phone(phone))
    last = (
        PhoneCode.objects.select_for_update()
        .filter(phone_index=index)
        .order_by("-sent_at", "-id")
        .first()
    )
    now = clock.now()
    if last is None or last.used_at or last.sent_at < now - CODE_LIVES or last.tries >= TRIES:
        raise BadInput("验证码过期了，请重新获取。", "code")
    if not hmac.compare_digest(last.code_hash, _hash(index, code.strip())):
        last.tries += 1
        last.save(update_fields=["tries"])
        record(actor=None, verb="log_in_failed", thing="phone", thing_id=index[:16])
        raise BadInput("验证码不对，请看短信再填一次。", "code")
    last.used_at = now
    last.save(update_fields=["used_at"])
    person, made = _villager(clean_phone(phone))
    if not person.is_active:
        raise BadInput("这个号码暂时不能用，请联系村干部。", "phone")
    if person.login is not None:
        raise BadInput("这个号码登记的是工作人员，请用登录名和密码登录。", "phone")
    record(
        actor=_as(person),
        verb="join" if made else "log_in",
        thing="person",
        thing_id=str(person.pk),
    )
    return person


def villager(*, phone: str) -> Person:
    """Return the villager with this phone, made when new (walk-in desk: the officer sees the person)."""
    return _villager(clean_phone(phone))[0]


def confirm_villager(*, actor: Actor, phone: str, region: str) -> str:
    """Confirm that the owner of a phone lives in a village; return the phone masked.

    Whoever works on cases in village or town knows the person and answers for it. A new village
    takes the place of the old one. Raises ``BadInput`` for a number that is none, ``Refused``.
    """
    require(policies.may_confirm_villager(actor, region))
    if regions.region(region).level not in {regions.Level.VILLAGE, regions.Level.LOCAL}:
        raise BadInput("请从表里选一个村。", "region")
    number = clean_phone(phone)
    person, _ = _villager(number)
    if person.login is not None:
        raise BadInput("这个号码登记的是工作人员。", "phone")
    before, person.home = person.home, region
    person.save(update_fields=["home"])
    record(
        actor=actor,
        verb="confirm_villager",
        thing="person",
        thing_id=str(person.pk),
        region=region,
        county=region[:6],
        before={"home": before},
        after={"home": region},
    )
    return masking.phone(number)


def _villager(number: str) -> tuple[Person, bool]:
    index = sealing.index(number)
    return Person.objects.get_or_create(
        phone_index=index,
        defaults={
            "phone_sealed": sealing.seal(number, f"person:{index}"),
            "created_at": clock.now(),
            "password": "!",
        },
    )


def check_strength(password: str, login: str) -> None:
    """Raise ``BadInput`` unless the password has ten characters, is not all digits and not the name."""
    if len(password) < SHORTEST:
        raise BadInput(f"密码至少 {SHORTEST} 个字符。", "password")
    if password.isdigit():
        raise BadInput("密码不能全是数字。", "password")
    if login and login.lower() in password.lower():
        raise BadInput("密码里不要带登录名。", "password")


def change_password(*, actor: Actor, old: str, new: str) -> None:
    """Give the acting member of staff a new password. Raises ``BadInput``."""
    if actor.person_id is None:
        raise Missing
    person = Person.objects.select_for_update().get(pk=actor.person_id)
    if not check_password(old, person.password):
        raise BadInput("原密码不对。", "old")
    check_strength(new, person.login or "")
    person.password = make_password(new)
    person.save(update_fields=["password"])
    record(actor=actor, verb="change_password", thing="person", thing_id=str(person.pk))


def begin_session(*, actor: Actor, key: str, device: str) -> None:
    """Note where a member of staff is logged in, for their own list; ``key`` is the session's."""
    if actor.person_id is None:
        raise Missing
    own = OpenSession.objects.filter(person_id=actor.person_id)
    own.exclude(key__in=Session.objects.values("session_key")).delete()
    OpenSession.objects.update_or_create(
        key=key,
        defaults={"person_id": actor.person_id, "device": device[:40], "begun_at": clock.now()},
    )


def end_other_sessions(*, actor: Actor, key: str) -> int:
    """Log the actor out everywhere but in the session ``key``; return how many sessions ended."""
    if actor.person_id is None:
        raise Missing
    others = OpenSession.objects.filter(person_id=actor.person_id).exclude(key=key)
    keys = list(others.values_list("key", flat=True))
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    others.delete()
    record(
        actor=actor,
        verb="end_sessions",
        thing="person",
        thing_id=str(actor.person_id),
        detail={"ended": ended},
    )
    return ended


def note_logout(*, actor: Actor) -> None:
    """Put a logout on record."""
    record(actor=actor, verb="log_out", thing="person", thing_id=str(actor.person_id))


def note_switch(*, actor: Actor) -> None:
    """Put a change of post on record."""
    record(
        actor=actor,
        verb="switch_post",
        thing="post",
        thing_id=str(actor.post_id),
        region=actor.region,
    )


def clean_phone(phone: str) -> str:
    """Return the eleven digits. Raises ``BadInput`` when they are no mobile number."""
    digits = re.sub(r"[\s-]", "", phone).removeprefix("+86")
    if not MOBILE.fullmatch(digits):
        raise BadInput("手机号应是 11 位数字，请检查。", "phone")
    return digits


def _hash(index: str, code: str) -> str:
    return _keyed(f"{index}:{code}")


def _keyed(text: str) -> str:
    return hmac.new(settings.PEPPER.encode(), text.encode(), hashlib.sha256).hexdigest()


def _as(person: Person) -> Actor:
    kind = role("villager")
    return Actor(person.pk, None, kind.code, "", None, kind.side, person.name or "村民")


def forget_old() -> int:
    """Delete phone codes after a day, failed logins after a month, sessions that ended; return how many."""
    now = clock.now()
    gone = [
        PhoneCode.objects.filter(sent_at__lt=now - timedelta(days=1)).delete()[0],
        LoginFailure.objects.filter(last_at__lt=now - timedelta(days=30)).delete()[0],
        Session.objects.filter(expire_date__lt=now).delete()[0],
    ]
    record(
        actor=None,
        verb="forget",
        thing="logins",
        thing_id=str(clock.today()),
        detail={"rows": sum(gone)},
    )
    return sum(gone)
