"""Rebuild the shipped model from the shipped examples: `python -m tools.train_model`.

Prints the figures of five folds by writer and of the held-out chats, then writes
`mingbai/capture/data/model.npz`. The same examples always give the same model.
"""

from __future__ import annotations

import sys
from typing import Any

from mingbai.capture.recognition import evaluating, train
from mingbai.capture.recognition.model import SHIPPED, Model


def _told(name: str, figures: dict[str, Any]) -> None:
    print(name)
    for key, value in figures.items():
        if key in {"kind", "field"}:
            for label, row in value.items():
                print(f"  {key:<6}{label:<12}{row}")
        else:
            print(f"  {key:<18}{value}")


def main() -> int:
    """Train, report, write."""
    made = train.train(evaluating.read_examples(), print)
    _told("folds", made.figures)
    _told(
        "held out",
        evaluating.evaluate(evaluating.read_examples(evaluating.HELDOUT), Model(made.arrays)),
    )
    train.save(made, SHIPPED)
    print(made.version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
