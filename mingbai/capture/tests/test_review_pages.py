"""The review desk and the registry as pages: what they show, and how many queries they cost."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"


def text(answer: Any) -> str:
    """Return the words of a page's main part, white space squeezed."""
    assert answer.status_code == 200, answer.status_code
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def queries_of(client: Any, address: str) -> int:
    client.get(address)  # the first reading of a day is put on record
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_the_desk_shows_the_finding_with_its_reasons_and_the_talk_around_it(
    asked: Any, client_as: Any
) -> None:
    asked.take(
        asked.say("hello", who="阿明"),
        asked.say("lamp", 1),
        asked.say("", 2, kind="image"),
        asked.say("promise", 9, who="主任", role="officer"),
    )
    asked.read()
    page = text(client_as("clerk").get("/capture/review"))
    assert "今天已核 0" in page
    assert "拿不准的 1 条" in page
    assert "早上好" in page
    assert "村口 地 老榕树下的路灯坏了" in page
    assert "[照片]" in page
    assert "村干部" in page
    assert "地点是“村口”" in page
    assert "1 是诉求，立件" in page
    assert "9 像举报，封存移交" in page
    assert "林阿婶" not in page


def test_the_desk_without_findings_says_so(talk: Any, client_as: Any) -> None:
    page = text(client_as("clerk").get("/capture/review"))
    assert "没有要核对的 群里新的诉求，机器拿不准时会排到这里。 看村群" in page


def test_a_finding_whose_talk_was_forgotten_shows_what_was_kept(
    asked: Any, client_as: Any, at: Any
) -> None:
    from mingbai.capture import commands

    finding = asked.found(asked.say("lamp"))
    at("2026-11-21 09:01")
    commands.forget_old(county=COUNTY)
    page = text(client_as("clerk").get(f"/capture/review/{finding.pk}"))
    assert f"原话已到期删除，只留下这一段： {finding.text}" in page


def test_ruling_goes_on_to_the_next_finding_and_names_what_undo_would_take_back(
    asked: Any, client_as: Any
) -> None:
    from mingbai.capture.models import Finding

    asked.take(
        asked.say("lamp"), asked.say("ask", 40, who="阿珍"), asked.say("water", 80, who="阿海")
    )
    asked.read()
    newest, middle, oldest = Finding.objects.order_by("-said_at")
    clerk = client_as("clerk")
    answer = clerk.post(
        f"/capture/review/{newest.pk}/dismiss", {"version": "1", "next": str(middle.pk)}
    )
    assert answer.headers["Location"] == f"/capture/review/{middle.pk}"
    page = text(clerk.get(answer.headers["Location"]))
    assert "已记为闲聊，原话到期删除。" in page
    assert "撤销：不立件“自来水停了，一滴水都…” Z" in page
    answer = clerk.post(
        f"/capture/review/{middle.pk}/file", {"version": "1", "next": str(oldest.pk)}, follow=True
    )
    assert "已立件，件号 350525-2611-00001。" in text(answer)


def test_undo_on_the_page_shows_the_finding_again(asked: Any, client_as: Any) -> None:
    from mingbai.capture.models import Ruling

    finding = asked.found(asked.say("lamp"))
    clerk = client_as("clerk")
    clerk.post(f"/capture/review/{finding.pk}/file", {"version": "1"})
    page = clerk.post("/capture/review/undo", {"ruling": str(Ruling.objects.get().pk)}, follow=True)
    assert page.redirect_chain == [(f"/capture/review/{finding.pk}", 302)]
    assert "已撤销，请重新核对。" in text(page)


def test_a_finding_that_another_clerk_ruled_on_leads_back_to_the_desk(
    asked: Any, client_as: Any
) -> None:
    finding = asked.found(asked.say("lamp"))
    clerk = client_as("clerk")
    clerk.post(f"/capture/review/{finding.pk}/dismiss", {"version": "1"})
    again = clerk.post(f"/capture/review/{finding.pk}/file", {"version": "1"}, follow=True)
    assert again.redirect_chain[-1][0] == "/capture/review"
    assert "这一条刚被别人核对过，或者内容有了变化，请再看一遍。" in text(again)


def test_what_is_corrected_badly_says_what_to_mend(asked: Any, client_as: Any) -> None:
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    clerk = client_as("clerk")
    for posted in ({"kind": "clue", "field": "road", "version": "1"}, {"version": "x"}):
        page = text(clerk.post(f"/capture/review/{finding.pk}/correct", posted, follow=True))
        assert "请选好类别和领域再立件。" in page
    assert not Case.objects.exists()


def test_a_case_that_may_be_the_same_is_offered_for_merging(
    talk: Any, group_of: Any, client_as: Any
) -> None:
    number = talk.found(talk.say("water")).case_number
    other = group_of("g2", NEIGHBOUR)
    finding = other.found(other.say("water", 30, who="阿海"))
    page = text(client_as("clerk").get(f"/capture/review/{finding.pk}"))
    assert number in page
    assert f"2 并入 {number[-5:]}" in page


def test_words_from_the_group_are_escaped(asked: Any, client_as: Any) -> None:
    asked.found(asked.say("村口路灯坏了半个月，能不能来修一下<script>alert(1)</script>"))
    html = client_as("clerk").get("/capture/review").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_the_desk_costs_the_same_with_one_finding_and_with_thirty(
    asked: Any, client_as: Any, group_of: Any
) -> None:
    asked.found(asked.say("lamp"))
    clerk = client_as("clerk")
    few = queries_of(clerk, "/capture/review")
    for n in range(29):
        other = group_of(f"n{n}", mode="confirmed")
        other.take(other.say("water", n))
    asked.read()
    assert queries_of(clerk, "/capture/review") == few == 27


def test_the_registry_costs_the_same_with_one_group_and_with_thirty(
    talk: Any, client_as: Any, group_of: Any
) -> None:
    officer = client_as("town")
    few = queries_of(officer, "/capture/groups")
    for n in range(29):
        group_of(f"n{n}", NEIGHBOUR)
    assert queries_of(officer, "/capture/groups") == few == 14
