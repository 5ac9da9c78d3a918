"""How Django finds the person of a session; passwords are checked by ``commands.log_in`` alone."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend

from mingbai.accounts.models import Person


class PersonBackend(BaseBackend):
    """Gives the active person behind a session, nothing else: no permissions, no superuser."""

    def get_user(self, user_id: int) -> Person | None:
        """Return the person, or None when they are no longer active."""
        return Person.objects.filter(pk=user_id, is_active=True).first()
