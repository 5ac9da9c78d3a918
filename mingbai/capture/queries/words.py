"""The Chinese words of the desk: kinds, rulings, marks."""

from __future__ import annotations

from mingbai.capture.models import ChatGroup, Finding
from mingbai.cases.queries import field_choices

MARKS = {"kind": "类", "place": "地", "time": "时", "urgency": "急"}
KIND_WORDS = {"request": "诉求", "question": "提问", "suggestion": "建议"}
VERB_WORDS = {"file": "立件", "correct": "改后立件", "merge": "并入", "dismiss": "不立件"}
MODE_WORDS = dict(ChatGroup.Mode.choices)
STATUS_WORDS = dict(Finding.Status.choices)
PLATFORM_WORDS = {"wechat": "微信群", "wecom": "企业微信客户群", "export": "聊天记录导入"}
FIELD_WORDS = dict(field_choices())
