"""`mingbai capture bench` as it is called, on small files of our own and on the public data."""

from __future__ import annotations

import csv
import gzip
import io
import json
from itertools import product

import pytest
from click.testing import CliRunner

from mingbai.cli import capture_bench
from mingbai.cli.command import main

PLACES = ("村东头", "桥那边", "老学校旁", "三组", "晒场边上", "水塘后面")
MATTERS = {
    "道路": ("路面 塌 了 一截", "公路 坑洼 难走", "会车 要 倒 半里路"),
    "饮水": ("自来水 停 了 三天", "水管 漏水 没人 修", "井水 发黄 不敢 喝"),
    "社保": ("养老金 少发 一个月", "医保 报销 比例 不清楚", "参保 名单 里 没有 我"),
}
ASKED = [
    {"title": "山脚公路塌方", "body": "昨夜一场雨，进山的公路又塌了一处。", "label": "道路"},
    {"title": "自来水又停", "body": "打电话说在抢修，水管修了两回。", "label": "饮水"},
    {"title": "养老金问题", "body": "医保和养老金为什么没有一起办？", "label": "社保"},
]
PUBLIC = capture_bench.data_folder(None)


def table(rows):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def known(tmp_path):
    rows = [
        {"words": f"{place} {matter}", "label": label}
        for label, matters in MATTERS.items()
        for place, matter in product(PLACES, matters)
    ]
    path = tmp_path / "known.csv.gz"
    path.write_bytes(gzip.compress(table(rows).encode()))
    return path


@pytest.fixture
def asked(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text(table(ASKED), encoding="utf-8-sig")
    return path


def call(*words):
    return CliRunner().invoke(main, ["capture", "bench", *map(str, words)])


def test_one_line_of_json_compares_two_files(known, asked, tmp_path):
    before = sorted(tmp_path.iterdir())
    done = call("--train", known, "--test", asked)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert list(figures) == ["accuracy", "macro_f1", "macro_f1_title", "messages_per_second"]
    assert figures["accuracy"] == figures["macro_f1"] == figures["macro_f1_title"] == 1.0
    assert figures["messages_per_second"] > 0
    assert "其中 0 条与测试文件近似" in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_near_copies_of_the_test_are_dropped_and_counted(known, tmp_path):
    test = tmp_path / "asked.csv"
    test.write_text(table([{"words": "三组 公路 坑洼 难走 啊", "label": "道路"}]), encoding="utf-8")
    done = call("--train", known, "--test", test)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["macro_f1_title"] is None
    dropped = int(done.stderr.split("其中 ")[1].split(" 条")[0])
    assert 1 <= dropped <= len(PLACES)


def test_a_test_file_that_is_the_training_file_leaves_nothing_to_learn(known):
    done = call("--train", known, "--test", known)
    assert done.exit_code == 1
    assert "至少两种标签" in done.stderr


BAD = {
    "没有标签列": ("words\n修路\n", "缺少 label 一列"),
    "没有文字列": ("text,label\n修路,道路\n", "里没有文字：要有 words 一列"),
    "空标签": ("words,label\n修路,道路\n水 停了, \n", "第 3 行没有标签"),
    "列数不对": ("words,label\n修路,道路,多了\n", "第 2 行的列数和表头不一样"),
    "少一列": ("words,label\n修路\n", "第 2 行的列数和表头不一样"),
    "引号没有关": ('words,label\n"修路,道路\n', "第 2 行不是完整的 csv"),
    "只有表头": ("words,label\n", "里一条消息也没有"),
    "全空": ("", "缺少 label 一列"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_a_sentence(name, known, tmp_path):
    text, sentence = BAD[name]
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    for words in (("--train", path, "--test", known), ("--train", known, "--test", path)):
        done = call(*words)
        assert done.exit_code == 1
        assert f"bad.csv {sentence}" in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (gzip.compress("words,label\n修路,道路\n".encode(), mtime=0)[:-9], "解不开"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "不是文字文件"),
    ],
)
def test_a_file_that_is_no_text_gets_a_sentence(data, sentence, known, tmp_path):
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(data)
    done = call("--train", known, "--test", path)
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_a_file_of_a_chinese_spreadsheet_is_read(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_bytes(table(ASKED).encode("gb18030"))
    read = capture_bench.read(path)
    assert read.titles == [row["title"] for row in ASKED]
    assert read.labels == ["道路", "饮水", "社保"]
    assert read.texts[0].startswith("山脚公路塌方\n昨夜")


def test_one_file_without_the_other_is_refused(known):
    done = call("--train", known)
    assert done.exit_code == 2
    assert "要一起给" in done.stderr


@pytest.fixture
def examples(monkeypatch):
    from mingbai.capture.recognition import train

    asked_by = []

    def cross_validate(rows, by):
        asked_by.append(by)
        names = ("found", "precision", "kind_macro_f1", "field_macro_f1")
        return {"lines": len(rows)} | dict.fromkeys(names, 0.5)

    monkeypatch.setattr(train, "cross_validate", cross_validate)
    return asked_by


def test_without_public_data_only_the_examples_are_measured(examples, tmp_path, monkeypatch):
    monkeypatch.setenv("MINGBAI_SHARED", str(tmp_path))
    done = call("--json")
    assert done.exit_code == 0, done.output
    assert "没有找到公开数据" in done.stderr
    figures = json.loads(done.stdout)
    assert figures["public"] is None
    assert list(figures["examples"]) == examples == ["conversation", "writer"]
    assert figures["examples"]["writer"]["field_macro_f1"] == 0.5


def test_public_files_in_a_given_folder_are_measured(examples, known, asked, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / capture_bench.TRAIN).write_bytes(known.read_bytes())
    (folder / capture_bench.SAMPLE).write_bytes(asked.read_bytes())
    done = call("--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    public = json.loads(done.stdout)["public"]
    assert public["texts"] == 54
    assert public["dropped"] == 0
    assert public["macro_f1_title"] == 1.0
    shown = call("--data", folder)
    assert shown.exit_code == 0, shown.output
    assert "样本标题 macro-F1" in shown.stdout
    assert "没见过的执笔人" in shown.stdout


@pytest.mark.skipif(PUBLIC is None, reason="no public data here")
def test_public_titles_are_recognised_from_training_texts_that_do_not_copy_them():
    done = call("--train", PUBLIC / capture_bench.TRAIN, "--test", PUBLIC / capture_bench.SAMPLE)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["macro_f1_title"] >= 0.83
    assert figures["macro_f1"] >= 0.85
