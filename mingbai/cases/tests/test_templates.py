"""Reply templates and the paper of a case."""

from __future__ import annotations

import re
import sys
import zlib
from typing import Any

import pytest
from PIL import Image, ImageFile

from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.commands import templates
from mingbai.cases.models import Case, CaseEvent, ReplyTemplate
from mingbai.cases.paper import pdf
from mingbai.cases.queries.sheet import sheet
from mingbai.cases.queries.templates import reply_with, templates_of
from mingbai.kernel.decisions import BadInput, Missing

COUNTY = "350525"
WORDS = "{村}反映的路灯（{件号}）已经修好，换了灯泡。{名字}，{电话}。"


def make(cast: Any, text: str = WORDS, who: str = "officer", title: str = "路灯修好") -> int:
    return templates.save_template(actor=cast.actor(who), title=title, text=text)


def test_the_blanks_are_filled_and_the_answer_names_its_handler(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("accepted")
    template = make(cast)
    client = client_as("officer")
    path = f"/desk/cases/{case.number}/reply/{template}"
    words = f"石鼓村反映的路灯（{case.number}）已经修好，换了灯泡。王建国，0595-23880000。"
    assert words in client.get(path).content.decode()
    client.post(path, {"reply": words, "version": case.version})
    assert Case.objects.get(pk=case.pk).state == "answered"
    assert CaseEvent.objects.get(case=case, verb="answer").text == words


def test_a_template_without_name_and_phone_gets_them(cast: Any, file: Any) -> None:
    template = make(cast, "这件已经办好，谢谢你提醒我们。")
    case = file("accepted")
    filled = reply_with(cast.actor("officer"), COUNTY, case.number, template).filled
    assert filled.endswith("办理人：王建国，电话：0595-23880000。")


@pytest.mark.parametrize(
    "text",
    [
        "路灯已修好，换了{做了什么}。王建国，0595-23880000。",
        "路灯已修好，换了｛什么｝。王建国，0595-23880000。",
        "路灯已修好，换了{}。王建国，0595-23880000。",
        "路灯已修好，换了灯泡和线路。王建国。",
        "路灯已修好，换了灯泡和线路，电话 0595-23880000。",
    ],
)
def test_an_answer_with_a_blank_or_without_handler_cannot_be_sent(
    cast: Any, file: Any, client_as: Any, text: str
) -> None:
    case = file("handling")
    answer = client_as("officer").post(
        f"/desk/cases/{case.number}/reply/{make(cast)}", {"reply": text, "version": case.version}
    )
    assert answer.status_code == 400
    assert text in answer.content.decode()
    assert Case.objects.get(pk=case.pk).state == "handling"


def test_an_office_without_a_phone_cannot_answer_by_template(cast: Any, file: Any) -> None:
    case, template = file("handling"), make(cast)
    cast.bodies["village"].phone = ""
    cast.bodies["village"].save()
    officer = cast.actor("officer")
    words = reply_with(officer, COUNTY, case.number, template).filled
    assert "{电话}" in words
    for text in (words, words.replace("{电话}", "")):
        with pytest.raises(BadInput):
            templates.reply(
                actor=officer, county=COUNTY, number=case.number, version=case.version, text=text
            )
    assert Case.objects.get(pk=case.pk).state == "handling"


def test_a_stale_page_answers_nothing(cast: Any, file: Any, client_as: Any) -> None:
    case, template = file("handling"), make(cast)
    words = reply_with(cast.actor("officer"), COUNTY, case.number, template).filled
    answer = client_as("officer").post(
        f"/desk/cases/{case.number}/reply/{template}", {"reply": words, "version": 1}
    )
    assert answer.status_code == 409
    assert Case.objects.get(pk=case.pk).state == "handling"


def test_templates_belong_to_their_body(cast: Any, file: Any, client_as: Any) -> None:
    template = make(cast)
    for who in ("neighbour", "town", "far"):
        assert templates_of(cast.actor(who)) == []
        client = client_as(who)
        assert client.get(f"/desk/cases/templates/{template}").status_code == 404
        changed = client.post(f"/desk/cases/templates/{template}", {"title": "改了", "text": WORDS})
        assert changed.status_code == 404
        assert client.post(f"/desk/cases/templates/{template}/retire").status_code == 404
    row = ReplyTemplate.objects.get()
    assert (row.title, row.retired_at) == ("路灯修好", None)


def test_a_template_is_added_changed_and_retired_on_its_page(cast: Any, client_as: Any) -> None:
    client = client_as("officer")
    client.post("/desk/cases/templates", {"title": "水管修好", "text": WORDS})
    row = ReplyTemplate.objects.get()
    client.post(f"/desk/cases/templates/{row.pk}", {"title": "水管换好", "text": WORDS})
    assert "水管换好" in client.get("/desk/cases/templates").content.decode()
    twice = client.post("/desk/cases/templates", {"title": "水管换好", "text": WORDS})
    assert twice.status_code == 400
    assert "同名" in twice.content.decode()
    client.post(f"/desk/cases/templates/{row.pk}/retire")
    assert "水管换好" not in client.get("/desk/cases/templates").content.decode()
    assert ReplyTemplate.objects.count() == 1
    verbs = Entry.objects.filter(thing="template").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["template.save", "template.save", "template.retire"]


def test_the_paper_names_officials_and_hides_the_reporter(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("answered", phone="13800001111", place="林家门口 13912345678")
    paper = sheet(cast.actor("officer"), COUNTY, case.number)
    assert (paper.reporter, paper.phone) == ("林*婶", "138****1111")
    assert [step.word for step in paper.steps] == ["提交", "受理", "开始办理", "答复"]
    assert [step.who for step in paper.steps][:2] == ["反映人", "石鼓村村委会 王建国"]
    page = client_as("officer").get(f"/desk/cases/{case.number}/sheet").content.decode()
    assert "王建国" in page
    for hidden in ("13800001111", "13912345678", "林阿婶"):
        assert hidden not in page
    entry = Entry.objects.get(verb="case.print_sheet")
    assert entry.person_id == cast.people["officer"].pk
    with pytest.raises(Missing):
        sheet(cast.actor("neighbour"), COUNTY, case.number)


def test_a_hand_over_on_paper_names_the_body_that_made_it(cast: Any, file: Any) -> None:
    case = file("accepted")
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        receiver=cast.bodies["town"].pk,
        text="村里没有电工",
    )
    step = sheet(cast.actor("town"), COUNTY, case.number).steps[-1]
    assert (step.who, step.text) == (
        "石鼓村村委会 王建国",
        "由五里街镇人民政府来办。村里没有电工",
    )


def test_the_paper_as_pdf_embeds_its_chinese_font(cast: Any, file: Any, client_as: Any) -> None:
    case = file("answered")
    answer = client_as("officer").get(f"/desk/cases/{case.number}/sheet.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", answer.content, re.DOTALL)
    opened = b"".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"x")
    assert b"/FontFile" in answer.content + opened
    assert b"CJK" in answer.content + opened
    assert Entry.objects.filter(verb="case.print_sheet").count() == 1
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_server_without_text_layout_says_so_and_keeps_the_printing_page(
    cast: Any, file: Any, client_as: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file("answered")
    package = tmp_path / "weasyprint"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('cannot load library')")
    for name in [n for n in sys.modules if n.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    client = client_as("officer")
    answer = client.get(f"/desk/cases/{case.number}/sheet.pdf", follow=True)
    assert "请用浏览器的打印存成 PDF" in answer.content.decode()
    assert client.get(f"/desk/cases/{case.number}/sheet").status_code == 200


def test_a_paper_fetches_nothing(tmp_path: Any) -> None:
    noise = tmp_path / "noise.png"
    Image.effect_noise((200, 200), 90).save(noise)
    drawn = pdf(f'<img src="{noise.as_uri()}"><img src="//example.org/x.png">办理单', "")
    assert drawn.startswith(b"%PDF")
    assert len(drawn) < len(pdf("办理单", "")) + 2000
    assert noise.stat().st_size > 10_000
