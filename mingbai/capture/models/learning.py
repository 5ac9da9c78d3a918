"""What was learned from the clerks' rulings: tallies without text, and the models trained."""

from __future__ import annotations

from django.db import models

from mingbai.kernel.fields import CountyField


class RulingTally(models.Model):
    """How often findings of one month, model and confidence band were confirmed; no text, no person.

    `band` is the confidence in tenths, 0 to 9. `status` is the machine's (sure or review), `verb`
    the clerk's ruling (file, correct, merge, dismiss, seal) or `automatic`.
    """

    county = CountyField()
    month = models.DateField("月份")
    model = models.CharField("模型版本", max_length=40)
    kind = models.CharField("类别", max_length=12)
    band = models.PositiveSmallIntegerField("把握")
    verb = models.CharField("结果", max_length=12)
    times = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = "识别统计"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "month", "model", "kind", "band", "verb"], name="tally_once"
            )
        ]


class TrainedModel(models.Model):
    """A model trained on this server: its file's version, its figures on the held-out chats, and its fate.

    Belongs to the whole server, not to a county: one model reads all groups.
    """

    class Fate(models.TextChoices):
        """What became of it."""

        IN_USE = "in_use", "在用"
        RETIRED = "retired", "已换下"
        REFUSED = "refused", "不如现在的，没有启用"

    version = models.CharField("版本", max_length=40, unique=True)
    made_at = models.DateTimeField("训练时间")
    lines = models.PositiveIntegerField("例子行数")
    local_lines = models.PositiveIntegerField("本地例子行数")
    figures = models.JSONField("成绩")
    weights = models.BinaryField("模型文件")
    fate = models.CharField("状态", max_length=8, choices=Fate.choices)
    reason = models.CharField("缘由", max_length=200, blank=True)

    class Meta:
        verbose_name = "模型版本"
        constraints = [
            models.UniqueConstraint(
                fields=["fate"], condition=models.Q(fate="in_use"), name="one_model_in_use"
            )
        ]


class LocalExample(models.Model):
    """What a clerk confirmed, kept to learn from: the words are the case's evidence already.

    What was ruled to be no request is not kept; its words go with the talk. Phone numbers and
    identity numbers were masked before storage; no alias and no person stands here.
    """

    county = CountyField()
    key = models.CharField("识别编号", max_length=64)
    kind = models.CharField("类别", max_length=12)
    field = models.CharField("领域", max_length=12)
    urgent = models.BooleanField("紧急", default=False)
    text = models.TextField("原话")
    said_at = models.DateTimeField("说话时间")
    at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = "本地例子"
        constraints = [models.UniqueConstraint(fields=["county", "key"], name="local_example_once")]
