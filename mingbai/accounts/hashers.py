"""Passwords of staff: argon2id, 64 MiB, and never more than two at once in a process."""

from __future__ import annotations

from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher

_AT_ONCE = BoundedSemaphore(2)


class StaffArgon2(Argon2PasswordHasher):
    """A flood of logins can use at most two times 64 MiB and cannot starve the pages."""

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4

    def encode(self, password: str, salt: str) -> str:
        """Hash a password when one of the two places is free."""
        with _AT_ONCE:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password when one of the two places is free."""
        with _AT_ONCE:
            return super().verify(password, encoded)
