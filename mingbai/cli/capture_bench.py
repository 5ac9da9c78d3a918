"""`mingbai capture bench`: how well and how fast texts are recognised, on files or on public data.

Texts are read and measured in memory; neither they nor anything learned from them is written.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mingbai.kernel.decisions import BadInput

TRAIN = "messages_train_segmented.csv.gz"
SAMPLE = "messages_sample_raw.csv.gz"
_LONGEST_CELL = 1 << 24
_FIRST_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]?")
_PUBLIC = {
    "texts": "来信条数",
    "accuracy": "五折准确率",
    "macro_f1": "五折 macro-F1",
    "macro_f1_short": "五折 macro-F1，只看前 30 字",
    "dropped": "与样本近似、没有参加训练的条数",
    "macro_f1_sample": "样本全文 macro-F1",
    "macro_f1_title": "样本标题 macro-F1",
    "macro_f1_first_sentence": "样本正文第一句 macro-F1",
    "messages_per_second": "每秒短消息（一个核）",
}
_EXAMPLES = {
    "lines": "行数",
    "kind_macro_f1": "单行的种类 macro-F1",
    "field_macro_f1": "诉求的领域 macro-F1",
    "found": "找到的诉求",
    "precision": "认出的是对的",
}
_HELDOUT = {
    "lines": "行数",
    "heads": "诉求、问题、建议和线索",
    "found": "找到的",
    "precision": "认出的是对的",
    "precision_sure": "有把握的是对的",
    "found_by_sure": "有把握地找到的",
    "strays_per_1000": "每千行把闲话当成事的",
    "kind_accuracy": "种类说对的",
    "field_accuracy": "领域说对的",
    "clue_recall": "线索封存了的",
    "clue_precision": "当作线索的确是线索",
    "urgent_recall": "危急的认出来的",
    "joining": "拼接 B-cubed F1",
    "same_precision": "说是同一问题的确是",
    "same_recall": "同一问题找到的",
}
_BY = {"conversation": "没见过的对话", "writer": "没见过的执笔人"}


@dataclass(frozen=True)
class Messages:
    """Labelled messages of a file; `titles` is None where it has no such column."""

    texts: list[str]
    titles: list[str] | None
    labels: list[str]

    def without(self, dropped: Sequence[bool]) -> Messages:
        """The messages that are not dropped, titles left aside."""
        kept = [at for at, gone in enumerate(dropped) if not gone]
        return Messages([self.texts[at] for at in kept], None, [self.labels[at] for at in kept])


def read(path: Path) -> Messages:
    """Read a csv or csv.gz; raises BadInput that names the file and what is wrong with it."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    texts, titles, labels = [], [], []
    try:
        columns = set(reader.fieldnames or ())
        _check(path, columns)
        for row in reader:
            if None in row or None in row.values():
                raise BadInput(f"{path.name} 第 {reader.line_num} 行的列数和表头不一样。")
            label = row["label"].strip()
            if not label:
                raise BadInput(f"{path.name} 第 {reader.line_num} 行没有标签。")
            labels.append(label)
            titles.append(row.get("title", ""))
            texts.append(_whole(row))
    except csv.Error as wrong:
        raise BadInput(f"{path.name} 第 {reader.reader.line_num} 行不是完整的 csv。") from wrong
    if not texts:
        raise BadInput(f"{path.name} 里一条消息也没有。")
    return Messages(texts, titles if "title" in columns else None, labels)


def _text(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as wrong:
            raise BadInput(f"{path.name} 解不开，可能没有传完整。") from wrong
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{path.name} 不是文字文件，请存成 UTF-8 的 csv。")


def _check(path: Path, columns: set[str]) -> None:
    if "label" not in columns:
        raise BadInput(f"{path.name} 缺少 label 一列。")
    if not columns & {"words", "title", "body"}:
        raise BadInput(f"{path.name} 里没有文字：要有 words 一列，或者 title 和 body 两列。")


def _whole(row: dict[str, str]) -> str:
    """Segmented words joined again, or title and body."""
    if "words" in row:
        return "".join(row["words"].split())
    return f"{row.get('title', '')}\n{row.get('body', '')}"


def compare(train: Path, test: Path) -> None:
    """Learn from one file, test on the other, print one line of JSON."""
    known, asked = read(train), read(test)
    result, dropped = _measure(known, asked)
    click.echo(
        f"训练文件 {len(known.texts)} 条，其中 {dropped} 条与测试文件近似，没有参加训练。", err=True
    )
    click.echo(json.dumps(result, ensure_ascii=False))


def _measure(known: Messages, asked: Messages) -> tuple[dict[str, float | None], int]:
    _need_training_parts()
    from mingbai.capture.recognition import measuring, texts

    near = measuring.near_copies(known.texts, asked.texts)
    left = known.without(near.tolist())
    if len(set(left.labels)) < 2:
        raise BadInput("去掉与测试文件近似的以后，训练文件里要留下至少两种标签的消息。")
    model = texts.learn(left.texts, left.labels)
    right = measuring.rightness(asked.labels, model.label(asked.texts))
    title = None
    if asked.titles is not None:
        title = measuring.rightness(asked.labels, model.label(asked.titles)).macro_f1
    short = asked.titles or [texts.plain(text)[: measuring.SHORT] for text in asked.texts]
    result = {
        "accuracy": round(right.accuracy, 4),
        "macro_f1": round(right.macro_f1, 4),
        "macro_f1_title": None if title is None else round(title, 4),
        "messages_per_second": round(measuring.messages_per_second(model.score, short)),
    }
    return result, int(near.sum())


def bench(data: Path | None, *, as_json: bool) -> None:
    """Measure on the public data, if it is at hand, and on the shipped examples; print."""
    _need_training_parts()
    from mingbai.capture.recognition import evaluating, train
    from mingbai.capture.recognition.model import Model

    folder = data_folder(data)
    if folder is None:
        click.echo("没有找到公开数据，这一部分略过。可以用 --data 指明文件夹。", err=True)
    public = _public(folder) if folder else None
    rows = evaluating.read_examples()
    examples = {}
    for by, word in _BY.items():
        click.echo(f"例子，{word}……", err=True)
        examples[by] = dict(train.cross_validate(rows, by=by))
    heldout = evaluating.evaluate(evaluating.read_examples(evaluating.HELDOUT), Model.load())
    if as_json:
        result = {"public": public, "examples": examples, "heldout": heldout}
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    if public:
        _print("公开数据", public, _PUBLIC)
    for by, word in _BY.items():
        _print(f"随程序来的例子，{word}", examples[by], _EXAMPLES)
    _print("没有参加训练的四个村的群", heldout, _HELDOUT)


def _need_training_parts() -> None:
    try:
        import sklearn  # noqa: F401
    except ModuleNotFoundError as wrong:
        raise BadInput("量准确率要先装训练用的部件 scikit-learn。") from wrong


def data_folder(given: Path | None) -> Path | None:
    """The folder with the public files: given, set outside, or beside the working folder."""
    outside = os.environ.get("MINGBAI_SHARED")
    start = given or (Path(outside) if outside else Path.cwd().parent / "shared")
    for folder in (start, start / "data"):
        if (folder / TRAIN).is_file() and (folder / SAMPLE).is_file():
            return folder
    return None


def _public(folder: Path) -> dict[str, Any]:
    from mingbai.capture.recognition import measuring, texts

    known, sample = read(folder / TRAIN), read(folder / SAMPLE)
    unseen = measuring.cross_check(
        known.texts,
        known.labels,
        lambda fold: click.echo(f"公开数据，第 {fold + 1} 折，共 {measuring.FOLDS} 折……", err=True),
    )
    near = measuring.near_copies(known.texts, sample.texts)
    left = known.without(near.tolist())
    model = texts.learn(left.texts, left.labels)

    def macro(asked: Sequence[str]) -> float:
        return round(measuring.rightness(sample.labels, model.label(asked)).macro_f1, 4)

    titles = sample.titles or []
    first = [_first_sentence(text.partition("\n")[2]) for text in sample.texts]
    return {
        "texts": len(known.texts),
        "accuracy": round(unseen.whole.accuracy, 4),
        "macro_f1": round(unseen.whole.macro_f1, 4),
        "macro_f1_short": round(unseen.short.macro_f1, 4),
        "dropped": int(near.sum()),
        "macro_f1_sample": macro(sample.texts),
        "macro_f1_title": macro(titles),
        "macro_f1_first_sentence": macro(first),
        "messages_per_second": round(measuring.messages_per_second(model.score, titles)),
    }


def _first_sentence(text: str) -> str:
    found = _FIRST_SENTENCE.match(text.strip())
    return found.group() if found else ""


def _print(title: str, figures: dict[str, Any], names: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, word in names.items():
        value = figures[name]
        table.add_row(word, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console().print(table)
