"""Learning from clerks' answers: keep confirmed examples, train, replace only a worse model, go back."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mingbai.audit.commands import record
from mingbai.capture.models import Finding, LocalExample, TrainedModel
from mingbai.capture.recognition.lexicon import DATA
from mingbai.kernel import clock, scopes
from mingbai.kernel.decisions import BadInput, Refused
from mingbai.regions import queries as regions

if TYPE_CHECKING:
    from mingbai.capture.recognition.model import Model

SHIPPED = "shipped"
KEPT = 5
# How much a figure on the held-out chats may fall before the new model counts as worse.
_SLACK = {
    "clue_recall": 0.0,
    "urgent_recall": 0.0,
    "balance": 0.005,
    "precision_sure": 0.01,
    "kind": 0.01,
    "field": 0.01,
}
_WORDS = {
    "clue_recall": "线索认出率",
    "urgent_recall": "紧急认出率",
    "balance": "找到与找准的均衡",
    "precision_sure": "有把握的准确率",
    "kind": "类别准确率",
    "field": "领域准确率",
}
_KIND_OF_DISMISSED = "chatter"


def keep_example(finding: Finding) -> None:
    """Keep a confirmed finding to learn from; call inside the ruling's transaction."""
    LocalExample.objects.update_or_create(
        county=finding.county,
        key=finding.key,
        defaults={
            "kind": finding.kind,
            "field": finding.field,
            "urgent": finding.urgent,
            "text": finding.text,
            "said_at": finding.said_at,
            "at": clock.now(),
        },
    )


def drop_example(*, county: str, key: str) -> None:
    """Forget an example whose ruling was taken back."""
    LocalExample.objects.filter(county=county, key=key).delete()


def train(
    *,
    examples: Path = DATA / "examples",
    heldout: Path = DATA / "heldout",
    on_step: Callable[[str], None] = lambda text: None,
) -> TrainedModel:
    """Train on the shipped examples and every county's confirmed ones; use it unless it is worse.

    It is judged on the held-out chats, which nothing was learned from, beside the model in use.
    Raises ``Refused`` when scikit-learn is not installed or there is nothing to judge by.
    """
    try:
        from mingbai.capture.recognition import evaluating
        from mingbai.capture.recognition import train as learner
    except ImportError as missing:
        raise Refused(
            "训练要用 scikit-learn，这台机器上还没有装。请执行 pip install scikit-learn 后再试。"
        ) from missing
    unseen = evaluating.read_examples(heldout)
    if not unseen:
        raise Refused(f"{heldout} 里没有留出的群，量不出新模型好不好，没有训练。")
    own = local_rows()
    on_step(f"本地例子 {len(own)} 条")
    made = learner.train([*evaluating.read_examples(examples), *own], on_step)
    from mingbai.capture.recognition.model import Model

    candidate = evaluating.evaluate(unseen, Model(made.arrays))
    current = evaluating.evaluate(unseen, model_in_use())
    faults = worse(candidate, current)
    file = io.BytesIO()
    learner.save(made, file)
    return _keep(
        version=made.version,
        figures={"folds": made.figures, "heldout": candidate, "in_use": current},
        lines=made.figures["lines"],
        local=len(own),
        weights=file.getvalue(),
        faults=faults,
    )


def _keep(
    *,
    version: str,
    figures: Mapping[str, Any],
    lines: int,
    local: int,
    weights: bytes,
    faults: Sequence[str],
) -> TrainedModel:
    with scopes.enter(scope=""):
        if not faults:
            _retire()
        fate = TrainedModel.Fate.REFUSED if faults else TrainedModel.Fate.IN_USE
        made, _ = TrainedModel.objects.update_or_create(
            version=version,
            defaults={
                "made_at": clock.now(),
                "lines": lines,
                "local_lines": local,
                "figures": dict(figures),
                "weights": b"" if faults else weights,
                "fate": fate,
                "reason": "；".join(faults)[:200],
            },
        )
        old = TrainedModel.objects.exclude(fate=TrainedModel.Fate.IN_USE).order_by(
            "-made_at", "-id"
        )
        TrainedModel.objects.filter(pk__in=[m.pk for m in old[KEPT:]]).delete()
        record(actor=None, verb="train", thing="model", thing_id=version, detail={"fate": fate})
    return made


def _retire() -> None:
    rows = TrainedModel.objects.filter(fate=TrainedModel.Fate.IN_USE)
    rows.update(fate=TrainedModel.Fate.RETIRED)


def use(version: str) -> None:
    """Go back to a kept version, or to the one that came with the program (``shipped``).

    Raises ``BadInput`` for a version that is not kept or was made by another version of the code.
    """
    with scopes.enter(scope=""):
        if version != SHIPPED:
            kept = TrainedModel.objects.filter(version=version).first()
            if kept is None or not kept.weights:
                raise BadInput(f"没有留存的模型“{version}”。用 mingbai capture models 看有哪些。")
            try:
                _loaded(version)
            except ValueError as wrong:
                raise BadInput(
                    f"模型“{version}”是旧程序做的，现在的程序读不了，请重新训练。"
                ) from wrong
        _retire()
        if version != SHIPPED:
            TrainedModel.objects.filter(version=version).update(fate=TrainedModel.Fate.IN_USE)
        record(actor=None, verb="use", thing="model", thing_id=version)


def worse(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """Return in words each figure of the held-out chats that falls too far; empty when none does."""
    before, after = _judged(old), _judged(new)
    return [
        f"{_WORDS[name]}从 {before[name]:.3f} 降到 {after[name]:.3f}"
        for name, slack in _SLACK.items()
        if after[name] < before[name] - slack
    ]


def _judged(figures: Mapping[str, Any]) -> dict[str, float]:
    found, right = figures["found"] or 0.0, figures["precision"] or 0.0
    both = found + right
    return {
        "clue_recall": figures["clue_recall"] or 0.0,
        "urgent_recall": figures["urgent_recall"] or 0.0,
        "balance": 2 * found * right / both if both else 0.0,
        "precision_sure": figures["precision_sure"] or 0.0,
        "kind": figures["kind_accuracy"] or 0.0,
        "field": figures["field_accuracy"] or 0.0,
    }


def local_rows() -> list[dict[str, Any]]:
    """Return every county's examples in the form of the shipped ones, each a talk of one line.

    What was ruled to be no request counts too as long as its words still exist (72 hours at most).
    """
    rows = []
    for county in regions.counties():
        with scopes.enter(scope=county):
            for kept in LocalExample.objects.filter(county=county).order_by("key"):
                rows.append(_row(county, kept, kept.kind, kept.field, urgent=kept.urgent))
            for gone in Finding.objects.filter(
                county=county, status=Finding.Status.DISMISSED
            ).order_by("key"):
                rows.append(_row(county, gone, _KIND_OF_DISMISSED, None, urgent=False))
    return rows


def _row(
    county: str, kept: LocalExample | Finding, kind: str, field: str | None, *, urgent: bool
) -> dict[str, Any]:
    name = f"local-{county}-{kept.key}"
    return {
        "id": name, "writer": "local", "conversation": name, "region": "local",
        "start": f"{clock.local(kept.said_at):%H:%M}", "at": 0, "sender": "a", "role": "villager",
        "type": "text", "text": kept.text, "kind": kind, "field": field,
        "urgency": "urgent" if urgent else "normal", "about": None,
    }  # fmt: skip


def model_in_use() -> Model:
    """Return the model that reads the talk: the trained one in use, else the one that came along."""
    with scopes.enter(scope=""):
        rows = TrainedModel.objects.filter(fate=TrainedModel.Fate.IN_USE)
        version = rows.values_list("version", flat=True).first()
        try:
            return _loaded(version or SHIPPED)
        except ValueError:  # made by an older program; the operator sees it in `capture models`
            return _loaded(SHIPPED)


@lru_cache(maxsize=2)
def _loaded(version: str) -> Model:
    from mingbai.capture.recognition.model import Model

    if version == SHIPPED:
        return Model.load()
    weights = TrainedModel.objects.values_list("weights", flat=True).get(version=version)
    return Model.load(io.BytesIO(weights))
