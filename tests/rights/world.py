"""The world of the matrix: two counties in one transaction; each question is asked and undone."""

from __future__ import annotations

import csv
import gc
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from conftest import moment, plant_territory
from tests.rights import asking, people, things
from tests.rights.things import FAR, HERE, Side, Things

HERE_FOLDER = Path(__file__).parent
SIDES = {"here": HERE, "far": FAR}
WORDS = ("ok", "login", "hidden", "refused", "method", "redirect", "gone", "invalid", "shown")
TOKEN = "t" * 32
_LOGIN_PAGES = frozenset({"/login", "/phone"})
_OWN_HEADERS = frozenset({"Set-Cookie"})
_OWN_ROWS = frozenset({"cases_savedfilter"})
"""Tables of which the world, being nobody, sees no row."""
_MARK = "as_planted"
_READS = ("SELECT ", "SAVEPOINT ", "RELEASE ", "ROLLBACK TO ", "SET LOCAL ")
_WRITES = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""


class Line(NamedTuple):
    """A line of the matrix: what is asked for, and the word expected for each actor."""

    route: str
    method: str
    place: str
    thing: str
    words: dict[str, str]

    @property
    def by_method_alone(self) -> bool:
        """Whether the method is refused to everybody."""
        return set(self.words.values()) == {"method"}

    def row(self) -> dict[str, str]:
        """Return the line as the table has it."""
        head = {"route": self.route, "method": self.method, "place": self.place}
        return {**head, "thing": self.thing, **self.words}

    def __str__(self) -> str:
        """Name the line in a failed test."""
        return " ".join(filter(None, (self.method, self.route, self.place, self.thing)))


class Answer(NamedTuple):
    """What came back: its word, status, text and headers, the message for the next page.

    ``unchanged``: nothing was written, or it was a success, which may write.
    """

    word: str
    status: int
    content: bytes
    headers: frozenset[tuple[str, str]]
    told: str
    unchanged: bool

    @property
    def page(self) -> tuple[int, bytes]:
        """Status and text without the tokens of forms, which are new each time."""
        return self.status, re.sub(rb'value="[A-Za-z0-9]{64}"', b"", self.content)

    @property
    def binary(self) -> bool:
        """Whether it is a photo or a voice."""
        kind = dict(self.headers).get("Content-Type", "")
        return kind.startswith(("image/", "audio/"))


@dataclass
class World:
    """Everybody and everything, and a browser for each actor."""

    people: people.People
    things: dict[str, Things]
    code: str
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    digests: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    bodies: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)
    _client: Client = field(
        # one for all: each of its own would set the middleware up anew
        default_factory=lambda: Client(enforce_csrf_checks=True, raise_request_exception=False)
    )

    def ask(self, actor: str, line: Line, names: tuple[str, ...]) -> Answer:
        """Ask for a line's page as ``actor`` and undo whatever it did."""
        side = SIDES[line.place or "here"]
        url = asking.address(line.route, names, line.thing, side, self.things[side.county])
        body = asking.body(self, line.route, line.thing, side, actor)
        return self.fetch(actor, line.method, url, body)

    def fetch(
        self, actor: str, method: str, url: str, body: Mapping[str, Any], *, token: str = TOKEN
    ) -> Answer:
        """Send one request and undo whatever it did; ``token`` protects a form against forging."""
        from mingbai.kernel import scopes

        now = scopes.current()
        assert now is not None
        now.memo.clear()
        client = self._client
        client.cookies = SimpleCookie({**self.cookies[actor], "csrftoken": TOKEN})
        statements = Writing()
        try:
            with connection.execute_wrapper(statements):
                if method == "GET":
                    response: HttpResponseBase = client.get(url)
                else:
                    response = client.post(url, {**body, "csrfmiddlewaretoken": token})
                content = (
                    b"".join(response.streaming_content) if response.streaming else response.content
                )  # type: ignore[attr-defined]
            written = self._written() if statements.perhaps else set()
            wrote = bool(written - {"django_session"})
            word = outcome(method, response, wrote=wrote)
            unchanged = word == "ok" or not written or self._as_before(written)
        finally:
            _back()
        headers = frozenset((k, v) for k, v in response.items() if k not in _OWN_HEADERS)
        message = response.cookies["messages"].value if "messages" in response.cookies else ""
        return Answer(word, response.status_code, content, headers, message, unchanged)

    def ruling_of(self, finding: int) -> int:
        """Return the ruling on a finding."""
        from mingbai.capture.models import Ruling

        return Ruling.objects.get(finding=finding).pk

    def texts_in(self, answer: Answer) -> set[tuple[str, str]]:
        """Return which of the recognisable texts an answer holds, with the county they are of."""
        if answer.binary:
            return set()
        page = _readable(answer)
        return {
            (name, place)
            for place, side in SIDES.items()
            for name, text in self.things[side.county].texts.items()
            if text in page
        }

    @contextmanager
    def without_key(self, side: Side) -> Iterator[None]:
        """Let an office be without a key for a while."""
        from mingbai.clues.models import OfficeKey
        from mingbai.kernel import clock

        kept = self.digests
        OfficeKey.objects.filter(county=side.county).update(retired_at=clock.now())
        with _mark():
            self.before, self.digests = writes(), digest(_tables())
            yield
        _back()
        self.before, self.digests = writes(), kept

    def _as_before(self, written: set[str]) -> bool:
        """Whether every row is as it was, although something has been written to these tables.

        A browser's own session is nobody's thing: a page may remember there what it has to tell.
        Nor is the count of wrong slip codes.
        """
        tables = written - {"django_session", "cases_wrongcode"}
        return not tables & _OWN_ROWS and digest(tables) == {t: self.digests[t] for t in tables}

    def _written(self) -> set[str]:
        """Return the tables in which rows were added, changed or deleted since the last time."""
        after = writes()
        changed = {table for table, count in after.items() if count != self.before.get(table, 0)}
        self.before = after
        return changed


@dataclass
class Writing:
    """Notices statements that are not plainly readings; only after them rows have to be counted."""

    perhaps: bool = False

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        """Look at a statement on its way."""
        if not sql.lstrip().startswith(_READS) or "procrastinate" in sql:
            self.perhaps = True
        return execute(sql, *rest)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Leave the planted world out of every round of the garbage collector."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def _mark() -> Iterator[None]:
    """Let everything inside be undone by ``_back``, as often as needed, up to here."""
    _run(f"SAVEPOINT {_MARK}")
    yield
    _run(f"ROLLBACK TO SAVEPOINT {_MARK}", f"RELEASE SAVEPOINT {_MARK}")


def _back() -> None:
    """Undo everything since the mark, which stays: thousands inside each other would cost seconds."""
    _run(f"ROLLBACK TO SAVEPOINT {_MARK}")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def outcome(method: str, response: HttpResponseBase, *, wrote: bool) -> str:
    """Return the word of the matrix for an answer; anything unforeseen is told by its status."""
    status = response.status_code
    if status in {301, 302}:
        if urlsplit(response.headers["Location"]).path in _LOGIN_PAGES and not wrote:
            return "login"
        return "ok" if method == "POST" and wrote else "redirect"
    if status in {200, 204}:
        return "ok" if method == "GET" or wrote else "shown"
    named = {
        404: "hidden",
        403: "refused",
        409: "refused",
        405: "method",
        410: "gone",
        400: "invalid",
    }
    return named.get(status, str(status))


def _readable(answer: Answer) -> str:
    """Return the text of an answer, and of its message, without the escapes of HTML and JSON."""
    if "sheet" in dict(answer.headers).get("Content-Type", ""):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "\n".join(html.unescape(book.read(n).decode()) for n in book.namelist())
    page = html.unescape(answer.content.decode())
    told = answer.told.encode().decode("unicode_escape")
    if "json" in dict(answer.headers).get("Content-Type", ""):
        page = json.dumps(json.loads(page), ensure_ascii=False)
    return f"{page}\n{told}"


def routes() -> dict[str, tuple[str, ...]]:
    """Return every named route of the product with the names of its parameters."""
    return dict(_walk(get_resolver().url_patterns, "", ()))


def _walk(
    patterns: Sequence[URLPattern | URLResolver], space: str, above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in patterns:
        names = (*above, *one.pattern.converters)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, one.namespace or space, names)
        else:
            assert one.name, f"{one.pattern} has no name"
            yield f"{space}:{one.name}", names


def matrix() -> list[Line]:
    """Return the lines of ``matrix.csv``."""
    lines = []
    for row in read("matrix.csv"):
        head = [row.pop(name) for name in ("route", "method", "place", "thing")]
        lines.append(Line(*head, row))
    return lines


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table beside this module."""
    text = (HERE_FOLDER / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def write(name: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Write a table beside this module."""
    with (HERE_FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def writes() -> dict[str, int]:
    """Return how many rows this transaction has added, changed or deleted so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITES)
        return dict(cursor.fetchall())


def digest(tables: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return how many rows each table has and a digest of them, sealed clues included."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(tables):
            if name == "clues_sealedclue":
                cursor.execute("SET LOCAL ROLE mingbai_clues")
            cursor.execute(
                "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f" FROM {name} t"
            )
            found[name] = cursor.fetchone()
            if name == "clues_sealedclue":
                cursor.execute("RESET ROLE")
    return found


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor.fetchall()]


@contextmanager
def planted(password: str) -> Iterator[World]:
    """Plant both counties, give every actor a browser, and take all of it back at the end."""
    from mingbai.kernel import scopes

    carrier = override_settings(SMS_SENDER="tests.rights.people.swallow")
    try:
        with carrier, scopes.enter(scope="35", at=moment(people.NOW)):
            plant_territory()
            _more_territory()
            world = _world(password)
            with _mark(), _no_collecting():
                world.before, world.digests = writes(), digest(_tables())
                yield world
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    pass


def _more_territory() -> None:
    from mingbai.regions.models import Region

    for code, scope, level, name, parent in (
        ("350525102000", "350525102", "town", "岵山镇", "350525000000"),
        (people.OTHER_TOWNS, people.OTHER_TOWNS, "village", "塘溪村", "350525102000"),
        (people.FAR_NEXT, people.FAR_NEXT, "village", "眉山村", "350526101000"),
    ):
        Region.objects.create(
            code=code, scope=scope, level=level, name=name, official_name=name,
            short_name=name[:-1], pinyin="", initials="", county=code[:6], parent_id=parent,
            valid_from=moment("2020-01-01 00:00").date(), households=100,
        )  # fmt: skip


def _world(password: str) -> World:
    from mingbai.accounts import commands as accounts
    from mingbai.cases import commands as cases
    from mingbai.kernel import deadlines

    for year in (2025, 2026):
        deadlines.seed_year(year)
    cases.load_deadlines()
    everybody = people.plant(password)
    made = {side.county: things.plant(everybody, side, _files(side)) for side in (HERE, FAR)}
    world = World(everybody, made, accounts.send_phone_code(phone="13800002222"))
    for actor in people.ACTORS:
        world.cookies[actor] = _browser(world, actor)
    return world


_PHOTOS = ("public photo", "inner photo", "private photo", "answer photo", "onsite photo",
           "draft photo")  # fmt: skip


def _files(side: Side) -> dict[str, Any]:
    """Return stored files, each with its own bytes."""
    from PIL import Image

    from mingbai.kernel import uploads

    found = {}
    for n, name in enumerate(_PHOTOS):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (n * 30, 60 if side is HERE else 200, 10)).save(out, "PNG")
        found[name] = uploads.store_bytes(out.getvalue(), "photo.png")
    voice = things.VOICE + side.county.encode()
    found["public voice"] = uploads.store_bytes(voice, "voice.mp3", kinds=("voice",))
    return found


def _browser(world: World, actor: str) -> dict[str, str]:
    """Log somebody in and return the cookies; two villagers have a draft on the way."""
    from mingbai.accounts.views.entering import SESSION_PHONE
    from mingbai.kernel import sealing

    client = Client()
    if actor == people.PASSER_BY:
        return {}
    client.force_login(world.people.people[actor])
    session = client.session
    if actor in world.people.posts:
        session["post"] = world.people.posts[actor].pk
    if actor == "reporter":
        session["drafts"] = [str(t.ids["draft"]) for t in world.things.values()]
    if actor == "elsewhere":
        keys = [str(t.ids["draft with a phone"]) for t in world.things.values()]
        session["drafts"] = keys
        session["phone"] = sealing.seal("13800002222", SESSION_PHONE).hex()
        for key in keys:
            session[f"phone:{key}"] = sealing.seal("13800002222", f"draft:{key}").hex()
    session.save()
    return {name: one.value for name, one in client.cookies.items()}
