"""Puts the acting person and post on each request and tells the database about them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from mingbai.accounts.queries import PostView, standing
from mingbai.kernel import scopes
from mingbai.kernel.actors import ANYONE


class CurrentPost:
    """``request.actor``: nobody without a session cookie (no query), else villager or staff.

    ``request.posts`` are the posts that the person may choose among.

    The post is looked up on every request, so that a revoked one has no effect from the next on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as the person in the post that the session chose."""
        actor = ANYONE
        posts: list[PostView] = []
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            actor, posts = standing(request.user.pk, request.session.get("post"))
            scopes.become(scope=actor.scope, person=actor.person_id)
        request.actor = actor  # type: ignore[attr-defined]
        request.posts = posts  # type: ignore[attr-defined]
        return self.get_response(request)
