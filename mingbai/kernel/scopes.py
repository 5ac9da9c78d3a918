"""Who looks, and from where: the session variables that row-level security reads.

Every request and every job is one transaction opened by ``enter``. It sets, for this transaction
only, ``mingbai.scope`` (the territory, a region code without trailing zero groups; empty: none),
``mingbai.person`` (the person's id; empty: nobody) and ``mingbai.public`` (``on``: public rows may
be read). The same statement brings the transaction's time, so that the clock costs no query.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

_SET = """
SELECT set_config('mingbai.scope', %s, true), set_config('mingbai.person', %s, true),
       set_config('mingbai.public', %s, true), set_config('mingbai.now', %s, true),
       coalesce(nullif(current_setting('mingbai.now', true), '')::timestamptz, now())
"""


@dataclass(frozen=True)
class Scope:
    """What the current transaction may see; ``at`` is its one time, aware."""

    scope: str
    person: int | None
    public: bool
    at: datetime
    pinned: datetime | None
    memo: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)


_current: ContextVar[Scope | None] = ContextVar("mingbai_scope", default=None)


def current() -> Scope | None:
    """Return the scope of the running transaction, or None outside of one."""
    return _current.get()


@contextmanager
def enter(
    *, scope: str = "", person: int | None = None, public: bool = True, at: datetime | None = None
) -> Iterator[Scope]:
    """Open one transaction that sees ``scope``, ``person``'s own rows and, if ``public``, public ones.

    ``at`` pins the clock of the transaction (tests and demo life). Inside another ``enter`` the
    transaction is shared and the former scope comes back at the end.
    """
    before = _current.get()
    pinned = at or (before.pinned if before else None)
    with transaction.atomic():
        entered = _apply(scope, person, public=public, pinned=pinned)
        token = _current.set(entered)
        try:
            yield entered
        finally:
            _current.reset(token)
    if before is not None:  # after the block: a rolled-back savepoint takes settings back by itself
        _apply(before.scope, before.person, public=before.public, pinned=before.pinned)


def become(*, scope: str, person: int | None) -> None:
    """Change territory and person of the running transaction (after login or a change of post)."""
    now = _current.get()
    if now is None:
        raise RuntimeError("become() needs a transaction opened by enter()")
    _current.set(_apply(scope, person, public=now.public, pinned=now.pinned))


@contextmanager
def widen(scope: str) -> Iterator[None]:
    """Let a command act inside ``scope`` although its caller sees less (a villager who files)."""
    now = _current.get()
    if now is None:
        raise RuntimeError("widen() needs a transaction opened by enter()")
    with enter(scope=scope, person=now.person, public=now.public):
        yield


def _apply(scope: str, person: int | None, *, public: bool, pinned: datetime | None) -> Scope:
    with connection.cursor() as cursor:
        cursor.execute(
            _SET,
            [
                scope,
                str(person or ""),
                "on" if public else "off",
                pinned.isoformat() if pinned else "",
            ],
        )
        row = cursor.fetchone()
    now = _current.get()
    # What was read once stays read while the transaction runs, whoever's eyes it goes on with.
    memo = now.memo if now is not None else {}
    return Scope(scope, person, public, row[4], pinned, memo)
