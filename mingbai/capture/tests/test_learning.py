"""Training on shipped and confirmed examples, refusing a worse model, and going back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mingbai.capture import commands
from mingbai.capture.commands import learning
from mingbai.capture.models import Finding, LocalExample, TrainedModel
from mingbai.capture.recognition.lexicon import DATA
from mingbai.capture.recognition.model import Model
from mingbai.kernel import clock, scopes
from mingbai.kernel.decisions import BadInput, Refused

FIGURES = {
    "found": 0.9, "precision": 0.9, "clue_recall": 0.9, "urgent_recall": 0.9, "precision_sure": 0.96,
    "kind_accuracy": 0.9, "field_accuracy": 0.9,
}  # fmt: skip


def few(folder: Path, name: str, start: int, count: int) -> Path:
    """A folder with some whole conversations of the shipped examples."""
    rows: list[dict[str, Any]] = []
    for path in sorted((DATA / "examples").glob("*.jsonl"))[-2:]:
        rows += [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    names = list(dict.fromkeys(row["conversation"] for row in rows))[start : start + count]
    kept = [row for row in rows if row["conversation"] in names]
    target = folder / name
    target.mkdir()
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
    (target / "some.jsonl").write_text(text, encoding="utf-8")
    return target


@pytest.fixture
def small(tmp_path: Path) -> dict[str, Path]:
    return {
        "examples": few(tmp_path, "examples", 0, 45),
        "heldout": few(tmp_path, "heldout", 50, 12),
    }


def test_a_worse_model_is_refused_with_the_reason_and_the_one_in_use_stays(
    base: None, small: dict[str, Path]
) -> None:
    before = commands.model_in_use().version
    made = commands.train(**small)
    assert made.fate == TrainedModel.Fate.REFUSED
    assert "降到" in made.reason
    assert bytes(made.weights) == b""
    assert commands.model_in_use().version == before


def test_a_model_that_is_not_worse_is_used_at_once_and_one_can_go_back(
    base: None, small: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "worse", lambda new, old: [])
    shipped = commands.model_in_use().version
    made = commands.train(**small)
    assert made.fate == TrainedModel.Fate.IN_USE
    assert set(made.figures["heldout"]["kind"]) == {"request", "question", "suggestion", "clue"}
    assert len(made.figures["heldout"]["field"]) == 15
    assert commands.model_in_use().version == made.version != shipped
    commands.use_model("shipped")
    assert commands.model_in_use().version == shipped
    commands.use_model(made.version)
    assert commands.model_in_use().version == made.version


def test_an_unknown_version_is_refused_and_the_one_in_use_stays(base: None) -> None:
    before = commands.model_in_use().version
    with pytest.raises(BadInput, match="没有留存的模型"):
        commands.use_model("mingbai-chat-2+nothere")
    assert commands.model_in_use().version == before


def test_a_model_of_an_older_program_is_not_used_and_the_shipped_one_reads(base: None) -> None:
    import io

    import numpy as np

    file = io.BytesIO()
    np.savez(file, version=np.asarray("mingbai-chat-0+old"))
    TrainedModel.objects.create(
        version="mingbai-chat-0+old", made_at=clock.now(), lines=1, local_lines=0, figures={},
        weights=file.getvalue(), fate=TrainedModel.Fate.IN_USE,
    )  # fmt: skip
    assert commands.model_in_use().version == Model.load().version
    TrainedModel.objects.update(fate=TrainedModel.Fate.RETIRED)
    with pytest.raises(BadInput, match="旧程序"):
        commands.use_model("mingbai-chat-0+old")
    assert not TrainedModel.objects.filter(fate=TrainedModel.Fate.IN_USE).exists()


@pytest.mark.parametrize(
    "name", ["clue_recall", "urgent_recall", "found", "precision_sure", "kind_accuracy"]
)
def test_every_figure_that_falls_makes_a_model_worse(name: str) -> None:
    assert learning.worse(FIGURES, FIGURES) == []
    assert len(learning.worse({**FIGURES, name: 0.5}, FIGURES)) == 1
    assert learning.worse(FIGURES, {**FIGURES, name: 0.5}) == []


def test_without_scikit_learn_training_says_what_to_do(
    base: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "mingbai.capture.recognition.train", None)
    monkeypatch.delattr("mingbai.capture.recognition.train", raising=False)
    with pytest.raises(Refused, match="scikit-learn"):
        commands.train()
    assert not TrainedModel.objects.exists()


def test_without_held_out_chats_nothing_is_trained(
    base: None, small: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="没有留出的群"):
        commands.train(examples=small["examples"], heldout=tmp_path)
    assert not TrainedModel.objects.exists()


def test_confirmed_words_are_learned_from_and_forgotten_when_the_ruling_is_taken_back(
    base: None, talk: Any
) -> None:
    talk.take(talk.say("lamp"))
    talk.read()
    finding = Finding.objects.get()
    learning.keep_example(finding)
    with scopes.enter(scope="350525"):
        rows = learning.local_rows()
    assert [(r["kind"], r["field"], r["text"]) for r in rows] == [
        (finding.kind, finding.field, finding.text)
    ]
    assert {r["writer"] for r in rows} == {"local"}
    learning.drop_example(county=finding.county, key=finding.key)
    assert not LocalExample.objects.exists()


def test_what_was_no_request_is_learned_from_only_while_its_words_exist(
    base: None, talk: Any
) -> None:
    talk.take(talk.say("lamp"))
    talk.read()
    Finding.objects.update(status=Finding.Status.DISMISSED)
    assert [row["kind"] for row in learning.local_rows()] == ["chatter"]
    Finding.objects.all().delete()
    assert learning.local_rows() == []
