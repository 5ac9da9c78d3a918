"""A language model on the own network that speaks the OpenAI chat-completions protocol.

Off unless ``MINGBAI_OPINION_URL`` is set; nothing is sent anywhere then. Only addresses of this
machine or of a private network are accepted, so that villagers' words never leave the house.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import socket
from typing import Any, Final
from urllib.parse import urlsplit

from mingbai.kernel.ports import Opinion

TIMEOUT: Final = 20
LONGEST: Final = 1000
MOST: Final = 200_000
KINDS: Final = frozenset({"request", "question", "suggestion", "chatter"})
_TASK: Final = (
    "你帮乡镇核对村民微信群里的话。判断下面这段话是：request（要村里、镇上或部门来办的事）、"
    "question（问政策或办事）、suggestion（提建议），还是 chatter（闲话、私事、买卖、转发）。"
    '只回答一个 JSON：{"kind": "...", "why": "不超过二十个字的理由"}'
)


class Unusable(ValueError):
    """The setting names no address that may be asked."""


def ask(text: str) -> Opinion | None:
    """Ask the configured model about ``text`` (at most 1,000 characters go out).

    None when no model is set or its answer makes no sense. Raises ``ConnectionError`` when it
    can't be reached, ``Unusable`` when the setting names an address outside the own network.
    """
    address = os.environ.get("MINGBAI_OPINION_URL", "")
    if not address:
        return None
    name = os.environ.get("MINGBAI_OPINION_MODEL", "local")
    body = {
        "model": name,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": _TASK},
            {"role": "user", "content": text[:LONGEST]},
        ],
    }
    return _opinion(_post(address.rstrip("/") + "/chat/completions", body), name)


def _post(address: str, body: dict[str, Any]) -> Any:
    parts = urlsplit(address)
    if parts.scheme != "http" or not parts.hostname:
        raise Unusable("MINGBAI_OPINION_URL 应是 http:// 开头的本机或内网地址。")
    connection = http.client.HTTPConnection(own_host(parts.hostname), parts.port, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json", "Host": parts.netloc}
    if key := os.environ.get("MINGBAI_OPINION_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request(
            "POST", parts.path, json.dumps(body, ensure_ascii=False).encode(), headers
        )
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ConnectionError(f"the model answered with status {answer.status}")
        return json.loads(answer.read(MOST))
    except (OSError, http.client.HTTPException) as wrong:
        raise ConnectionError("the model can't be reached") from wrong
    except ValueError:
        return None
    finally:
        connection.close()


def own_host(name: str) -> str:
    """Return the address that ``name`` stands for, if it is of this machine or a private network.

    The address itself is then connected to, so that a name can't change its meaning in between.
    Raises ``Unusable`` otherwise, ``ConnectionError`` for an unknown name.
    """
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as wrong:
        raise ConnectionError("the model's name can't be resolved") from wrong
    address = ipaddress.ip_address(str(found[0][4][0]))
    if not (address.is_loopback or address.is_private) or address.is_unspecified:
        raise Unusable("MINGBAI_OPINION_URL 只能是本机或内网的地址，群里的话不出内网。")
    return str(address)


def _opinion(answer: Any, name: str) -> Opinion | None:
    try:
        words = str(answer["choices"][0]["message"]["content"])
        told = json.loads(words[words.index("{") : words.rindex("}") + 1])
        kind, why = str(told["kind"]), str(told.get("why", ""))
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        return None
    if kind not in KINDS:
        return None
    return Opinion(kind=kind, why=why[:40], model=name[:40])
