"""Who acts: a person in a post, or the system itself (clock, digest)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person acting, in a post or as a villager.

    ``role`` is a code of ``accounts/data/roles.csv``; ``scope`` the territory of the post;
    ``side`` is ``gov`` (政), ``sup`` (纪) or ``villager``; ``label`` what others read (王建国).
    """

    person_id: int | None
    post_id: int | None
    role: str
    scope: str
    body_id: int | None
    side: str
    label: str
    region: str = ""
    title: str = ""

    @property
    def county(self) -> str:
        """The six digits of the county in which the actor works; empty above county level."""
        return self.scope[:6] if len(self.scope) >= 6 else ""

    @property
    def is_staff(self) -> bool:
        """Whether the actor holds a post (anybody but a villager or a passer-by)."""
        return self.post_id is not None

    def covers(self, region: str) -> bool:
        """Whether ``region`` (a code) lies inside the actor's territory."""
        return bool(self.scope) and region.startswith(self.scope)


SYSTEM = Actor(None, None, "system", "", None, "system", "系统")
ANYONE = Actor(None, None, "anyone", "", None, "villager", "访客")
