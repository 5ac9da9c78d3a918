"""Serves the product with its clock set by a file, so that a browser test can let days pass.

Usage: ``python pinned_web.py FILE PORT``; the file holds an ISO time. Every request is wrapped in a
transaction that is pinned to it, as demo life and the other tests pin theirs.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mingbai.config.wsgi import application
from mingbai.kernel import scopes


class Server(WSGIServer):
    """Answers several windows at once, each thread with one connection to the database."""

    threads = ThreadPoolExecutor(4)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand the request to a thread; a connection that a browser opens ahead blocks nobody."""
        self.threads.submit(self._answer, request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        request.settimeout(30)
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)


def at(file: Path) -> datetime:
    """Return the time that the file holds."""
    return datetime.fromisoformat(file.read_text(encoding="utf-8").strip())


def serve(file: Path, port: int) -> None:
    """Answer requests until the process is ended."""

    inner = application._middleware_chain

    def pinned(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/static/"):
            return inner(request)
        with scopes.enter(at=at(file)):
            answer: HttpResponseBase = inner(request)
            return answer

    application._middleware_chain = pinned
    make_server("127.0.0.1", port, application, server_class=Server).serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
