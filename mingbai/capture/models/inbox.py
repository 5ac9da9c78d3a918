"""The inbox: messages kept at most 72 hours, what was seen, what could not be taken, what was forgotten."""

from __future__ import annotations

from django.db import models

from mingbai.capture.models.findings import Finding
from mingbai.capture.models.groups import ChatGroup, Member
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class Seen(models.Model):
    """A delivery already taken, whatever became of it; makes repeated deliveries harmless.

    The key is all there is: one index for a row per message of the county's whole history.
    """

    pk = models.CompositePrimaryKey("county", "platform", "external_id")
    county = CountyField()
    platform = models.CharField("平台", max_length=16)
    external_id = models.CharField("平台消息号", max_length=120)

    class Meta:
        verbose_name = "已收消息号"


class Waiting(models.Model):
    """What of a group is to be read: from which moment of its talk on, and when.

    Everything that brings messages in or takes them out holds this row until it commits.
    """

    county = CountyField()
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField("从哪一刻读起", null=True)
    due_at = models.DateTimeField("几时读", null=True)

    class Meta:
        verbose_name = "待读的群"
        constraints = [models.UniqueConstraint(fields=["county", "group"], name="waiting_once")]


class Message(models.Model):
    """The inbox: a message as delivered. Deleted after 72 hours unless it became evidence.

    Few indexes and no checks of keys on purpose, they cost as much as the row: one function writes
    it, under the lock of its group, and in three days it is gone. Reading a message changes
    ``digested_at`` in place. That an id comes in once is the work of ``Seen``.
    """

    county = CountyField()
    region = CodeField("村")
    group = CountyForeignKey(
        ChatGroup, models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    member = CountyForeignKey(
        Member, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    external_id = models.CharField("平台消息号", max_length=120)
    said_at = models.DateTimeField("说话时间")
    received_at = models.DateTimeField("收到时间")
    kind = models.CharField("类型", max_length=12)
    text = models.TextField("内容")
    digested_at = models.DateTimeField("识别时间", null=True)
    held = models.BooleanField("暂存", default=False)
    tries = models.PositiveSmallIntegerField("读不了几次", default=0)
    finding = CountyForeignKey(
        Finding,
        models.SET_NULL,
        null=True,
        related_name="messages",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = "群消息"
        indexes = [
            models.Index(fields=["group", "said_at", "id"], name="message_talk"),
            models.Index(
                fields=["finding"],
                condition=models.Q(finding__isnull=False),
                name="message_of_finding",
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
