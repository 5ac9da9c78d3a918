"""What the pages share: who asks, uploaded files, the rail of steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.urls import reverse

from mingbai.cases import queries
from mingbai.cases.states import SAID
from mingbai.kernel import uploads
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.jinja import datetime_cn

_ICONS = {
    "assign": "arrow-right",
    "redirect": "route",
    "escalate": "trending-up",
    "lift": "trending-up",
    "reopen": "arrow-back-up",
    "claim": "arrow-back-up",
    "grant_reopen": "arrow-back-up",
    "ask_reopen": "message-circle-question",
    "ask_reporter": "clock-pause",
    "suspend": "player-pause",
    "resume": "player-play",
    "wake": "player-play",
    "invite": "users-plus",
    "join": "arrows-join",
    "merge": "arrows-join",
    "merged_here": "arrows-join",
    "split": "arrows-split",
    "transfer": "send",
    "unaccepted": "bell",
    "silent": "bell",
    "half": "bell",
    "eighty": "bell",
    "overdue": "bell",
    "urge": "speakerphone",
    "supplement": "message-plus",
    "evidence": "messages",
    "withdraw": "x",
    "refuse": "ban",
    "neighbours": "walk",
    "doubted": "alert-circle",
    "call_back": "phone",
    "onsite": "walk",
    "onsite_off": "x",
    "mediate": "heart-handshake",
    "mediate_kept": "heart-handshake",
}
_SIGNED = frozenset(
    {"refuse", "progress", "answer", "assign", "redirect", "ask_reporter", "invite", "contribute",
     "release", "extend", "ask_suspend", "suspend", "dispute", "deny", "transfer", "send_back",
     "conclude", "call_back", "onsite"}
)  # fmt: skip
_STAGES = {"onsite": "邻居看时", "evidence": "反映时", "before": "办理前", "after": "办理后"}


class AskedBy(HttpRequest):
    """A request whose middleware found out who asks."""

    actor: Actor


@dataclass(frozen=True)
class Shot:
    """A picture for the page's macros."""

    src: str
    thumb: str
    alt: str
    caption: str


@dataclass(frozen=True)
class RailStep:
    """One node of the rail, as ``m.rail`` wants it."""

    s: str
    title: str
    when: str
    text: str
    strong: str
    icon: str
    photos: Sequence[Shot] = field(default_factory=tuple)


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks."""
    return cast("AskedBy", request).actor


def stored(
    request: HttpRequest, name: str, *, kinds: Sequence[str], most: int, there: int = 0
) -> list[uploads.StoredFile]:
    """Keep the uploaded files of one form field. Raises ``BadInput`` with the field's name."""
    sent = cast("list[UploadedFile[Any]]", request.FILES.getlist(name))
    if there + len(sent) > most:
        raise BadInput(f"最多 {most} 张，请去掉几张再交。", name)
    try:
        return [uploads.store(file, kinds=kinds) for file in sent if file.size]
    except BadInput as wrong:
        raise BadInput(str(wrong), name) from wrong


def first_errors(wrong: BadInput) -> Mapping[str, str]:
    """Return the sentence under the field it belongs to."""
    return {wrong.field or "text": str(wrong)}


def shot(photo: queries.Photo) -> Shot:
    """Return a photo's addresses and words."""
    stage = _STAGES[photo.stage]
    caption = f"{stage} {datetime_cn(photo.added_at)}"
    return Shot(
        reverse("cases:media", args=[photo.key]),
        reverse("cases:thumb", args=[photo.key]),
        f"{stage}的照片",
        caption,
    )


def onsite_shot(key: UUID) -> Shot:
    """Return a neighbour's photo."""
    return Shot(
        reverse("cases:media", args=[key]),
        reverse("cases:thumb", args=[key]),
        "邻居在现场拍的照片",
        "",
    )


def shots(photos: Iterable[queries.Photo]) -> list[Shot]:
    """Return the pictures among the files."""
    return [shot(photo) for photo in photos if photo.kind == "photo"]


def rail(steps: Sequence[queries.StepView], *, open_: bool, mine: bool) -> list[RailStep]:
    """Return the history for ``m.rail``, newest first; the newest step of an open case is now."""
    who = "你" if mine else "反映人"
    return [
        RailStep(
            s="late" if step.late else "now" if open_ and n == 0 else "done",
            title=_title(step, who),
            when=datetime_cn(step.at),
            text=_text(step),
            strong=_late(step),
            icon=_ICONS.get(step.verb, ""),
            photos=shots(step.photos) if step.verb != "submit" else (),
        )
        for n, step in enumerate(steps)
    ]


def _title(step: queries.StepView, who: str) -> str:
    titles = {
        "submit": f"{who if step.label == '反映人' else step.label}提交",
        "withdraw": f"{who}撤回",
        "supplement": f"{who}补充情况",
        "rate": f"{who}评价",
        "reopen": f"{who}不满意，退回重办",
        "escalate": f"超时未办，自动升到{step.level_word}",
        "assign": f"交给{step.body}办",
        "lift": f"没有承办人，交给{step.level_word}",
        "unstaffed": f"没有承办人，交给{step.level_word}",
        "redirect": f"裁定交给{step.body}办",
        "transfer": f"转{step.body}",
        "register": f"{step.body}登记受理",
        "send_back": f"不属信访，退回{step.body}",
        "conclude": f"{step.body}出具处理意见",
        "ask_reporter": f"请{who}补充，时钟暂停",
        "suspend": "经上一级批准挂起，时钟暂停",
        "resume": f"{step.level_word}接着办，时钟恢复",
        "wake": f"时钟恢复，{step.level_word}接着办",
        "invite": f"{step.level_word}请来会办",
        "claim": f"{who}要求重办",
        "ask_reopen": "附议的人请求重办",
        "grant_reopen": "上一级同意重办",
        "deny": "上一级没有同意",
    }
    if step.verb in SAID:
        return titles.get(step.verb, step.word)
    return titles.get(step.verb, f"{step.level_word}{step.word}")


def _text(step: queries.StepView) -> str:
    if step.verb in {"escalate", "reopen", "grant_reopen"}:
        return f"由{step.body}来办。"
    if step.verb in {"accept", "start", "join", "resume", "register"}:
        return f"{step.body} {step.label}"
    if step.verb in _SIGNED and step.text:
        return f"{step.label}：{step.text}"
    return step.text


def _late(step: queries.StepView) -> str:
    if not step.late:
        return ""
    return f"晚了 {step.late_days} 个工作日" if step.late_days else "超过了期限"
