"""Groups, their members, and what they were told."""

from __future__ import annotations

from django.db import models

from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class ChatGroup(models.Model):
    """A village's chat group: who owns it, how many it reaches, and whether consent was asked."""

    class Mode(models.TextChoices):
        """What happens to a request that the machine is sure of."""

        AUTOMATIC = "automatic", "把握大的直接立件"
        CONFIRMED = "confirmed", "一律先核对"

    county = CountyField()
    region = CodeField("村")
    platform = models.CharField("平台", max_length=16)
    external_id = models.CharField("平台群号", max_length=80)
    name = models.CharField("群名", max_length=60)
    owner = models.CharField("群主", max_length=40, blank=True)
    seat = models.CharField("存档席位", max_length=40, blank=True)
    members = models.PositiveIntegerField("人数", default=0)
    households = models.PositiveIntegerField("覆盖户数", default=0)
    consent_on = models.DateField("采集说明公告日", null=True)
    mode = models.CharField("采集方式", max_length=10, choices=Mode.choices, default=Mode.AUTOMATIC)
    last_said_at = models.DateTimeField("最近一条", null=True)
    is_active = models.BooleanField("在用", default=True)

    class Meta:
        verbose_name = "群"
        constraints = [
            models.UniqueConstraint(fields=["county", "platform", "external_id"], name="group_once")
        ]
        indexes = [models.Index(fields=["region", "id"], name="group_village")]


class Member(models.Model):
    """A sender under a pseudonym of this group only (成员 B7), with the state of consent."""

    class Consent(models.TextChoices):
        """What the member answered to the notice."""

        NOTIFIED = "notified", "已告知"
        AGREED = "agreed", "同意"
        DECLINED = "declined", "不同意"

    county = CountyField()
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="people")
    external_hash = models.CharField("平台身份摘要", max_length=64)
    alias = models.CharField("代称", max_length=8)
    role = models.CharField("身份", max_length=12, default="villager")
    consent = models.CharField(
        "采集意愿", max_length=8, choices=Consent.choices, default=Consent.NOTIFIED
    )

    class Meta:
        verbose_name = "群成员"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "group", "external_hash"], name="member_once"
            ),
            models.UniqueConstraint(fields=["county", "group", "alias"], name="alias_once"),
        ]


class ConsentNotice(models.Model):
    """What a group was told about the capture, word for word, when and by whom it was posted.

    Source: 个人信息保护法第十七条 (who, purpose, kinds, period, rights must be told).
    """

    county = CountyField()
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="notices")
    posted_on = models.DateField("张贴日期")
    text = models.TextField("说明原文")
    by_person = models.BigIntegerField("登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "采集说明"
        indexes = [models.Index(fields=["group", "-posted_on", "-id"], name="notice_of_group")]
