"""The second opinion against a server on loopback that speaks the chat-completions protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from mingbai.connectors.opinion.chat_completions import Unusable, ask, own_host
from mingbai.kernel.ports import Opinion


class Fake:
    """What the fake model was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.body = b""

    def says(self, words: str) -> None:
        message = {"role": "assistant", "content": words}
        self.body = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    state = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            state.asked.append({"path": self.path, **json.loads(self.rfile.read(size))})
            state.headers.append(dict(self.headers))
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("MINGBAI_OPINION_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("MINGBAI_OPINION_MODEL", "qwen")
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_model_is_asked_by_the_protocol_and_its_opinion_is_read(fake: Fake) -> None:
    fake.says('好的。{"kind": "request", "why": "路灯坏了要人修"}')
    assert ask("路灯又瞎了") == Opinion("request", "路灯坏了要人修", "qwen")
    (asked,) = fake.asked
    assert (asked["path"], asked["model"], asked["temperature"]) == (
        "/v1/chat/completions",
        "qwen",
        0,
    )
    assert asked["messages"][1] == {"role": "user", "content": "路灯又瞎了"}
    assert "Authorization" not in fake.headers[0]


def test_the_key_is_sent_only_when_one_is_set(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGBAI_OPINION_KEY", "k-1")
    fake.says('{"kind": "chatter"}')
    assert ask("吃了没") == Opinion("chatter", "", "qwen")
    assert fake.headers[0]["Authorization"] == "Bearer k-1"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "我觉得是诉求",
        '{"kind": "clue"}',
        '{"kind": 3}',
        "{}",
        "[]",
        '{"kind": "request"',
        "null",
    ],
)
def test_an_answer_that_makes_no_sense_is_no_opinion(fake: Fake, words: str) -> None:
    fake.says(words)
    assert ask("路灯又瞎了") is None


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"choices": []}', b"null"])
def test_a_body_that_makes_no_sense_is_no_opinion(fake: Fake, body: bytes) -> None:
    fake.body = body
    assert ask("路灯又瞎了") is None


def test_an_error_of_the_model_is_a_connection_error(fake: Fake) -> None:
    fake.status = 503
    with pytest.raises(ConnectionError):
        ask("路灯又瞎了")


def test_at_most_a_thousand_characters_leave(fake: Fake) -> None:
    fake.says('{"kind": "chatter"}')
    ask("路" * 5000)
    assert len(fake.asked[0]["messages"][1]["content"]) == 1000


def test_nothing_is_asked_without_the_setting(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINGBAI_OPINION_URL")
    assert ask("路灯又瞎了") is None
    assert fake.asked == []


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888"])
def test_an_address_outside_of_the_own_network_is_refused(address: str) -> None:
    with pytest.raises(Unusable, match="只能是本机或内网"):
        own_host(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1"])
def test_addresses_of_the_own_network_are_taken(address: str) -> None:
    assert own_host(address) == address


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/v1", "ftp://127.0.0.1/v1", "127.0.0.1:80/v1", "http://"]
)
def test_a_setting_that_is_no_web_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINGBAI_OPINION_URL", address)
    with pytest.raises(Unusable, match="http"):
        ask("路灯又瞎了")
