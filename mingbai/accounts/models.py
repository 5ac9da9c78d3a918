"""Persons, the bodies they work for, and the posts they hold in a territory."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class Person(AbstractBaseUser):
    """A villager known by a phone, or a member of staff known by a login name.

    The phone is kept encrypted; ``phone_index`` is a keyed hash by which it is found again.
    """

    login = models.CharField("登录名", max_length=40, unique=True, null=True)
    name = models.CharField("姓名", max_length=40, blank=True)
    phone_sealed = models.BinaryField("手机（加密）", null=True)
    phone_index = models.CharField("手机索引", max_length=64, unique=True, null=True)
    home = CodeField("所在村", blank=True)
    is_active = models.BooleanField("可用", default=True)
    is_demo = models.BooleanField("演示账户", default=False)
    created_at = models.DateTimeField("建立时间")

    USERNAME_FIELD = "login"
    objects = BaseUserManager()

    class Meta:
        verbose_name = "人员"


class Body(models.Model):
    """An office that holds cases: 村委会, 镇政府, 县交通局, 纪委监委."""

    class Kind(models.TextChoices):
        """What sort of office it is."""

        VILLAGE = "village", "村委会"
        TOWN = "town", "乡镇政府"
        DEPARTMENT = "department", "县直部门"
        COUNTY = "county", "县受理中心"
        DISCIPLINE = "discipline", "纪检监察机关"
        PLATFORM = "platform", "平台运维"

    kind = models.CharField("种类", max_length=16, choices=Kind.choices)
    region = models.ForeignKey("regions.Region", models.PROTECT, verbose_name="区划")
    name = models.CharField("名称", max_length=60)
    phone = models.CharField("办公电话", max_length=20, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, verbose_name="上级单位")
    until = models.DateField("撤销前最后一天", null=True)

    class Meta:
        verbose_name = "单位"
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="body_once_in_region")
        ]


class Post(models.Model):
    """Role × territory × body × from–to. A person may hold several; today's are in force."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name="人员")
    role = models.CharField("角色", max_length=32)
    region = models.ForeignKey("regions.Region", models.PROTECT, verbose_name="区划")
    scope = CodeField("范围")
    body = models.ForeignKey(Body, models.PROTECT, related_name="posts", verbose_name="单位")
    title = models.CharField("职务", max_length=40)
    since = models.DateField("任职起")
    until = models.DateField("任职止", null=True)

    class Meta:
        verbose_name = "岗位"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="post_from_before_to",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "body", "since"], name="post_once_per_start"
            ),
        ]
        indexes = [models.Index(fields=["body", "role"], name="post_body")]


class DutyList(models.Model):
    """One version of a county's duty list; versions are added, never changed, one is in force."""

    county = CountyField()
    number = models.PositiveIntegerField("版次")
    source = models.CharField("来源", max_length=200)
    size = models.PositiveIntegerField("条数")
    applied_at = models.DateTimeField("启用时间")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name="启用人"
    )
    applied_by = models.CharField("启用人姓名", max_length=60)
    current = models.BooleanField("现行", default=True)

    class Meta:
        verbose_name = "职责清单"
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="duty_list_number_once"),
            models.UniqueConstraint(
                fields=["county"], condition=Q(current=True), name="duty_list_one_current"
            ),
        ]


class Duty(models.Model):
    """One line of a duty list: a body answers for a field in a territory from a day on.

    ``sub`` empty means the whole field. ``level`` is where the body answers: village, town or
    county. ``supervisor`` steps in where the body has no staff; empty means the body's parent.
    """

    class Level(models.TextChoices):
        """On which level the line counts."""

        VILLAGE = "village", "村"
        TOWN = "town", "镇"
        COUNTY = "county", "县"

    county = CountyField()
    version = CountyForeignKey(
        DutyList, models.CASCADE, related_name="lines", verbose_name="职责清单"
    )
    body = models.ForeignKey(Body, models.PROTECT, related_name="+", verbose_name="单位")
    field = models.CharField("领域", max_length=12)
    sub = models.CharField("细类", max_length=16, blank=True)
    level = models.CharField("层级", max_length=8, choices=Level.choices)
    region = models.ForeignKey("regions.Region", models.PROTECT, verbose_name="地域")
    scope = CodeField("范围")
    main = models.BooleanField("主办", default=True)
    since = models.DateField("起")
    until = models.DateField("止", null=True)
    basis = models.CharField("依据", max_length=200, blank=True)
    supervisor = models.ForeignKey(
        Body, models.PROTECT, null=True, related_name="+", verbose_name="督办单位"
    )

    class Meta:
        verbose_name = "职责"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="duty_from_before_to",
            )
        ]
        indexes = [
            models.Index(fields=["version", "field", "scope"], name="duty_place"),
            models.Index(fields=["body"], name="duty_body"),
        ]


class DutyDraft(models.Model):
    """A duty list that was uploaded and waits for its preview to be confirmed: the file as it came."""

    county = CountyField()
    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField("文件")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "待确认的职责清单"


class PhoneCode(models.Model):
    """A one-time code sent to a phone; only its hash is kept, five tries, ten minutes."""

    phone_index = models.CharField("手机索引", max_length=64, db_index=True)
    code_hash = models.CharField("验证码摘要", max_length=64)
    sent_at = models.DateTimeField("发送时间")
    tries = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "短信验证码"


class LoginFailure(models.Model):
    """Failed password logins of one login name, kept as a keyed hash; many in a row lock it for a while."""

    login = models.CharField("登录名摘要", max_length=64, primary_key=True)
    count = models.PositiveSmallIntegerField("连续失败次数", default=0)
    last_at = models.DateTimeField("最近失败时间")
    locked_until = models.DateTimeField("锁定到", null=True)

    class Meta:
        verbose_name = "登录失败"


class OpenSession(models.Model):
    """Where a member of staff is logged in; it is over when Django's session of this key is gone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name="人员")
    key = models.CharField("会话", max_length=40, unique=True)
    device = models.CharField("设备", max_length=40)
    begun_at = models.DateTimeField("登录时间")

    class Meta:
        verbose_name = "登录中的设备"
