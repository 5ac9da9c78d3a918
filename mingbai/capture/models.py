"""Groups, the inbox of messages (kept at most 72 hours), and what was found in the talk."""

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


class Finding(models.Model):
    """One utterance that the machine took for a request, question or suggestion, and its fate."""

    class Status(models.TextChoices):
        """Where it stands."""

        REVIEW = "review", "待核对"
        FILED = "filed", "已立件"
        MERGED = "merged", "并入已有件"
        DISMISSED = "dismissed", "不是诉求"

    county = CountyField()
    region = CodeField("村")
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="findings")
    key = models.CharField("识别编号", max_length=64)
    status = models.CharField("状态", max_length=10, choices=Status.choices)
    kind = models.CharField("类别", max_length=12)
    field = models.CharField("领域", max_length=12)
    urgent = models.BooleanField("紧急", default=False)
    place = models.CharField("地点", max_length=80, blank=True)
    place_region = CodeField("地点区划", blank=True)
    title = models.CharField("标题", max_length=60)
    text = models.TextField("原话")
    confidence = models.FloatField("把握")
    reasons = models.JSONField("理由", default=list)
    model = models.CharField("模型版本", max_length=40)
    said_at = models.DateTimeField("说话时间")
    found_at = models.DateTimeField("识别时间")
    same_as = models.CharField("疑似同一件", max_length=20, blank=True)
    case_number = models.CharField("件号", max_length=20, blank=True)
    decided_at = models.DateTimeField("核对时间", null=True)
    decided_by = models.BigIntegerField("核对人", null=True)
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = "识别结果"
        constraints = [models.UniqueConstraint(fields=["county", "key"], name="finding_once")]
        indexes = [
            models.Index(fields=["status", "region", "-said_at", "-id"], name="finding_desk"),
            models.Index(fields=["region", "said_at"], name="finding_near"),
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


class Ruling(models.Model):
    """A clerk's answer on a finding, kept with what stood before so that it can be undone."""

    county = CountyField()
    finding = CountyForeignKey(Finding, models.CASCADE, related_name="rulings")
    person_id = models.BigIntegerField("核对人")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=12)
    before = models.JSONField("之前")
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        verbose_name = "核对记录"
