"""One step made with many cases: each by itself, so that one refused leaves the others done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mingbai.cases.commands.handling import accept, assign
from mingbai.cases.queries.worklist import BATCHES, Pick
from mingbai.cases.states import county_of
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused

MOST_AT_ONCE = 100
UNSEEN = "没有这件，或者你看不到它。"


@dataclass(frozen=True)
class Outcome:
    """What became of one ticked case; ``reason`` is the sentence for one that was refused."""

    number: str
    done: bool
    reason: str


def run_batch(
    *, actor: Actor, verb: str, picks: Sequence[Pick], receiver: int = 0, text: str = ""
) -> Sequence[Outcome]:
    """Accept or assign each ticked case in a transaction of its own; return what became of each.

    Raises ``BadInput`` for more than a hundred at once and for a verb that is no batch.
    """
    if verb not in BATCHES:
        raise BadInput("批量只能受理或交办。", "verb")
    if len(picks) > MOST_AT_ONCE:
        raise BadInput(f"一次最多办 {MOST_AT_ONCE} 件，请分几次。", "case")
    return [_one(actor, verb, pick, receiver, text) for pick in dict.fromkeys(picks)]


def _one(actor: Actor, verb: str, pick: Pick, receiver: int, text: str) -> Outcome:
    county = county_of(pick.number)
    try:
        if verb == "accept":
            accept(actor=actor, county=county, number=pick.number, version=pick.version)
        else:
            assign(
                actor=actor,
                county=county,
                number=pick.number,
                version=pick.version,
                receiver=receiver,
                text=text,
            )
    except Missing:
        return Outcome(pick.number, done=False, reason=UNSEEN)
    except (Refused, BadInput) as wrong:
        return Outcome(pick.number, done=False, reason=str(wrong))
    return Outcome(pick.number, done=True, reason="")
