"""The duty list as a spreadsheet: every bad cell named, nothing half applied, a whole county in one go."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from mingbai.accounts import commands, duties, queries, sheets
from mingbai.accounts.duties import Matter
from mingbai.accounts.models import Body, Duty, DutyDraft, DutyList, Person, Post
from mingbai.audit.models import Entry
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import case_fields
from mingbai.regions.models import Region

COUNTY = "350525"
WATER = ("永春县水利局", "饮水供水", "", "县", "", "主办", "2024-01-01", "", "", "")


def book(*rows: Sequence[object], head: Sequence[str] = sheets.COLUMNS, title: str = "") -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    if title:
        sheet.append([title])
    sheet.append(list(head))
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(row: Sequence[object], **cells: object) -> tuple[object, ...]:
    return tuple(cells.get(name, value) for name, value in zip(sheets.COLUMNS, row, strict=True))


def faults(*rows: Sequence[object]) -> list[tuple[int, str, str]]:
    found = queries.preview(COUNTY, book(*rows))
    return [(f.row, f.column, f.why) for f in found.faults]


def test_a_right_sheet_has_no_faults_and_tells_what_it_changes(cast: Any) -> None:
    found = queries.preview(COUNTY, book(WATER, changed(WATER, 领域="道路交通")))
    assert (found.rows, found.faults, found.ready) == (2, [], True)
    assert (found.added, found.changed, found.ended, found.same) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ({"单位": ""}, "单位", "请写单位。"),
        ({"单位": "永春县水力局"}, "单位", "单位登记里没有它，是不是“永春县水利局”？"),
        ({"单位": "永春县纪委监委"}, "单位", "纪检监察机关不承办诉求，可以写在“督办单位”。"),
        ({"单位": "石鼓村村委会"}, "单位", "它是村委会，办不了县里的事，请改层级或单位。"),
        ({"领域": "饮水供应"}, "领域", "没有这个领域，是不是“饮水供水”？"),
        ({"细类": "路灯"}, "细类", "“饮水供水”里没有这个细类，请核对。"),
        ({"层级": "市里"}, "层级", "层级请写村、镇或县。"),
        ({"地域": "五里街"}, "地域", "本县没有这个地方，是不是“五里街镇”？"),
        ({"主办或协办": "都办"}, "主办或协办", "请写主办或协办。"),
        ({"起": ""}, "起", "请写从哪天起，如 2025-03-01。"),
        ({"起": "去年"}, "起", "日期看不懂，请写成 2025-03-01。"),
        ({"起": "2025-02-31"}, "起", "日期看不懂，请写成 2025-03-01。"),
        ({"止": "2023-01-01"}, "止", "不能早于“起”。"),
        ({"依据": "文" * 201}, "依据", "最多写 200 个字。"),
        ({"督办单位": "没有的局"}, "督办单位", "单位登记里没有它，请核对。"),
        ({"单位": "=1+1"}, "单位", "这一格是公式，请改成文字。"),
    ],
)
def test_every_bad_cell_is_named_with_row_column_and_remedy(
    cast: Any, cells: dict[str, str], column: str, sentence: str
) -> None:
    assert faults(WATER, changed(WATER, 领域="道路交通"), changed(WATER, **cells))[-1:] == [
        (4, column, sentence)
    ]


def test_all_bad_cells_of_a_row_are_named_at_once(cast: Any) -> None:
    row = ("不知道哪个局", "路", "", "省", "火星", "", "某天", "", "", "")
    assert [column for _, column, _ in faults(row)] == ["单位", "领域", "层级", "地域", "起"]


def test_the_same_row_twice_is_a_fault(cast: Any) -> None:
    assert faults(WATER, WATER) == [(3, "单位", "和第 2 行完全一样，请删掉一行。")]


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-01",
        "2025/3/1",
        "2025.3.1",
        "2025年3月1日",
        datetime(2025, 3, 1, tzinfo=UTC).replace(tzinfo=None),
        "2025-03-01 00:00:00",
    ],
)
def test_dates_are_read_as_people_and_programs_write_them(cast: Any, written: object) -> None:
    found = queries.preview(COUNTY, book(changed(WATER, 起=written)))
    assert found.faults == []
    assert found.lines[0].since == date(2025, 3, 1)


@pytest.mark.parametrize("written", ["全县", "永春县", "350525000000", "350525", ""])
def test_the_county_is_written_in_several_ways(cast: Any, written: str) -> None:
    assert queries.preview(COUNTY, book(changed(WATER, 地域=written))).lines[0].scope == COUNTY


def test_a_name_that_two_places_bear_has_to_be_written_with_its_town(cast: Any) -> None:
    twin("350525102000", "350525102", "town", "城关镇", "350525000000")
    twin("350525102201", "350525102201", "village", "石鼓村", "350525102000")
    body = Body.objects.create(kind="village", region_id="350525102201", name="石鼓村村委会")
    row = changed(WATER, 单位="石鼓村村委会", 层级="村")
    assert faults(row) == [(2, "单位", "有 2 个同名单位，请写成“乡镇名/石鼓村村委会”。")]
    assert faults(changed(row, 地域="石鼓村"))[-1][1:] == (
        "地域",
        "有 2 个地方叫这个名字，请写成“乡镇名/石鼓村”。",
    )
    right = changed(row, 单位="城关镇/石鼓村村委会", 地域="城关镇/石鼓村")
    found = queries.preview(COUNTY, book(right))
    assert (found.faults, found.lines[0].body) == ([], body.pk)
    by_place = queries.preview(COUNTY, book(changed(row, 地域="城关镇/石鼓村")))
    assert (by_place.faults, by_place.lines[0].body) == ([], body.pk)


def twin(code: str, scope: str, level: str, name: str, parent: str) -> None:
    Region.objects.create(
        code=code,
        scope=scope,
        level=level,
        name=name,
        official_name=name,
        short_name=name[:-1],
        pinyin="",
        initials="",
        county=COUNTY,
        parent_id=parent,
        valid_from=date(2020, 1, 1),
    )


def test_a_title_above_the_heading_and_other_columns_do_not_matter(cast: Any) -> None:
    head = ["序号", *sheets.COLUMNS]
    content = book((1, *WATER), head=head, title="永春县职责清单")
    found = queries.preview(COUNTY, content)
    assert (found.rows, found.faults) == (1, [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "空的"),
        (b"not a workbook", "打不开"),
        (b"PK\x03\x04 broken", "打不开"),
        (b"x" * (sheets.MOST_BYTES + 1), "太大"),
    ],
)
def test_a_file_that_is_no_workbook_gets_a_sentence(
    cast: Any, content: bytes, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        queries.preview(COUNTY, content)


def test_a_workbook_without_our_columns_is_told_which_they_are(cast: Any) -> None:
    with pytest.raises(BadInput, match="没找到表头"):
        queries.preview(COUNTY, book(("a", "b"), head=("甲", "乙")))


def test_a_packed_bomb_is_refused_unopened(cast: Any) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    with pytest.raises(BadInput, match="解开后太大"):
        queries.preview(COUNTY, out.getvalue())


def test_a_sheet_that_names_things_by_entities_is_refused(cast: Any) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(WATER))) as whole,
        zipfile.ZipFile(out, "w") as packed,
    ):
        for name in whole.namelist():
            text = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
                text = bomb + text
            packed.writestr(name, text)
    with pytest.raises(BadInput, match="打不开"):
        queries.preview(COUNTY, out.getvalue())


@given(st.text(max_size=30))
def test_no_text_is_written_as_a_formula_and_each_comes_back(text: str) -> None:
    written = sheets.quoted(text)
    assert written[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    if text.strip() == text and not text.startswith("'"):
        assert sheets._value(written) == text


def test_what_looks_like_a_command_leaves_the_download_as_text(cast: Any) -> None:
    basis = '=HYPERLINK("http://evil.example","看")'
    Duty.objects.update(basis=basis)
    content = queries.export_list(cast.actor("it"))
    sheet = load_workbook(io.BytesIO(content))["职责清单"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert f"'{basis}" in [cell.value for cell in cells]
    found = queries.preview(COUNTY, content)
    assert (found.faults, found.lines[0].basis) == ([], basis)


def test_a_download_that_is_uploaded_again_changes_nothing(cast: Any) -> None:
    before = queries.duty_lines(COUNTY)
    found = queries.preview(COUNTY, queries.export_list(cast.actor("it")))
    assert (found.added, found.changed, found.ended, found.same) == (0, 0, 0, len(before))
    assert found.lines == before


def test_a_dissolved_body_stays_in_the_list_for_its_own_days(cast: Any) -> None:
    last = date(2026, 6, 30)
    Body.objects.filter(pk=cast.bodies["water"].pk).update(until=last)
    assert faults(WATER) == [(2, "止", "永春县水利局到 2026-06-30 为止，请写不晚于这天。")]
    assert faults(changed(WATER, 止="2026-06-30")) == []
    Duty.objects.update(until=last)
    found = queries.preview(COUNTY, queries.export_list(cast.actor("it")))
    assert (found.faults, found.same) == ([], 2)


def test_two_main_bodies_at_once_are_named_and_block(cast: Any) -> None:
    rival = changed(WATER, 单位="永春县受理中心", 起="2026-12-01", 止="2026-12-31")
    found = queries.preview(COUNTY, book(WATER, rival))
    assert [(o.what, o.one, o.other, o.day, o.until) for o in found.overlaps] == [
        (
            "饮水供水",
            "永春县水利局",
            "永春县受理中心",
            date(2026, 12, 1),
            date(2026, 12, 31),
        )
    ]
    assert not found.ready
    split = queries.preview(COUNTY, book(changed(WATER, 止="2026-11-30"), rival))
    assert split.overlaps == []


def test_a_field_that_nobody_has_is_named_once_for_all_towns(cast: Any) -> None:
    twin("350525102000", "350525102", "town", "城关镇", "350525000000")
    only_one = changed(WATER, 领域="道路交通", 地域="城关镇")
    gaps = queries.preview(COUNTY, book(WATER, only_one)).gaps
    assert "饮水供水" not in {g.field for g in gaps}
    [road] = [g for g in gaps if g.field == "道路交通"]
    assert (list(road.towns), road.all_towns, road.partly) == (["五里街镇"], False, False)
    power = next(g for g in gaps if g.field == "供电通信")
    assert power.all_towns
    later = queries.preview(COUNTY, book(changed(WATER, 止="2026-12-31"))).gaps
    assert next(g for g in later if g.field == "饮水供水").day == date(2027, 1, 1)


def full() -> list[tuple[object, ...]]:
    return [changed(WATER, 领域=f.name) for f in case_fields().values()]


def keep(cast: Any, *rows: Sequence[object], who: str = "it") -> int:
    return commands.keep_draft(
        actor=cast.actor(who), county=COUNTY, name="清单.xlsx", content=book(*rows)
    )


def test_an_uploaded_list_comes_into_force_whole_and_is_on_record(cast: Any) -> None:
    draft = keep(cast, *full())
    assert queries.duty_version(COUNTY) == 1
    number = commands.apply_draft(
        actor=cast.actor("it"), draft_id=draft, seen=1, gaps_accepted=False
    )
    assert (number, queries.duty_version(COUNTY)) == (2, 2)
    assert DutyDraft.objects.count() == 0
    entry = Entry.objects.get(verb="apply", thing_id=f"{COUNTY}-2")
    assert (entry.person_id, entry.detail) == (cast.people["it"].pk, {"lines": 15})
    assert Duty.objects.filter(version__number=2, until=None).count() == 15


def test_who_is_left_out_of_the_new_list_sends_on_from_then(cast: Any) -> None:
    heir = changed(WATER, 单位="永春县受理中心", 起="2026-11-18", 依据="县里通知")
    draft = keep(cast, heir)
    commands.apply_draft(actor=cast.actor("it"), draft_id=draft, seen=1, gaps_accepted=True)
    found = queries.forwarding(
        body_id=cast.bodies["water"].pk, county=COUNTY, region="350525101201", field="water"
    )
    assert found is not None
    assert found.new.name == "永春县受理中心"
    assert "县里通知" in found.why


@pytest.mark.parametrize("what", ["fault", "overlap", "gap", "stale", "empty"])
def test_a_list_that_may_not_be_applied_changes_nothing(cast: Any, what: str) -> None:
    rows = {
        "fault": [*full(), changed(WATER, 单位="没有的局")],
        "overlap": [*full(), changed(WATER, 单位="永春县受理中心")],
        "gap": [WATER],
        "stale": full(),
        "empty": [],
    }[what]
    draft = keep(cast, *rows)
    before = (list(DutyList.objects.values()), Duty.objects.count(), Entry.objects.count())
    with pytest.raises(Refused):
        commands.apply_draft(
            actor=cast.actor("it"),
            draft_id=draft,
            seen=0 if what == "stale" else 1,
            gaps_accepted=False,
        )
    assert before == (list(DutyList.objects.values()), Duty.objects.count(), Entry.objects.count())
    assert DutyDraft.objects.filter(pk=draft).exists()


@pytest.mark.parametrize("who", ["officer", "town", "intake", "clerk", "discipline", "far"])
def test_only_it_administrators_upload_and_apply(cast: Any, who: str) -> None:
    draft = keep(cast, *full())
    with pytest.raises(Refused):
        keep(cast, *full(), who=who)
    with pytest.raises((Refused, Missing)):
        commands.apply_draft(actor=cast.actor(who), draft_id=draft, seen=1, gaps_accepted=True)
    assert (DutyList.objects.count(), DutyDraft.objects.count()) == (1, 1)


def test_drafts_that_nobody_confirmed_are_thrown_away(cast: Any, at: Callable[[str], None]) -> None:
    at("2026-11-18 09:00")
    first = keep(cast, WATER)
    assert keep(cast, *full()) != first
    assert DutyDraft.objects.count() == 1
    commands.discard_draft(actor=cast.actor("it"), draft_id=DutyDraft.objects.get().pk)
    assert DutyDraft.objects.count() == 0
    assert queries.duty_version(COUNTY) == 1


# ---- a county of the size of 裕安: 351 bodies that handle, 29 that supervise ----

HANDLING, SUPERVISING, TOWNS = 351, 29, 22


@pytest.fixture
def large(cast: Any) -> list[list[object]]:
    """Register 351 handling and 29 supervising bodies; return the rows of their duty list."""
    for n in range(TOWNS):
        scope = f"350525{300 + n}"
        twin(f"{scope}000", scope, "town", f"第{n + 1}镇", "350525000000")
    towns = list(Region.objects.filter(county=COUNTY, level="town").order_by("code"))
    departments, villages = 28, HANDLING - 28 - len(towns) - 1
    for n in range(villages):
        town = towns[n % TOWNS + 1]
        code = f"{town.scope}{201 + n // TOWNS}"
        twin(code, code, "village", f"{n + 1}号村", town.code)
    made = {b.name: b for b in _bodies(cast, towns, departments)}
    _man(made.values())
    handling = [b for b in made.values() if b.kind != "discipline"]
    assert len(handling) == HANDLING
    assert len(made) - len(handling) == SUPERVISING
    return _rows(towns, made)


def _bodies(cast: Any, towns: Sequence[Region], departments: int) -> list[Body]:
    Post.objects.all().delete()
    Duty.objects.all().delete()
    Body.objects.update(parent=None)
    Body.objects.filter(region__county=COUNTY).delete()
    intake = Body.objects.create(
        kind="county", region_id=f"{COUNTY}000000", name="受理中心", phone="0595-1"
    )
    above = [
        Body(kind="discipline", region_id=f"{COUNTY}000000", name=f"第{n + 1}监督组")
        for n in range(SUPERVISING)
    ]
    offices = [
        Body(kind="department", region_id=f"{COUNTY}000000", name=f"第{n + 1}局", parent=intake)
        for n in range(departments)
    ]
    halls = [
        Body(kind="town", region_id=t.code, name=f"{t.name}人民政府", parent=intake) for t in towns
    ]
    Body.objects.bulk_create([*above, *offices, *halls])
    by_town = {b.region_id[:9]: b for b in halls}
    villages = Region.objects.filter(county=COUNTY, level="village").exclude(
        code__in=["350525101201", "350525101202"]
    )
    committees = Body.objects.bulk_create(
        Body(kind="village", region_id=v.code, name=f"{v.name}村委会", parent=by_town[v.scope[:9]])
        for v in villages.order_by("code")
    )
    return [intake, *above, *offices, *halls, *committees]


def _man(bodies: Any) -> None:
    role = {
        "village": "village_officer",
        "town": "town_staff",
        "department": "department",
        "county": "county_intake",
        "discipline": "auditor",
    }
    bodies = list(bodies)
    people = Person.objects.bulk_create(
        Person(login=f"p{b.pk}", name=b.name[:20], password="!", created_at=clock.now())
        for b in bodies
    )
    Post.objects.bulk_create(
        Post(
            person=p,
            role=role[b.kind],
            region_id=b.region_id,
            scope=b.region_id.rstrip("0"),
            body=b,
            title="干部",
            since=date(2024, 1, 1),
        )
        for p, b in zip(people, bodies, strict=True)
    )


def _rows(towns: Sequence[Region], made: dict[str, Body]) -> list[list[object]]:
    fields = [f.name for f in case_fields().values()]
    rows: list[list[object]] = [
        [
            f"第{n % 28 + 1}局",
            field,
            "",
            "县",
            "",
            "主办",
            "2024-01-01",
            "",
            "三定方案",
            f"第{n + 1}监督组",
        ]
        for n, field in enumerate(fields)
    ]
    parts = [(f.name, part) for f in case_fields().values() for part in f.parts.values()]
    rows += [
        [f"第{n % 28 + 1}局", field, part, "县", "", "主办", "2024-01-01", "", "", ""]
        for n, (field, part) in enumerate(parts)
    ]
    for n, town in enumerate(towns):
        rows += [
            [
                f"{town.name}人民政府",
                f,
                "",
                "镇",
                town.name,
                "",
                "2024-01-01",
                "",
                "",
                f"第{n + 1}监督组",
            ]
            for f in fields
        ]
    for body in made.values():
        if body.kind == "village":
            rows += [
                [body.name, f, "", "村", body.region_id, "", "2024-01-01", "", "", ""]
                for f in fields
            ]
    return rows


def test_a_county_of_full_size_is_read_applied_and_answers_everywhere(
    cast: Any, large: list[list[object]]
) -> None:
    content = book(*large)
    found = queries.preview(COUNTY, content)
    assert (found.rows, found.faults, found.gaps, found.overlaps) == (len(large), [], [], [])
    assert len({x.body for x in found.lines}) == HANDLING - 1  # all but the intake
    commands.apply_sheet(
        actor=None, county=COUNTY, name="大县.xlsx", content=content, gaps_accepted=False
    )
    listed = queries.duty_lines(COUNTY)
    towns = Region.objects.filter(county=COUNTY, level="town").values_list("scope", flat=True)
    for field in case_fields():
        for town in towns:
            for level in ("town", "county"):
                matter = Matter(field, "", level, town)
                assert duties.main_line(listed, matter, clock.today()) is not None
    for village in Region.objects.filter(county=COUNTY, level="village").order_by("code")[::40]:
        for field in ("road", "welfare"):
            for level in duties.LEVELS:
                routing = queries.responsible(COUNTY, village.code, field, "", level)
                assert routing is not None
                assert routing.why
    assert queries.preview(COUNTY, queries.export(COUNTY, listed)).same == len(large)


@pytest.mark.parametrize("field", ["道路交通", "其他"])
def test_a_line_taken_out_of_a_large_list_is_the_one_gap(
    cast: Any, large: list[list[object]], field: str
) -> None:
    left = [row for row in large if not (row[1] == field and row[3] == "县" and not row[2])]
    found = queries.preview(COUNTY, book(*left))
    assert [(g.field, g.all_towns, g.partly) for g in found.gaps] == [(field, True, True)]
    twice = [*large, [*large[0][:1], field, *large[0][2:6], "2026-01-01", *large[0][7:]]]
    again = queries.preview(COUNTY, book(*twice))
    assert [o.what for o in again.overlaps] == [field]
