"""What was found in the talk, the clerks' answers, and the places learned from them."""

from __future__ import annotations

from django.db import models

from mingbai.capture.models.groups import ChatGroup
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class Finding(models.Model):
    """One utterance that the machine took for a request, question or suggestion, and its fate.

    ``faded`` when some of its messages are gone, so that the talk says less than was found.
    """

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
    sub = models.CharField("小类", max_length=16, blank=True)
    urgent = models.BooleanField("紧急", default=False)
    place = models.CharField("地点", max_length=80, blank=True)
    place_region = CodeField("地点区划", blank=True)
    title = models.CharField("标题", max_length=60)
    text = models.TextField("原话")
    confidence = models.FloatField("把握")
    reasons = models.JSONField("理由", default=list)
    model = models.CharField("模型版本", max_length=40)
    said_at = models.DateTimeField("说话时间")
    ended_at = models.DateTimeField("最后一句时间", null=True)
    facts = models.JSONField("提取的内容", default=dict)
    found_at = models.DateTimeField("识别时间")
    faded = models.BooleanField("原话已删", default=False)
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


class SecondReading(models.Model):
    """Another clerk's answer on a finding that was ruled on already, given without seeing the first.

    `verb` is what the second clerk would have done; `agrees` whether that is what was done. A
    disagreement waits until somebody settles it.
    """

    county = CountyField()
    finding = CountyForeignKey(Finding, models.CASCADE, related_name="second_readings")
    person_id = models.BigIntegerField("复核人")
    at = models.DateTimeField("时间")
    verb = models.CharField("判断", max_length=12)
    kind = models.CharField("类别", max_length=12, blank=True)
    field = models.CharField("领域", max_length=12, blank=True)
    agrees = models.BooleanField("一致")
    settled_at = models.DateTimeField("定下时间", null=True)
    settled_by = models.BigIntegerField("定下的人", null=True)
    settled_for = models.CharField("以谁为准", max_length=6, blank=True)

    class Meta:
        verbose_name = "复核"
        constraints = [
            models.UniqueConstraint(fields=["county", "finding"], name="second_reading_once")
        ]


class LearnedPlace(models.Model):
    """A place inside a village that confirmed cases named: 石鼓宫后, 粮站拐弯."""

    county = CountyField()
    region = CodeField("村")
    name = models.CharField("小地名", max_length=20)
    times = models.PositiveIntegerField("出现次数", default=1)

    class Meta:
        verbose_name = "小地名"
        constraints = [
            models.UniqueConstraint(fields=["county", "region", "name"], name="place_once")
        ]
