"""What clerks and officers type."""

from __future__ import annotations

from typing import Any

from django import forms

from mingbai.capture.models import ChatGroup
from mingbai.capture.queries import KIND_WORDS, PLATFORM_WORDS, Narrowing, subfields
from mingbai.cases.queries import field_choices
from mingbai.kernel import clock

_SUBS = [(code, name) for rows in subfields().values() for code, name in rows]


class NarrowForm(forms.Form):
    """What the list of the desk is narrowed to; what cannot be read is left out."""

    place = forms.RegexField(r"^\d{6,12}(?:L\d{2})?$", required=False)
    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()), required=False)
    urgent = forms.BooleanField(required=False)
    q = forms.CharField(max_length=30, required=False)

    def narrowing(self) -> Narrowing:
        """Return the narrowing as typed, without the fields that are wrong."""
        self.is_valid()
        typed = self.cleaned_data
        return Narrowing(
            place=typed.get("place", ""),
            kind=typed.get("kind", ""),
            urgent=bool(typed.get("urgent")),
            text=typed.get("q", ""),
        )


class DescribeForm(forms.Form):
    """What a problem is about, where, and whether anybody is in danger."""

    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()))
    field = forms.ChoiceField(choices=list(field_choices()))
    sub = forms.ChoiceField(choices=[("", ""), *_SUBS], required=False)
    place = forms.CharField(max_length=80, required=False)
    urgent = forms.BooleanField(required=False)


class CorrectForm(DescribeForm):
    """The fields of a finding as the clerk mends them."""

    version = forms.IntegerField(min_value=1)


class AnswerForm(forms.Form):
    """A second reading: kind and field count only where it is to become a case."""

    version = forms.IntegerField(min_value=1)
    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()), required=False)
    field = forms.ChoiceField(choices=list(field_choices()), required=False)


class DayForm(forms.Form):
    """A day, and whose rulings."""

    day = forms.DateField(required=False)
    who = forms.IntegerField(min_value=1, required=False)


class NoticeForm(forms.Form):
    """A notice that was posted in a group."""

    posted_on = forms.DateField(
        error_messages={
            "required": "请填写哪天贴的。",
            "invalid": "日期请写成 2026-11-21 这样。",
        }
    )
    text = forms.CharField(
        max_length=2000,
        error_messages={
            "required": "请把贴出去的原文放在这里。",
            "max_length": "说明最多 2000 个字。",
        },
    )

    def clean_posted_on(self) -> Any:
        """Refuse a day that has not come yet."""
        day = self.cleaned_data["posted_on"]
        if day > clock.today():
            raise forms.ValidationError("日期不能晚于今天。")
        return day


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
        choices=list(PLATFORM_WORDS.items()),
        error_messages={"invalid_choice": "请选一个平台。"},
    )
    external_id = forms.CharField(
        max_length=80,
        error_messages={"required": "请填写平台群号。", "max_length": "平台群号最多 80 个字。"},
    )


class PolicyForm(forms.Form):
    """A policy answer as its keeper types it."""

    title = forms.CharField(
        max_length=60, error_messages={"required": "请写题目，比如“高龄补贴怎么申请”。"}
    )
    text = forms.CharField(
        max_length=560,
        min_length=10,
        error_messages={
            "required": "请写口径：谁能办、带什么、去哪里、多少钱。",
            "min_length": "口径太短，请写清谁能办、带什么、去哪里。",
            "max_length": "口径最长 560 个字，请写短些，群里的人看得完。",
        },
    )
    source = forms.CharField(
        max_length=120, error_messages={"required": "请写依据的文件和条款，群众问起来有据可查。"}
    )
    field = forms.ChoiceField(choices=list(field_choices()))
    region = forms.ChoiceField(
        choices=[], error_messages={"invalid_choice": "请从列表里选适用范围。"}
    )
    since = forms.DateField(
        error_messages={"required": "请填写起用日期。", "invalid": "日期请写成 2026-11-21 这样。"}
    )
    until = forms.DateField(
        required=False, error_messages={"invalid": "日期请写成 2026-11-21 这样。"}
    )
