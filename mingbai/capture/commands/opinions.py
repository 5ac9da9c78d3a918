"""A second opinion on what the machine is unsure of, where one is set; it only advises the clerk."""

from __future__ import annotations

from mingbai.capture.models import Finding
from mingbai.kernel import scopes
from mingbai.kernel.ports import Opinion, SecondOpinion

BATCH = 20


def ask_opinions(*, county: str, opinion: SecondOpinion) -> int:
    """Ask about findings that wait for review and were not asked about; return how many were.

    The model is asked outside of any transaction. Possible clues never wait for review, so none is
    ever asked about. Raises ``ConnectionError`` when the model is out of reach; what was answered
    until then is kept.
    """
    with scopes.enter(scope=county):
        waiting = Finding.objects.filter(county=county, status=Finding.Status.REVIEW)
        rows = waiting.exclude(facts__has_key="opinion").order_by("-said_at", "-id")
        texts = list(rows.values_list("pk", "text")[:BATCH])
    for pk, text in texts:
        told = opinion(text)
        with scopes.enter(scope=county):
            _keep(county, pk, told)
    return len(texts)


def _keep(county: str, pk: int, told: Opinion | None) -> None:
    rows = Finding.objects.select_for_update().filter(county=county, pk=pk)
    finding = rows.first()
    if finding is None:  # sealed or forgotten meanwhile
        return
    kind, why, model = (told.kind, told.why, told.model) if told else ("", "", "")
    finding.facts = {**finding.facts, "opinion": {"kind": kind, "why": why, "model": model}}
    finding.save(update_fields=["facts"])
