"""Serves the product with its clock set by a file, so that a browser test can let days pass.

Usage: ``python pinned_web.py FILE PORT``; the file holds an ISO time. Every request is wrapped in a
transaction that is pinned to it, as demo life and the other tests pin theirs.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mingbai.config.wsgi import application
from mingbai.kernel import scopes


class Server(ThreadingMixIn, WSGIServer):
    """Answers several windows at once."""

    daemon_threads = True


def at(file: Path) -> datetime:
    """Return the time that the file holds."""
    return datetime.fromisoformat(file.read_text(encoding="utf-8").strip())


def serve(file: Path, port: int) -> None:
    """Answer requests until the process is ended."""

    inner = application._middleware_chain

    def pinned(request: HttpRequest) -> HttpResponseBase:
        with scopes.enter(at=at(file)):
            answer: HttpResponseBase = inner(request)
            return answer

    application._middleware_chain = pinned
    make_server("127.0.0.1", port, application, server_class=Server).serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
