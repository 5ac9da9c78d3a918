"""Posts: who acts, what a revoked one can still do, who may appoint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.accounts import commands, queries
from mingbai.accounts.models import Post
from mingbai.accounts.roles import roles
from mingbai.audit.models import Entry
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import ANYONE
from mingbai.kernel.decisions import BadInput, Missing, Refused

VILLAGE = "350525101201"


def test_every_role_of_the_list_has_a_side_and_a_level() -> None:
    assert {r.side for r in roles().values()} == {"gov", "sup", "villager"}
    assert {r.level for r in roles().values()} == {"village", "town", "county", "city"}
    assert [r.code for r in roles().values() if r.administers] == ["it_admin"]


def test_nobody_is_nobody_and_a_villager_has_no_territory(cast: Any) -> None:
    villager = queries.actor_for(cast.people["villager"].pk)
    assert queries.actor_for(None) == ANYONE
    assert (villager.role, villager.scope, villager.is_staff) == ("villager", "", False)


def test_a_post_that_ended_has_no_effect_from_the_next_request_on(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    client = client_as("officer")
    assert client.get("/desk/cases").status_code == 200
    Post.objects.filter(pk=cast.posts["officer"].pk).update(until="2026-11-17")
    assert client.get("/desk/cases").status_code == 404


def test_somebody_elses_post_cannot_be_taken(cast: Any, client_as: Callable[[str], Any]) -> None:
    client = client_as("officer")
    assert client.post("/post", {"post": cast.posts["town"].pk}).status_code == 400
    assert client.session["post"] == cast.posts["officer"].pk


def test_two_posts_can_be_switched_and_the_choice_is_kept(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    second = commands.appoint(
        actor=None,
        person_id=cast.people["officer"].pk,
        role="town_staff",
        region="350525101000",
        body_id=cast.bodies["town"].pk,
        title="包村干部",
        since=clock.today(),
    )
    client = client_as("officer")
    assert client.post("/post", {"post": second}).status_code == 302
    assert client.session["post"] == second
    assert queries.actor_for(cast.people["officer"].pk, second).scope == "350525101"


@pytest.mark.parametrize("who", ["officer", "town", "clerk", "discipline", "villager"])
def test_only_it_administrators_appoint(cast: Any, who: str) -> None:
    before = Post.objects.count()
    with pytest.raises(Refused):
        commands.appoint(
            actor=cast.actor(who),
            person_id=cast.people["other"].pk,
            role="village_officer",
            region=VILLAGE,
            body_id=cast.bodies["village"].pk,
            title="村干部",
            since=clock.today(),
        )
    assert Post.objects.count() == before


def test_an_administrator_cannot_appoint_themself(cast: Any) -> None:
    before = Post.objects.count()
    with pytest.raises(Refused, match="不能给自己"):
        commands.appoint(
            actor=cast.actor("it"),
            person_id=cast.people["it"].pk,
            role="county_handler",
            region="350525000000",
            body_id=cast.bodies["discipline"].pk,
            title="案管室干部",
            since=clock.today(),
        )
    assert Post.objects.count() == before


@pytest.mark.parametrize(
    "address", ["//evil.example/x", "https://evil.example/", "\\\\evil.example"]
)
def test_login_never_leads_to_another_site(
    cast: Any, client_as: Callable[[str], Any], address: str
) -> None:
    from mingbai.accounts.views.entering import next_page

    request = client_as("anyone").get("/login", {"next": address}).wsgi_request
    assert next_page(request, "/desk") == "/desk"


def test_the_middleware_asks_nothing_for_passers_by_and_three_things_for_staff(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    def sessions(name: str) -> list[str]:
        client = client_as(name)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get("/about/privacy")
        return [q["sql"] for q in seen if 'FROM "' in q["sql"]]

    assert sessions("anyone") == []
    asked = sessions("officer")
    assert [
        next(
            t
            for t in ("django_session", "accounts_post", "accounts_person")
            if f'FROM "{t}"' in sql
        )
        for sql in asked
    ] == [
        "django_session",
        "accounts_person",
        "accounts_post",
    ]


def test_a_village_without_a_body_is_received_by_the_next_above(cast: Any) -> None:
    with scopes.enter(scope="3505"):
        found = queries.village_body("350526101201")
    assert found is not None
    assert found.name == "蔡径村村委会"
    local = queries.village_body("350525101L01")
    assert local is not None
    assert local.name == "五里街镇人民政府"


def test_an_administrator_appoints_inside_the_county_and_it_is_on_record(cast: Any) -> None:
    post = commands.appoint(
        actor=cast.actor("it"),
        person_id=cast.people["town"].pk,
        role="village_officer",
        region=VILLAGE,
        body_id=cast.bodies["village"].pk,
        title="驻村干部",
        since=clock.today(),
    )
    entry = Entry.objects.get(verb="appoint", thing_id=str(post))
    assert (entry.person_id, entry.detail) == (cast.people["it"].pk, {"role": "village_officer"})


@pytest.mark.parametrize(
    ("region", "body"),
    [(VILLAGE, "far"), ("350526101201", "village"), ("350526101201", "far")],
    ids=["body elsewhere", "post elsewhere", "both"],
)
def test_an_administrator_appoints_nobody_in_another_county(
    cast: Any, region: str, body: str
) -> None:
    before = (Post.objects.count(), Entry.objects.count())
    with pytest.raises(Refused, match="不在您的范围内"):
        commands.appoint(
            actor=cast.actor("it"),
            person_id=cast.people["town"].pk,
            role="village_officer",
            region=region,
            body_id=cast.bodies[body].pk,
            title="村干部",
            since=clock.today(),
        )
    assert (Post.objects.count(), Entry.objects.count()) == before


def test_a_post_cannot_end_before_it_began(cast: Any) -> None:
    post = cast.posts["officer"]
    with pytest.raises(BadInput):
        commands.end_post(
            actor=cast.actor("it"), post_id=post.pk, last_day=post.since - timedelta(days=1)
        )
    post.refresh_from_db()
    assert post.until is None


def test_a_post_that_does_not_exist_cannot_be_ended(cast: Any) -> None:
    with pytest.raises(Missing):
        commands.end_post(actor=cast.actor("it"), post_id=0, last_day=clock.today())


def test_an_ended_post_works_to_the_end_of_its_last_day(
    cast: Any, at: Callable[[str], None]
) -> None:
    at("2026-11-18 09:00")
    commands.end_post(
        actor=cast.actor("it"), post_id=cast.posts["officer"].pk, last_day=clock.today()
    )
    at("2026-11-18 23:59")
    assert cast.actor("officer").is_staff
    at("2026-11-19 00:00")
    assert cast.actor("officer").role == "villager"
    assert Entry.objects.filter(verb="end", thing="post").count() == 1


def test_only_it_administrators_end_posts(cast: Any) -> None:
    with pytest.raises(Refused):
        commands.end_post(
            actor=cast.actor("town"), post_id=cast.posts["officer"].pk, last_day=clock.today()
        )
    assert Post.objects.get(pk=cast.posts["officer"].pk).until is None
