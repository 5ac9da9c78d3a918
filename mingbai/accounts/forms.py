"""What IT administrators type into the registry."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.files.uploadedfile import UploadedFile

from mingbai.accounts.queries import KIND_WORDS, Role
from mingbai.accounts.sheets import MEGABYTE, MOST_BYTES

_DAY = {"invalid": "日期看不懂，请写成 2025-03-01。", "required": "请填日期。"}
_PLACE = r"^\d{12}$|^\d{6,12}(?:L\d{2})+$"


class BodyForm(forms.Form):
    """A body: name, office phone and the body above it."""

    name = forms.CharField(
        max_length=60,
        min_length=3,
        error_messages={
            "required": "请填单位名称。",
            "min_length": "请写全称，至少 3 个字。",
            "max_length": "最多写 60 个字。",
        },
    )
    phone = forms.RegexField(
        r"^[0-9\-]{3,20}$", required=False, error_messages={"invalid": "电话只写数字和短横线。"}
    )
    parent = forms.IntegerField(required=False, error_messages={"invalid": "请在单子里选。"})


class NewBodyForm(BodyForm):
    """A new body: besides, what it is and where."""

    kind = forms.ChoiceField(
        choices=list(KIND_WORDS.items()),
        error_messages={"required": "请选单位种类。", "invalid_choice": "请在单子里选。"},
    )
    region = forms.RegexField(
        _PLACE, error_messages={"required": "请选所在地方。", "invalid": "请在单子里选。"}
    )


class PersonForm(forms.Form):
    """A new member of staff."""

    login = forms.RegexField(
        r"^[a-z][a-z0-9._-]{2,39}$",
        error_messages={
            "required": "请填登录名。",
            "invalid": "用 3 到 40 个小写字母、数字或 . _ -，以字母开头。",
        },
    )
    name = forms.CharField(
        max_length=40,
        min_length=2,
        error_messages={
            "required": "请填姓名。",
            "min_length": "请写全名。",
            "max_length": "最多写 40 个字。",
        },
    )


class PostForm(forms.Form):
    """A post for somebody in a body."""

    login = forms.CharField(
        max_length=40, error_messages={"required": "请填登录名。", "max_length": "没有这个登录名。"}
    )
    role = forms.ChoiceField(
        error_messages={"required": "请选角色。", "invalid_choice": "请在单子里选。"}
    )
    region = forms.RegexField(
        _PLACE, error_messages={"required": "请选负责的地方。", "invalid": "请在单子里选。"}
    )
    title = forms.CharField(
        max_length=40,
        error_messages={"required": "请填职务，如“村委会主任”。", "max_length": "最多写 40 个字。"},
    )
    since = forms.DateField(error_messages=_DAY)
    until = forms.DateField(required=False, error_messages=_DAY)

    def offer(self, roles: Sequence[Role]) -> PostForm:
        """Offer these roles."""
        choice = self.fields["role"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(role.code, role.name) for role in roles]
        return self


class LastDayForm(forms.Form):
    """The last day of a post or a body."""

    last_day = forms.DateField(error_messages=_DAY)


class ListForm(forms.Form):
    """The file of a duty list."""

    file = forms.FileField(
        error_messages={"required": "请先选文件。", "empty": "这个文件是空的，请重新选一个。"}
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Return the file, unless it is too big to be read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(f"文件太大，最多 {MOST_BYTES // MEGABYTE} 兆。")
        return file
