"""One request, one transaction; refusals become pages; headers that keep browsers strict."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_vary_headers

from mingbai.kernel import errors, scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused

log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponseBase]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)


class Headers:
    """Security headers on every answer, static files included."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with a strict content policy and nothing leaking through referrers or frames."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("X-Content-Type-Options", "nosniff")
        # Nothing leaves the site. "no-referrer" would also make browsers send "Origin: null" with
        # our own forms, which takes the origin check away from the protection against forged ones.
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault(
            "Permissions-Policy", "geolocation=(self), microphone=(self), camera=(self)"
        )
        if settings.HTTPS:
            response.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response


class Transaction:
    """Opens the request's transaction, rolls it back on errors, shows refusals as sentences."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside one transaction; without a database, answer 503 from a page that needs none."""
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.bad_input(request)  # PostgreSQL holds no such character
        response: HttpResponseBase | None = None
        try:
            with scopes.enter():
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                    response = None if _connection_lost() else response
        except (OperationalError, InterfaceError):
            response = None
        if response is None:
            connection.close()
            log.warning("the database is out of reach: %s", request.path)
            response = errors.unavailable(request)
        patch_vary_headers(response, ["Cookie"])  # 长辈版 and the visitor's village
        _never_cache_private(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn what a view raised into a page; whatever it had written is rolled back."""
        transaction.set_rollback(True)
        request.session.modified = False  # it lies in the same database and is rolled back too
        return _page_for(request, exception)


def _page_for(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    if isinstance(exception, Refused):
        return errors.refused(request, str(exception))
    if isinstance(exception, Missing):
        return errors.missing(request)
    if isinstance(exception, BadInput):
        return errors.bad_input(request, str(exception))
    if isinstance(exception, DataError):
        log.error("a value that the database cannot hold: %s", request.path, exc_info=exception)
        return errors.bad_input(request)
    if isinstance(exception, (OperationalError, InterfaceError)):
        log.warning("the database did not answer: %s", request.path, exc_info=exception)
        return errors.unavailable(request)
    return None


def _connection_lost() -> bool:
    return connection.connection is None or connection.connection.closed


def _never_cache_private(request: HttpRequest, response: HttpResponseBase) -> None:
    if settings.SESSION_COOKIE_NAME in request.COOKIES or request.method not in {"GET", "HEAD"}:
        response.setdefault("Cache-Control", "no-store")


class Mode:
    """Remembers 长辈版: ``?mode=elder`` or ``?mode=plain`` sets a cookie and returns to the page."""

    WORDS = ("elder", "plain")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a change of mode with a redirect; everything else passes."""
        mode = request.GET.get("mode") if request.method == "GET" else None
        if mode not in self.WORDS:
            return self.get_response(request)
        query = request.GET.copy()
        del query["mode"]
        address = request.path + (f"?{query.urlencode()}" if query else "")
        response = HttpResponseRedirect(_local(address))
        # The page's script switches without a reload and reads it, so it is not httponly.
        response.set_cookie(
            "mode", mode, max_age=400 * 86400, samesite="Lax", secure=settings.HTTPS
        )
        return response


def _local(address: str) -> str:
    """Keep a redirect on this site: ``//host`` would leave it."""
    return "/" + address.lstrip("/\\")
