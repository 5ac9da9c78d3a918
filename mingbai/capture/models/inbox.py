"""The inbox: messages kept at most 72 hours, what was seen, what could not be taken, what was forgotten."""

from __future__ import annotations

from django.db import models

from mingbai.capture.models.findings import Finding
from mingbai.capture.models.groups import ChatGroup, Member
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class Seen(models.Model):
    """A delivery already taken, whatever became of it; makes repeated deliveries harmless."""

    county = CountyField()
    platform = models.CharField("平台", max_length=16)
    external_id = models.CharField("平台消息号", max_length=120)

    class Meta:
        verbose_name = "已收消息号"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "platform", "external_id"], name="message_once"
            )
        ]


class Message(models.Model):
    """The inbox: a message as delivered. Deleted after 72 hours unless it became evidence."""

    county = CountyField()
    region = CodeField("村")
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="messages")
    member = CountyForeignKey(Member, models.CASCADE, related_name="+")
    external_id = models.CharField("平台消息号", max_length=120)
    said_at = models.DateTimeField("说话时间")
    received_at = models.DateTimeField("收到时间")
    kind = models.CharField("类型", max_length=12)
    text = models.TextField("内容")
    digested_at = models.DateTimeField("识别时间", null=True)
    held = models.BooleanField("暂存", default=False)
    finding = CountyForeignKey(Finding, models.SET_NULL, null=True, related_name="messages")

    class Meta:
        verbose_name = "群消息"
        constraints = [
            models.UniqueConstraint(fields=["county", "group", "external_id"], name="inbox_once")
        ]
        indexes = [
            models.Index(fields=["group", "said_at", "id"], name="message_talk"),
            models.Index(
                fields=["group"], condition=models.Q(digested_at__isnull=True), name="message_new"
            ),
            models.Index(fields=["received_at"], name="message_age"),
        ]


class DeadLetter(models.Model):
    """A delivery that could not be taken or read, with the reason; its body goes after 72 hours."""

    county = CountyField()
    region = CodeField("村", blank=True)
    platform = models.CharField("平台", max_length=16)
    group_id = models.BigIntegerField("群", null=True)
    external_id = models.CharField("平台消息号", max_length=120, blank=True)
    reason = models.CharField("原因", max_length=120)
    body = models.JSONField("原样", null=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "收不下的消息"
        indexes = [models.Index(fields=["-at", "-id"], name="dead_letters")]


class Forgotten(models.Model):
    """How much was forgotten on a day, and why; no text and no person.

    Source: 网络数据安全管理条例第二十四条.
    """

    county = CountyField()
    day = models.DateField("日期")
    expired = models.PositiveIntegerField("到期删除", default=0)
    recalled = models.PositiveIntegerField("撤回删除", default=0)
    declined = models.PositiveIntegerField("未同意而没收", default=0)
    findings = models.PositiveIntegerField("识别结果删除", default=0)

    class Meta:
        verbose_name = "遗忘计数"
        constraints = [models.UniqueConstraint(fields=["county", "day"], name="forgotten_once")]
