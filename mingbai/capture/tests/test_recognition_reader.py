import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lines import Line, LineType, Role
from mingbai.capture.recognition.model import Model
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
GAZETTEER = Gazetteer(
    [("青石村", "350521101201"), ("青石", "350521101201"), ("后洋村", "350521101202")]
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Model.load(), GAZETTEER)


def line(
    name: str, sender: str, minute: float, text: str, *, role: Role = "villager",
    kind: LineType = "text", group: str = "g1",
) -> Line:  # fmt: skip
    return Line(name, group, sender, role, START + timedelta(minutes=minute), kind, text)


TALK = [
    line("1", "阿明", 0, "早上好"),
    line(
        "2",
        "阿花",
        3,
        "青石村小学门口的路灯坏了半个月，晚上黑漆漆，孩子放学摔了两回，能不能来修一下",
    ),
    line("3", "老吴", 4, "土鸡蛋一块五一个，要的私我"),
    line("4", "阿花", 5, "", kind="image"),
    line("5", "阿强", 7, "我家门口那盏也是，好几次了"),
    line("6", "主任", 30, "收到，明天安排电工去修路灯", role="officer"),
    line("7", "阿珍", 60, "请问高龄补贴要什么材料，到哪里办理"),
    line("8", "老林", 90, "低保名单里有的人开着轿车，他姐夫是会计，懂的都懂"),
    line("9", "老林", 91, "钱进了谁的口袋大家心里有数"),
    line("10", "阿珍", 400, "今天鱼价多少"),
    line("11", "阿海", 5, "自来水停了，我们后洋村一滴水都没有，什么时候能来水", group="g2"),
]


def summary(found: list[Found]) -> list[tuple[str, ...]]:
    return [(f.kind, f.status, *f.line_ids) for f in found]


def test_a_problem_is_joined_across_other_peoples_interjections(reader: Reader) -> None:
    first = reader.read(TALK)[0]
    assert (first.kind, first.field, first.group) == ("request", "facility", "g1")
    assert first.line_ids == ("2", "4", "5", "6")
    assert first.head_ids == ("2", "4")


def test_place_and_region_are_read_from_the_words(reader: Reader) -> None:
    first = reader.read(TALK)[0]
    assert first.place == "青石村小学门口"
    assert first.place_region == "350521101201"


def test_reasons_point_at_the_words_they_name(reader: Reader) -> None:
    texts = {item.id: item.text for item in TALK}
    reasons = [reason for found in reader.read(TALK) for reason in found.reasons]
    assert {reason.about for reason in reasons} >= {"kind", "field", "place", "clue", "join"}
    for reason in reasons:
        if reason.words:
            assert texts[reason.line_id][reason.start : reason.end] == reason.words


def test_a_hinted_clue_is_sealed(reader: Reader) -> None:
    clue = next(found for found in reader.read(TALK) if "8" in found.line_ids)
    assert (clue.kind, clue.status) == ("clue", "sealed")
    assert clue.line_ids == ("8", "9")


def test_greetings_and_sales_are_left_alone(reader: Reader) -> None:
    taken = {i for found in reader.read(TALK) for i in found.line_ids}
    assert taken.isdisjoint({"1", "3", "10"})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(TALK), doubled=st.lists(st.sampled_from(TALK), max_size=5))
def test_any_order_and_doubling_of_lines_gives_the_same_findings(
    order: list[Line], doubled: list[Line]
) -> None:
    reader = Reader(Model.load(), GAZETTEER)
    assert reader.read([*order, *doubled]) == reader.read(TALK)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_can_be_read_and_a_clue_is_never_open(texts: list[str]) -> None:
    reader = Reader(Model.load(), GAZETTEER)
    lines = [line(str(i), "a", i, text) for i, text in enumerate([*texts, TALK[7].text])]
    for found in reader.read(lines):
        assert (found.kind == "clue") == (found.status == "sealed")


def test_no_lines_give_no_findings(reader: Reader) -> None:
    assert reader.read([]) == []


def test_later_support_joins_the_earlier_finding(reader: Reader) -> None:
    earlier = reader.read(TALK[:4])
    later = reader.read([line("5", "阿强", 7, "我家门口那盏路灯也是不亮")], earlier)
    assert [(f.joins, f.line_ids) for f in later] == [(earlier[0].key, ("5",))]


def test_the_same_problem_days_later_points_at_the_first(reader: Reader) -> None:
    text = "青石村小学门口的路灯又坏了，晚上黑漆漆的，什么时候来修"
    earlier = reader.read(TALK[:4])
    again = reader.read([line("20", "阿花", 60 * 24 * 6, text)], earlier)
    assert [f.same_as for f in again] == [earlier[0].key]


def test_alike_words_about_different_places_do_not_chain(reader: Reader) -> None:
    lines = [
        line("1", "a", 0, "村口的路灯坏了，请村里来修"),
        line("2", "b", 60 * 24, "桥头的路灯坏了，请村里来修"),
        line("3", "c", 60 * 48, "渡口的路灯坏了，请村里来修"),
    ]
    found = reader.read(lines)
    keys = {f.key: f for f in found}
    assert all(keys[f.same_as].same_as is None for f in found if f.same_as)


def test_keys_depend_only_on_the_head_line(reader: Reader) -> None:
    whole = {f.head_ids[0]: f.key for f in reader.read(TALK)}
    part = {f.head_ids[0]: f.key for f in reader.read(TALK[:4])}
    assert part.items() <= whole.items()


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("mingbai.capture.recognition.reader", "sklearn"),
        ("mingbai.capture.recognition", "numpy"),
        ("mingbai.capture.recognition.reader", "numpy"),
    ],
)
def test_importing_the_engine_does_not_load_heavy_libraries(module: str, absent: str) -> None:
    code = f"import sys, {module}; sys.exit(int({absent!r} in sys.modules))"
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
