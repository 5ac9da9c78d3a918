"""Many findings at once, the filters and pages of the desk, and undoing several steps back."""

from __future__ import annotations

import re
from typing import Any

import pytest

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"


@pytest.fixture
def clerk(cast: Any) -> Any:
    """The clerk as an actor."""
    return cast.actor("clerk")


@pytest.fixture
def three(asked: Any) -> list[Any]:
    """Three findings of one group, the one said first leading."""
    from mingbai.capture.models import Finding

    asked.take(
        asked.say("lamp"), asked.say("ask", 40, who="阿珍"), asked.say("water", 80, who="阿海")
    )
    asked.read()
    return list(Finding.objects.order_by("said_at"))


def made(count: int, region: str = VILLAGE, group: int = 0, **more: Any) -> list[Any]:
    """Write findings straight into the table; each said a minute before the one before it."""
    from datetime import timedelta

    from mingbai.capture.models import Finding
    from mingbai.kernel import clock

    now = clock.now()
    rows = []
    for n in range(count):
        given = {
            "kind": "request",
            "field": "road",
            "confidence": 0.6,
            "model": "m",
            "title": f"第{n}件",
            "text": f"第{n}件的原话",
        }
        row = Finding(
            county=COUNTY,
            region=region,
            group_id=group,
            key=f"k{group}-{region}-{more}-{n}"[:64],
            status="review",
            said_at=now - timedelta(minutes=n),
            found_at=now,
            **(given | more),
        )
        rows.append(row)
    return Finding.objects.bulk_create(rows)


def items(*findings: Any) -> list[Any]:
    from mingbai.capture.commands import Item

    return [Item(f.pk, f.version) for f in findings]


def state() -> dict[str, list[tuple[Any, ...]]]:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import Finding, Ruling, RulingTally
    from mingbai.cases.models import Case, CaseEvent

    return {
        model.__name__: list(model.objects.order_by("pk").values_list())
        for model in (Finding, Ruling, RulingTally, Case, CaseEvent, Entry)
    }


def statuses() -> list[str]:
    from mingbai.capture.models import Finding

    return list(Finding.objects.order_by("said_at").values_list("status", flat=True))


def latest(clerk: Any) -> int:
    from mingbai.capture import queries

    found = queries.ruled_today(clerk).latest
    assert found is not None
    return int(found)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_several_are_dismissed_and_taken_back_in_one_step(three: list[Any], clerk: Any) -> None:
    from mingbai.capture import commands, queries

    done = commands.rule_many(actor=clerk, items=items(*three), verb="dismiss")
    assert (list(done.done), list(done.left)) == ([f.pk for f in three], [])
    assert statuses() == ["dismissed"] * 3
    told = queries.ruled_today(clerk)
    assert (told.count, told.words) == (3, "刚才一起定的 3 条")
    undone = commands.undo(actor=clerk, ruling_id=latest(clerk))
    assert (len(undone.findings), list(undone.left)) == (3, [])
    assert statuses() == ["review"] * 3
    assert queries.ruled_today(clerk).count == 0


def test_several_are_filed_each_as_what_it_is(three: list[Any], clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    commands.rule_many(actor=clerk, items=items(*three), verb="file")
    assert statuses() == ["filed"] * 3
    kinds = Case.objects.order_by("number").values_list("kind", flat=True)
    assert sorted(kinds) == ["question", "request", "request"]
    undone = commands.undo(actor=clerk, ruling_id=latest(clerk))
    assert len(undone.findings) == 3
    assert set(Case.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_several_become_one_case_of_the_one_said_first(three: list[Any], clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case, CaseEvent

    done = commands.rule_many(actor=clerk, items=items(*three[::-1]), verb="merge")
    case = Case.objects.get()
    assert (done.number, case.text) == (case.number, three[0].text)
    assert statuses() == ["filed", "merged", "merged"]
    assert set(Finding.objects.values_list("case_number", flat=True)) == {case.number}
    assert list(
        CaseEvent.objects.filter(verb="evidence").order_by("id").values_list("text", flat=True)
    ) == [f.text for f in three[1:]]
    undone = commands.undo(actor=clerk, ruling_id=latest(clerk))
    assert len(undone.findings) == 3
    assert Case.objects.get().state == "withdrawn"
    assert statuses() == ["review"] * 3


def test_several_are_merged_into_a_case_typed_by_its_last_digits(
    three: list[Any], clerk: Any, group_of: Any
) -> None:
    from mingbai.capture import commands

    (other,) = made(1, NEIGHBOUR, group_of("g2", NEIGHBOUR).group)
    number = commands.file_case(actor=clerk, finding_id=other.pk, version=1)
    done = commands.rule_many(
        actor=clerk, items=items(*three), verb="merge", number=number[-5:].lstrip("0")
    )
    assert (done.number, len(done.done)) == (number, 3)


def test_what_changed_meanwhile_is_named_and_left(three: list[Any], clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Ruling

    ticked = items(*three)
    commands.dismiss(actor=clerk, finding_id=three[1].pk, version=1)
    done = commands.rule_many(actor=clerk, items=ticked, verb="file")
    assert list(done.done) == [three[0].pk, three[2].pk]
    assert list(done.left) == [
        (three[1].title, "这一条刚被别人核对过，或者内容有了变化，请再看一遍。")
    ]
    assert statuses() == ["filed", "dismissed", "filed"]
    assert Ruling.objects.count() == 3


def test_of_a_batch_what_its_village_accepted_stays_and_the_rest_goes_back(
    three: list[Any], clerk: Any, cast: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.cases import commands as cases

    commands.rule_many(actor=clerk, items=items(*three), verb="file")
    taken = Finding.objects.get(pk=three[1].pk)
    cases.accept(actor=cast.actor("officer"), county=COUNTY, number=taken.case_number, version=1)
    undone = commands.undo(actor=clerk, ruling_id=latest(clerk))
    assert sorted(undone.findings) == sorted([three[0].pk, three[2].pk])
    assert [title for title, _ in undone.left] == [taken.title]
    assert statuses() == ["review", "filed", "review"]


def test_steps_are_taken_back_one_after_the_other_past_what_cannot(
    three: list[Any], clerk: Any, cast: Any
) -> None:
    from mingbai.capture import commands, queries
    from mingbai.cases import commands as cases

    commands.dismiss(actor=clerk, finding_id=three[0].pk, version=1)
    commands.dismiss(actor=clerk, finding_id=three[1].pk, version=1)
    number = commands.file_case(actor=clerk, finding_id=three[2].pk, version=1)
    cases.accept(actor=cast.actor("officer"), county=COUNTY, number=number, version=1)
    assert commands.undo(actor=clerk, ruling_id=latest(clerk)).findings == [three[1].pk]
    assert commands.undo(actor=clerk, ruling_id=latest(clerk)).findings == [three[0].pk]
    assert queries.ruled_today(clerk).latest is None
    assert statuses() == ["review", "review", "filed"]


def test_a_batch_of_nothing_too_much_or_unknown_changes_nothing(
    three: list[Any], clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.commands import Item
    from mingbai.kernel.decisions import BadInput, Missing

    before = state()
    with pytest.raises(BadInput, match="请先勾选要一起处理的。"):
        commands.rule_many(actor=clerk, items=[], verb="file")
    with pytest.raises(BadInput, match="一次最多处理 100 条。"):
        commands.rule_many(actor=clerk, items=[Item(n, 1) for n in range(101)], verb="file")
    with pytest.raises(Missing):
        commands.rule_many(actor=clerk, items=items(*three), verb="seal")
    assert state() == before


def test_neither_a_neighbour_nor_a_stranger_rules_on_many(
    three: list[Any], clerk: Any, cast: Any
) -> None:
    from dataclasses import replace

    from mingbai.capture import commands
    from mingbai.kernel.decisions import Missing

    before = state()
    for name in ("officer", "town", "it", "villager"):
        with pytest.raises(Missing):
            commands.rule_many(actor=cast.actor(name), items=items(*three), verb="dismiss")
    stranger = replace(clerk, scope="350526", region="350526000000")
    done = commands.rule_many(actor=stranger, items=items(*three), verb="dismiss")
    assert list(done.done) == []
    assert {title for title, _ in done.left} == {"看不到的一条"}
    assert state() == before


def test_the_page_rules_on_the_ticked_and_says_what_was_left(
    three: list[Any], client_as: Any
) -> None:
    clerk = client_as("clerk")
    clerk.post(f"/capture/review/{three[0].pk}/dismiss", {"version": "1"})
    answer = clerk.post(
        "/capture/review/batch",
        {
            "item": [f"{f.pk}:1" for f in three] + ["x:1", "5"],
            "verb": "dismiss",
            "kept": "kind=request&evil=1",
        },
        follow=True,
    )
    assert answer.redirect_chain == [("/capture/review?kind=request", 302)]
    page = text(answer)
    assert "已记为闲聊 2 条。" in page
    assert f"“{three[0].title}”没有处理：这一条刚被别人核对过" in page
    empty = text(clerk.post("/capture/review/batch", {"verb": "file"}, follow=True))
    assert "请先勾选要一起处理的。" in empty
    assert clerk.post("/capture/review/batch", {"verb": "x", "item": "1:1"}).status_code == 404


def test_the_list_is_narrowed_by_place_kind_danger_and_words(
    asked: Any, group_of: Any, client_as: Any
) -> None:
    near = group_of("g2", NEIGHBOUR)
    made(2, group=asked.group)
    made(3, NEIGHBOUR, near.group, kind="question")
    made(1, NEIGHBOUR, near.group, urgent=True, title="急的", text="电线掉下来了")
    clerk = client_as("clerk")
    for query, count in (
        ("", 6),
        (f"place={NEIGHBOUR}", 4),
        ("place=350525101000", 6),
        ("kind=question", 3),
        ("urgent=1", 1),
        ("q=电线", 1),
        (f"place={VILLAGE}&q=第1件", 1),
        ("place=没有&kind=clue", 6),
    ):
        page = text(clerk.get(f"/capture/review?{query}"))
        assert f"拿不准的 {count} 条" in page, query
    nothing = text(clerk.get("/capture/review?q=没有这样的字"))
    assert "没有找到 换个条件，或者看全部。" in nothing


def test_the_narrowing_goes_along_with_every_step(asked: Any, client_as: Any) -> None:
    first, second, _ = made(3, group=asked.group)
    clerk = client_as("clerk")
    html = clerk.get("/capture/review?kind=request").content.decode()
    assert f'href="/capture/review/{second.pk}?kind=request"' in html
    answer = clerk.post(
        f"/capture/review/{first.pk}/dismiss",
        {"version": "1", "next": str(second.pk), "kept": "kind=request"},
    )
    assert answer.headers["Location"] == f"/capture/review/{second.pk}?kind=request"


def test_the_desk_goes_on_beyond_the_first_sixty(asked: Any, client_as: Any) -> None:
    findings = made(130, group=asked.group)
    clerk = client_as("clerk")
    address, seen = "/capture/review", []
    while address:
        html = clerk.get(address).content.decode()
        assert "拿不准的 130 条" in html
        seen += [int(n) for n in re.findall(r'name="item" form="batch" value="(\d+):1"', html)]
        link = re.search(r'rel="next" href="([^"]+)"', html)
        address = link.group(1) if link else ""
    assert seen == [f.pk for f in findings]


def test_the_last_of_a_page_leads_to_the_next_page(asked: Any, client_as: Any) -> None:
    findings = made(61, group=asked.group)
    html = client_as("clerk").get(f"/capture/review/{findings[59].pk}").content.decode()
    link = re.search(r'href="(/capture/review\?after=[^"]+)" data-key="j"', html)
    assert link is not None
    page = client_as("clerk").get(link.group(1)).content.decode()
    assert f'value="{findings[60].pk}:1"' in page


def test_a_small_kind_is_kept_with_its_field_and_undone_with_it(
    three: list[Any], clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.kernel.decisions import BadInput

    typed = {"kind": "request", "place": "老榕树下", "urgent": False, "finding_id": three[0].pk}
    before = state()
    with pytest.raises(BadInput, match="小类不属于这个领域，请重选。"):
        commands.correct(actor=clerk, version=1, field="water", sub="streetlamp", **typed)
    assert state() == before
    commands.correct(actor=clerk, version=1, field="facility", sub="streetlamp", **typed)
    found = Finding.objects.get(pk=three[0].pk)
    assert (found.field, found.sub) == ("facility", "streetlamp")
    commands.undo(actor=clerk, ruling_id=latest(clerk))
    found.refresh_from_db()
    assert (found.sub, found.place) == (three[0].sub, three[0].place)


def test_rulings_are_tallied_under_what_the_machine_found_and_taken_out_again(
    three: list[Any], clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import RulingTally

    def tallies() -> list[tuple[str, str, int]]:
        rows = RulingTally.objects.exclude(verb="automatic").order_by("verb")
        return list(rows.values_list("verb", "kind", "times"))

    commands.dismiss(actor=clerk, finding_id=three[0].pk, version=1)
    commands.file_case(actor=clerk, finding_id=three[2].pk, version=1, kind="question")
    assert tallies() == [("dismiss", "request", 1), ("file", "request", 1)]
    row = RulingTally.objects.get(verb="dismiss")
    assert (str(row.month), row.model, row.band) == (
        "2026-11-01",
        three[0].model,
        min(int(three[0].confidence * 10), 9),
    )
    commands.undo(actor=clerk, ruling_id=latest(clerk))
    assert tallies() == [("dismiss", "request", 1), ("file", "request", 0)]


def test_what_is_confirmed_is_learned_from_until_it_is_taken_back(
    three: list[Any], another_clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import LocalExample

    town = another_clerk("towns", "黄小燕", "350525101000", "350525101")
    commands.dismiss(actor=town, finding_id=three[0].pk, version=1)
    commands.file_case(actor=town, finding_id=three[2].pk, version=1, kind="question")
    assert list(LocalExample.objects.values_list("text", "kind")) == [(three[2].text, "question")]
    commands.undo(actor=town, ruling_id=latest(town))
    assert not LocalExample.objects.exists()


def test_a_clerk_of_one_town_tallies_for_the_county(three: list[Any], another_clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import RulingTally

    town = another_clerk("towns", "黄小燕", "350525101000", "350525101")
    commands.dismiss(actor=town, finding_id=three[0].pk, version=1)
    assert RulingTally.objects.get(verb="dismiss").times == 1


def test_the_days_page_tells_who_ruled_what_and_no_talk(
    three: list[Any], client_as: Any, clerk: Any, another_clerk: Any
) -> None:
    from mingbai.capture import commands

    other = another_clerk("other_clerk", "蔡晓燕")
    commands.dismiss(actor=clerk, finding_id=three[0].pk, version=1)
    commands.file_case(actor=clerk, finding_id=three[1].pk, version=1)
    commands.dismiss(actor=other, finding_id=three[2].pk, version=1)
    commands.undo(actor=other, ruling_id=latest(other))
    page = text(client_as("clerk").get("/capture/review/done"))
    assert "周敏 2 1 0 0 1 0" in page
    assert "蔡晓燕 0 0 0 0 0 1" in page
    assert three[0].title in page
    assert three[0].text not in page
    assert "已撤销" in page
    only = text(client_as("clerk").get(f"/capture/review/done?who={other.person_id}"))
    assert three[2].title in only
    assert three[0].title not in only
    assert "这一天没有人核对过" in text(
        client_as("clerk").get("/capture/review/done?day=2026-11-17")
    )


def test_a_ruled_finding_shows_its_own_words_and_leads_back_while_it_waits(
    three: list[Any], client_as: Any, clerk: Any, cast: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.cases import commands as cases

    client = client_as("clerk")
    waits = client.get(f"/capture/review/done/{three[0].pk}")
    assert waits.headers["Location"] == f"/capture/review/{three[0].pk}"
    commands.correct(
        actor=clerk,
        finding_id=three[0].pk,
        version=1,
        field="facility",
        kind="request",
        sub="streetlamp",
        place="老榕树下",
        urgent=False,
    )
    page = text(client.get(f"/capture/review/done/{three[0].pk}"))
    assert three[0].text in page
    assert "公共设施，路灯" in page
    assert "周敏：改后立件" in page
    number = Finding.objects.get(pk=three[0].pk).case_number
    link = f'href="/c/{number}"'
    address = f"/capture/review/done/{three[0].pk}"
    assert link not in client.get(address).content.decode()  # its village has not accepted it
    cases.accept(actor=cast.actor("officer"), county=COUNTY, number=number, version=1)
    assert link in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("reasons", "marks"),
    [
        ([("kind", 0, 10), ("place", 2, 4), ("urgency", 6, 8)], [("地", 2), ("急", 2)]),
        ([("kind", 0, 10)], [("类", 10)]),
        ([("place", 0, 4), ("urgency", 3, 5)], [("急", 2)]),
        ([("urgency", 8, 99), ("time", 5, 5), ("field", 0, 2)], []),
    ],
)
def test_marks_show_the_narrowest_reason(
    reasons: list[tuple[str, int, int]], marks: list[tuple[str, int]]
) -> None:
    from mingbai.capture.queries.talk import cut

    given = [{"about": a, "start": s, "end": e, "line_id": "m1"} for a, s, e in reasons]
    pieces = cut("零一二三四五六七八九", "m1", given)
    assert "".join(p.text for p in pieces) == "零一二三四五六七八九"
    assert [(p.mark, len(p.text)) for p in pieces if p.mark] == marks


def test_a_finding_without_a_place_says_so(asked: Any, client_as: Any) -> None:
    made(1, group=asked.group)
    page = text(client_as("clerk").get("/capture/review"))
    assert "缺地点" in page
    assert "话里没说在哪。" in page
