"""The registry of groups, and what they were told about the capture."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods
from segno import make_qr

from mingbai.capture import commands, queries
from mingbai.capture.forms import GroupForm, NewGroupForm, NoticeForm
from mingbai.capture.views.common import actor_of
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused


@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    """Show the registry with coverage."""
    actor = actor_of(request)
    context = {
        "coverage": queries.coverage(actor, request.GET.get("after", "")),
        "modes": queries.MODE_WORDS,
        "keeps": queries.may_keep(actor),
    }
    return render(request, "capture/groups.html", context)


@require_http_methods(["GET", "POST"])
def new_group(request: HttpRequest) -> HttpResponse:
    """Add a group to the registry."""
    initial = {
        "region": request.GET.get("region", ""),
        "platform": "wechat",
        "mode": "automatic",
    }
    return _keep_group(request, NewGroupForm(request.POST or None, initial=initial), None)


@require_http_methods(["GET", "POST"])
def edit_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Change a group's line; show what it was told."""
    group = queries.group(actor_of(request), group_id)
    initial = {name: getattr(group, name) for name in GroupForm.base_fields}
    return _keep_group(request, GroupForm(request.POST or None, initial=initial), group_id)


@require_http_methods(["GET", "POST"])
def new_notice(request: HttpRequest, group_id: int) -> HttpResponse:
    """Give the ready text with its code to post, and put on record what was posted."""
    actor = actor_of(request)
    page = queries.group_page(actor, group_id)
    if not queries.may_keep(actor):
        raise Missing
    ready = _ready_text(page.village, page.group.name)
    initial = {"posted_on": clock.today(), "text": ready}
    form = NoticeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            commands.record_notice(actor=actor, group_id=group_id, **form.cleaned_data)
        except BadInput as wrong:
            form.add_error(wrong.field, str(wrong))
        else:
            messages.success(request, "采集说明已登记。")
            return redirect("capture:edit_group", group_id=group_id)
    context = {"page": page, "form": form, "ready": ready, "codes": _codes(request, page)}
    return render(request, "capture/notice_form.html", context, status=400 if form.errors else 200)


@require_GET
def notice(request: HttpRequest, group_id: int, notice_id: int) -> HttpResponse:
    """Show a notice on record as it was posted, to print."""
    actor = actor_of(request)
    page = queries.group_page(actor, group_id)
    context = {
        "page": page,
        "notice": queries.notice(actor, group_id, notice_id),
        "codes": _codes(request, page),
    }
    return render(request, "capture/notice.html", context)


def _keep_group(request: HttpRequest, form: GroupForm, group_id: int | None) -> HttpResponse:
    actor = actor_of(request)
    if not queries.may_keep(actor):
        raise Missing
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if group_id is None:
                commands.register_group(actor=actor, **values)
            else:
                commands.change_group(actor=actor, group_id=group_id, **values)
        except (BadInput, Refused) as wrong:
            field = getattr(wrong, "field", "")
            form.add_error(field if field in form.fields else None, str(wrong))
        except Missing:
            form.add_error("region", "请从表里选一个村。")
        else:
            messages.success(request, f"{values['name']} 已登记。")
            return redirect("capture:groups")
    context = {
        "form": form,
        "known": group_id is not None,
        "page": queries.group_page(actor, group_id) if group_id is not None else None,
        "villages": queries.villages(actor),
    }
    return render(request, "capture/group_form.html", context, status=400 if form.errors else 200)


def _ready_text(village: str, group: str) -> str:
    """Return a notice with all that must be told (个人信息保护法第十七条), in plain words."""
    site = settings.SITE
    return (
        f"致“{group}”的各位村民：\n"
        f"从今天起，{site['supervisor']}用“明白”平台在本群里找大家反映的诉求、提问和建议，好让人来办。"
        f"平台由{site['operator']}运行，联系电话 {site['phone']}。\n"
        "一、看什么。只看本群里的话，先由机器挑，拿不准的由群工办专员看。不看私聊，不给人打分，不认脸。\n"
        "二、存什么。您说的话换成代称后最多存 72 小时就删；立了件的那几句随件保存。"
        "手机号、身份证号、卡号一收到就遮住。照片、语音、视频本身不收。\n"
        "三、给谁看。立了件的交给村里、镇里或县里的承办单位；像反映干部问题的话当场密封，只有县纪检监察机关能打开。\n"
        "四、不同意怎么办。您可以不同意，不影响您在群里说话和办事：在群里说一声“我不同意采集”，"
        f"或者打 {site['phone']}，您以后的话不再收，已收的删掉。您也可以要求查看、更正、删除自己的信息。"
        "撤回的消息，我们的那份也删。\n"
        f"五、想反映又不想在群里说。可以扫码在网上反映，也可以到{village}村委会请人代填。"
    )


def _codes(request: HttpRequest, page: queries.GroupPage) -> list[tuple[SafeString, str]]:
    """Return the codes below a notice as SVG, each with its words: the whole statement, and filing."""
    addresses = (
        (reverse("portal:privacy"), "扫码看完整说明"),
        (reverse("cases:file", args=[page.group.region]), "扫码在网上反映"),
    )
    return [(_qr(request.build_absolute_uri(address)), word) for address, word in addresses]


def _qr(address: str) -> SafeString:
    drawn = make_qr(address, error="m").svg_inline(omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn)  # noqa: S308 - drawn here, from our own address
