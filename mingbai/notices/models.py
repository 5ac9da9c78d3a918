"""The outbox: what is to be told to whom, and how far it got."""

from __future__ import annotations

from django.db import models

from mingbai.kernel.fields import CodeField, CountyField


class Notice(models.Model):
    """One message to one person. Without a read time it counts as unread in the inbox."""

    county = CountyField()
    person = models.ForeignKey("accounts.Person", models.CASCADE, verbose_name="收件人")
    title = models.CharField("标题", max_length=60)
    text = models.CharField("内容", max_length=300)
    link = models.CharField("链接", max_length=200, blank=True)
    thing = models.CharField("对象", max_length=32, blank=True)
    thing_id = models.CharField("对象编号", max_length=64, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)
    is_read = models.GeneratedField(
        expression=models.ExpressionWrapper(
            models.Q(read_at__isnull=False), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name="已读",
    )

    class Meta:
        verbose_name = "通知"
        indexes = [
            models.Index(fields=["person", "is_read", "-created_at", "-id"], name="notice_inbox"),
            models.Index(
                fields=["person"], condition=models.Q(read_at__isnull=True), name="notice_unread"
            ),
        ]


class Delivery(models.Model):
    """A notice on its way through a channel outside the application."""

    class State(models.TextChoices):
        """How far the delivery got."""

        WAITING = "waiting", "待发"
        SENT = "sent", "已发"
        FAILED = "failed", "没发成"

    county = CountyField()
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField("渠道", max_length=16)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField("次数", default=0)
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "投递"
        constraints = [
            models.UniqueConstraint(fields=["county", "notice", "channel"], name="delivery_once")
        ]


class GroupMessage(models.Model):
    """A message on its way into a village's chat group, confirmed by the officer who sent it."""

    class State(models.TextChoices):
        """How far it got."""

        WAITING = "waiting", "待发"
        SENT = "sent", "已发到群里"
        BY_HAND = "by_hand", "待人工转发"
        FAILED = "failed", "没发成，待人工转发"

    county = CountyField()
    region = CodeField("村")
    platform = models.CharField("平台", max_length=16)
    external_id = models.CharField("平台群号", max_length=80)
    group_name = models.CharField("群名", max_length=60)
    text = models.CharField("内容", max_length=600)
    link = models.CharField("链接", max_length=200, blank=True)
    thing = models.CharField("对象", max_length=32)
    thing_id = models.CharField("对象编号", max_length=64)
    by_person = models.BigIntegerField("谁发的")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField("次数", default=0)
    at = models.DateTimeField("时间")
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "群消息外发"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "external_id", "thing", "thing_id"], name="group_message_once"
            )
        ]
        indexes = [models.Index(fields=["region", "-at", "-id"], name="group_message_region")]
