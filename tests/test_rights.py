"""The matrix of rights: every route, asked by everybody about things here and in the next county.

``rights/matrix.csv`` says what each actor gets, ``rights/resources.csv`` what each ever reads.
How to change them: docs/rights.md.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection

from mingbai.accounts.hashers import StaffArgon2
from mingbai.accounts.roles import roles
from mingbai.cases.views import sheet
from tests.rights import asking, people, things
from tests.rights import world as worlds
from tests.rights.world import SIDES, Answer, Line, World

# Set, the empty cells of both tables are filled with what came back, to be judged by a person.
PROPOSE = "MINGBAI_RIGHTS_PROPOSE"
LINES, ROUTES = worlds.matrix(), worlds.routes()
RESOURCES = worlds.read("resources.csv")
# Somebody of each kind of desk: what they do not see in the next county must be as if it were not.
CURIOUS = ("anyone", "villager", "officer", "department", "clerk", "it")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Both counties, once for the whole module; passwords are hashed cheaply."""
    with pytest.MonkeyPatch.context() as patch:
        for name, cheap in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(StaffArgon2, name, cheap)
        patch.setattr(sheet, "pdf", lambda page, _style: page.encode())  # no type is set
        patch.setattr(logging.getLogger("django.request"), "disabled", True)
        with worlds.planted(make_password(people.PASSWORD)) as planted:
            yield planted


def test_every_route_has_a_line_and_every_line_names_a_route() -> None:
    with_line = {line.route for line in LINES}
    assert set(ROUTES) - with_line == set(), "routes without a line in tests/rights/matrix.csv"
    assert with_line - set(ROUTES) == set(), "lines that name no route"
    asked = {line.route for line in LINES if line.method == "GET"}
    assert asked == with_line, "every route is asked by GET"


def test_no_line_stands_twice_and_every_cell_is_a_known_word() -> None:
    heads = [line[:4] for line in LINES]
    assert len(set(heads)) == len(heads)
    for line in LINES:
        assert tuple(line.words) == people.ACTORS, line
        assert set(line.words.values()) <= set(worlds.WORDS), line
        assert line.place in {"", *SIDES}, line
    for row in RESOURCES:
        assert set(row) == {"resource", "place", *people.ACTORS}
        assert {row[actor] for actor in people.ACTORS} <= {"shown", "absent"}, row


# Tables with a county that the second wall leaves open. A new table does not belong here by itself.
OPEN_TO_ALL = {
    "regions_region",  # public
    "cases_counter",  # how many numbers were given, nothing else
    "cases_draft",  # opened by its secret key, before it is known who types
    "cases_tally",  # what the public reads of each village: two counts of public cases
    "audit_entry",  # inserted only; the sealer reads all of it
    "notices_notice",  # written for people of every territory, read by person
    "notices_delivery",  # the same, for the carriers
}


@pytest.mark.usefixtures("base")
def test_every_table_with_a_county_has_forced_row_level_security_and_a_policy() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relrowsecurity AND c.relforcerowsecurity"
        )
        walled = {name for (name,) in cursor.fetchall()}
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.name == "county" for field in model._meta.get_fields())
    }
    assert tables - walled == OPEN_TO_ALL


def test_every_role_has_somebody_in_the_matrix() -> None:
    tried = {role for key, _, role, *_ in people.STAFF if key in people.ACTORS}
    assert tried | {"villager"} == set(roles())


def test_whatever_is_asked_about_an_object_is_asked_in_the_next_county_too() -> None:
    """A route with an object has a line about the neighbours' for each of its methods that works."""
    here = {(x.route, x.method) for x in LINES if x.place == "here"}
    there = {(x.route, x.method) for x in LINES if x.place == "far"}
    answers = {(x.route, x.method) for x in LINES if set(x.words.values()) != {"method"}}
    open_to_all = {("cases:file", "GET"), ("cases:report", "GET")}
    own_browser = {("cases:confirm", "GET"), ("cases:code", "GET")}
    assert (here & answers) - there == open_to_all | own_browser


@pytest.mark.parametrize("actor", people.ACTORS)
def test_everybody_gets_what_the_matrix_says(world: World, actor: str) -> None:
    missing = {m: world.fetch(actor, m, "/no-such-page", {}) for m in ("GET", "POST")}
    faults, seen = [], set()
    for line in LINES:
        if line.by_method_alone and actor not in CURIOUS:
            continue  # answered before anybody looks who asks
        got = world.ask(actor, line, ROUTES[line.route])
        wanted = line.words[actor]
        if actor in CURIOUS and line.place == "far" and not like_unknown(world, actor, line, got):
            faults.append(f"{line}: not like what never was")
        if got.word != wanted:
            faults.append(f"{line}: {got.word}, not {wanted}")
        if not got.unchanged:
            faults.append(f"{line}: {got.word}, and yet rows have changed")
        if got.word == "hidden" and got[1:4] != missing[line.method][1:4]:
            faults.append(f"{line}: hidden, but not like a page that is not there")
        seen |= world.texts_in(got)
    assert faults == []
    shown = {(row["resource"], row["place"]) for row in RESOURCES if row[actor] == "shown"}
    assert sorted(seen - shown) == [], "read by somebody who may not"
    assert sorted(shown - seen) == [], "not found by somebody who may read it"


def test_every_text_has_a_line_among_the_resources(world: World) -> None:
    named = {(row["resource"], row["place"]) for row in RESOURCES}
    planted = {(name, place) for place, s in SIDES.items() for name in world.things[s.county].texts}
    assert named == planted


def like_unknown(world: World, actor: str, line: Line, got: Answer) -> bool:
    """Whether an object that is hidden answers as one that there is not.

    Not only pages: forms that lead elsewhere must lead there for unknown objects as well.
    """
    names = ROUTES[line.route]
    if line.route == "cases:draft_photos":
        return True  # a key that nobody holds begins a draft of one's own
    if not set(names) - {"region", "code", "verb"} or line.words[actor] in {"ok", "refused"}:
        return True
    url = asking.address(line.route, names, line.thing, SIDES["far"], nowhere())
    sent = asking.body(world, line.route, line.thing, SIDES["far"], actor)
    return got.page == world.fetch(actor, line.method, url, sent).page


class _Nothing(dict[str, object]):
    def __missing__(self, name: str) -> object:
        if name in things.CASES:
            return "350526-2611-09999"
        if name == "draft photo":
            return "0" * 64
        if name.endswith(("photo", "voice")) or name.startswith("draft"):
            return UUID(int=7)
        return 999_999_999


def nowhere() -> things.Things:
    """Return objects that there are not."""
    return things.Things(ids=_Nothing())


@pytest.mark.parametrize("actor", ["reporter", "officer"])
def test_no_form_is_taken_without_its_token(world: World, actor: str) -> None:
    taken = []
    for line in (x for x in LINES if x.method == "POST" and x.place != "far"):
        side = SIDES[line.place or "here"]
        made = world.things[side.county]
        url = asking.address(line.route, ROUTES[line.route], line.thing, side, made)
        sent = asking.body(world, line.route, line.thing, side, actor)
        got = world.fetch(actor, "POST", url, sent, token="f" * 32)
        if (got.word, got.unchanged) != ("refused", True):
            taken.append(str(line))
    assert taken == []


@pytest.mark.parametrize("route", sorted({line.route for line in LINES}))
def test_what_has_no_line_for_posting_takes_no_post(world: World, route: str) -> None:
    if any(line.method == "POST" for line in LINES if line.route == route):
        return
    line = next(line for line in LINES if line.route == route)
    for actor in ("anyone", "officer"):
        posted = Line(route, "POST", line.place, line.thing, {})
        assert world.ask(actor, posted, ROUTES[route]).word == "method"


def test_only_the_office_itself_makes_its_key_when_it_has_none(world: World) -> None:
    made = {}
    with world.without_key(SIDES["here"]):
        line = next(x for x in LINES if (x.route, x.method) == ("clues:keep_key", "POST"))
        for actor in people.ACTORS:
            made[actor] = world.ask(actor, line, ())
    assert {a for a, got in made.items() if got.word == "ok"} == {"handler", "discipline"}
    assert {a for a, got in made.items() if got.word == "refused"} == {"far_handler"}
    assert {got.word for got in made.values()} == {"ok", "refused", "hidden"}


@pytest.mark.skipif(PROPOSE not in os.environ, reason="fills empty cells only when asked to")
def test_empty_cells_are_proposed(world: World) -> None:
    """Write what came back into empty cells. A proposal is no expectation: read every word of it."""
    read: dict[str, set[tuple[str, str]]] = {actor: set() for actor in people.ACTORS}
    for line in LINES:
        words = dict(line.words)
        if all(words.values()):
            continue
        for actor in people.ACTORS:
            got = world.ask(actor, line, ROUTES[line.route])
            read[actor] |= world.texts_in(got)
            words[actor] = words[actor] or got.word
        line.words.update(words)
    worlds.write("matrix.csv", [line.row() for line in LINES])
    for row in RESOURCES:
        for actor in people.ACTORS:
            seen = (row["resource"], row["place"]) in read[actor]
            row[actor] = row[actor] or ("shown" if seen else "absent")
    worlds.write("resources.csv", RESOURCES)
