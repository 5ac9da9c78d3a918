"""What people type, cleaned; every error says how to mend it."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from mingbai.cases.queries import field_choices

KINDS = (("request", "诉求"), ("question", "提问"), ("suggestion", "建议"))
PHONE = re.compile(r"1[3-9]\d{9}")
MOST_PHOTOS = 6
_TEXT = {
    "required": "请写一句：哪里、什么时候、怎么了。说一段录音也可以，再写几个字。",
    "min_length": "写得太短，请说清楚哪里、怎么了。",
    "max_length": "最多写 4000 个字，请缩短一些。",
}


class PhoneField(forms.CharField):
    """A mobile number; spaces and dashes are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "请填手机号，办理人要打给你。"})
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """Return eleven digits or raise the sentence."""
        digits = re.sub(r"[\s\-]", "", str(super().clean(value) or ""))
        if digits and not PHONE.fullmatch(digits):
            raise forms.ValidationError("手机号应是 11 位，请检查一下。")
        return digits


class FileForm(forms.Form):
    """First step: the words, a field if known, the place."""

    text = forms.CharField(min_length=4, max_length=4000, error_messages=_TEXT)
    field = forms.ChoiceField(required=False, choices=[("", ""), *field_choices()])
    place = forms.CharField(
        required=False, max_length=80, error_messages={"max_length": "地点最多写 80 个字。"}
    )


class ConfirmForm(forms.Form):
    """Second step: the guesses put right, public or not, the phone."""

    field = forms.ChoiceField(
        choices=list(field_choices()), error_messages={"required": "请选一个领域。"}
    )
    kind = forms.ChoiceField(choices=KINDS)
    place = forms.CharField(
        required=False, max_length=80, error_messages={"max_length": "地点最多写 80 个字。"}
    )
    public = forms.ChoiceField(choices=[("yes", ""), ("no", "")])
    for_family = forms.BooleanField(required=False)
    phone = PhoneField(max_length=20)

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = not known


class CodeForm(forms.Form):
    """Third step: the code from the phone."""

    code = forms.RegexField(
        r"^\d{6}$",
        error_messages={"required": "请填短信里的 6 位数字。", "invalid": "验证码是 6 位数字。"},
    )


class DeskForm(forms.Form):
    """A case taken down at the counter for somebody who stands there."""

    region = forms.CharField(max_length=16, error_messages={"required": "请选村。"})
    text = forms.CharField(min_length=4, max_length=4000, error_messages=_TEXT)
    field = forms.ChoiceField(required=False, choices=[("", ""), *field_choices()])
    kind = forms.ChoiceField(choices=KINDS)
    place = forms.CharField(required=False, max_length=80)
    public = forms.BooleanField(required=False)
    urgent = forms.BooleanField(required=False)
    name = forms.CharField(required=False, max_length=40)
    phone = PhoneField(required=False, max_length=20)
    for_family = forms.BooleanField(required=False)
    once = forms.UUIDField(error_messages={"required": "页面过期了，请再交一次。"})


def errors(form: forms.Form) -> dict[str, str]:
    """Return the first sentence of each field, for the page."""
    return {name: str(found[0]) for name, found in form.errors.items()}


def values(form: forms.Form) -> dict[str, str]:
    """Return what was typed, as it was typed."""
    return {name: form.data.get(name, "") for name in form.fields}
