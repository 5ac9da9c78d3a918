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
    name = forms.CharField(max_length=60, error_messages={"required": "请填写群名。"})
    platform = forms.ChoiceField(
        choices=[("wechat", "微信群"), ("wecom", "企业微信客户群"), ("export", "聊天记录导入")]
    )
    external_id = forms.CharField(max_length=80, error_messages={"required": "请填写平台群号。"})
    owner = forms.CharField(max_length=40, required=False)
    members = forms.IntegerField(
        min_value=0,
        max_value=2000,
        required=False,
        error_messages={"invalid": "人数请填数字。", "max_value": "一个群最多 2000 人。"},
    )
    households = forms.IntegerField(
        min_value=0, required=False, error_messages={"invalid": "户数请填数字。"}
    )
    consent_on = forms.DateField(
        required=False, error_messages={"invalid": "日期请写成 2026-11-21 这样。"}
    )
    mode = forms.ChoiceField(choices=ChatGroup.Mode.choices)
