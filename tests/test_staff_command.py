"""`mingbai staff`: people from a csv, the duty list from a workbook; nothing half done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mingbai.accounts import queries
from mingbai.accounts.models import Body, DutyList, Post
from mingbai.accounts.tests.test_duty_sheet import WATER, book, changed, full
from mingbai.cli.command import main
from mingbai.cli.staffing import COLUMNS

COUNTY = "350525"


@pytest.fixture
def run(cast: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("mingbai.cli.django.set_up", lambda: None)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["staff", *words])

    return invoke


def keep(folder: Path, content: bytes) -> str:
    path = folder / "清单.xlsx"
    path.write_bytes(content)
    return str(path)


def test_a_list_is_checked_without_being_applied(run: Any, tmp_path: Path) -> None:
    done = run("duties", keep(tmp_path, book(*full())), "--county", COUNTY)
    assert done.exit_code == 0, done.output
    assert "读到 15 行：新增 13，改动 0，不变 2，到昨天止 0。" in done.output
    assert "没有错格、空缺和重复。" in done.output
    assert queries.duty_version(COUNTY) == 1


def test_a_right_list_is_applied_on_demand(run: Any, tmp_path: Path) -> None:
    done = run("duties", keep(tmp_path, book(*full())), "--county", COUNTY, "--apply")
    assert done.exit_code == 0, done.output
    assert "现行的是第 2 版" in done.output
    assert len(queries.duty_lines(COUNTY)) == 15


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*full(), changed(WATER, 单位="某局")], "第 17 行“单位”写的是“某局”"),
        ([*full(), changed(WATER, 单位="永春县受理中心")], "两个主办：饮水供水"),
        ([WATER], "空缺：道路交通，全县所有乡镇没有县里的主办单位"),
    ],
    ids=["fault", "overlap", "gap"],
)
def test_a_list_with_faults_is_told_and_not_applied(
    run: Any, tmp_path: Path, rows: list[Any], words: str
) -> None:
    done = run("duties", keep(tmp_path, book(*rows)), "--county", COUNTY, "--apply")
    assert done.exit_code == 1
    assert words in done.output
    assert DutyList.objects.count() == 1


def test_gaps_may_be_accepted(run: Any, tmp_path: Path) -> None:
    file = keep(tmp_path, book(WATER))
    done = run("duties", file, "--county", COUNTY, "--apply", "--accept-gaps")
    assert done.exit_code == 0, done.output
    assert queries.duty_version(COUNTY) == 2


def test_with_several_counties_the_command_asks_which(run: Any, tmp_path: Path) -> None:
    done = run("duties", keep(tmp_path, book(WATER)))
    assert done.exit_code == 1
    assert "--county" in done.output


def test_people_are_loaded_all_or_nothing_and_roles_fit_their_level(
    run: Any, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    right = "zhang,张三,village_officer,350525101202,桃场村村委会,village,委员,"
    wrong = "li,李四,department,350525101202,桃场村村委会,village,委员,"
    before = (Body.objects.count(), Post.objects.count())
    path.write_text("\n".join([",".join(COLUMNS), right, wrong]), encoding="utf-8")
    done = run("import", str(path))
    assert done.exit_code == 1
    assert "第 3 行" in done.output
    assert "县级的岗位" in done.output
    assert (Body.objects.count(), Post.objects.count()) == before
    path.write_text("\n".join([",".join(COLUMNS), right]), encoding="utf-8")
    done = run("import", str(path))
    assert done.exit_code == 0, done.output
    assert Post.objects.count() == before[1] + 1
