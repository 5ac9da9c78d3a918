"""What clerks and officers type."""

from __future__ import annotations

from django import forms

from mingbai.capture.models import ChatGroup
from mingbai.capture.queries import KIND_WORDS
from mingbai.cases.queries import field_choices


class CorrectForm(forms.Form):
    """The fields of a finding as the clerk mends them."""

    version = forms.IntegerField(min_value=1)
    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()))
    field = forms.ChoiceField(choices=list(field_choices()))
    place = forms.CharField(max_length=80, required=False)
    urgent = forms.BooleanField(required=False)


class GroupForm(forms.Form):
    """A line of the registry of groups."""

    region = forms.CharField(max_length=16, error_messages={"required": "请选择村。"})
    name = forms.CharField(
        max_length=60,
        error_messages={"required": "请填写群名。", "max_length": "群名最多 60 个字。"},
    )
    owner = forms.CharField(
        max_length=40, required=False, error_messages={"max_length": "群主最多写 40 个字。"}
    )
    members = forms.IntegerField(
        min_value=0,
        max_value=2000,
        required=False,
        error_messages={
            "invalid": "人数请填数字。",
            "min_value": "人数请填数字。",
            "max_value": "一个群最多 2000 人。",
        },
    )
    households = forms.IntegerField(
        min_value=0,
        max_value=100_000,
        required=False,
        error_messages={
            "invalid": "户数请填数字。",
            "min_value": "户数请填数字。",
            "max_value": "户数太多了，请检查。",
        },
    )
    consent_on = forms.DateField(
        required=False, error_messages={"invalid": "日期请写成 2026-11-21 这样。"}
    )
    mode = forms.ChoiceField(
        choices=ChatGroup.Mode.choices, error_messages={"invalid_choice": "请选一种采集方式。"}
    )

    def clean_members(self) -> int:
        """Count nobody where nothing is written."""
        return self.cleaned_data["members"] or 0

    def clean_households(self) -> int:
        """Count no household where nothing is written."""
        return self.cleaned_data["households"] or 0


class NewGroupForm(GroupForm):
    """A new line, with what identifies the group from then on."""

    platform = forms.ChoiceField(
        choices=[("wechat", "微信群"), ("wecom", "企业微信客户群"), ("export", "聊天记录导入")],
        error_messages={"invalid_choice": "请选一个平台。"},
    )
    external_id = forms.CharField(
        max_length=80,
        error_messages={"required": "请填写平台群号。", "max_length": "平台群号最多 80 个字。"},
    )
