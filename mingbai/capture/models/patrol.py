"""Who has gone through which group (巡群): marks and days, never what was said."""

from __future__ import annotations

from django.db import models

from mingbai.capture.models.groups import ChatGroup
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class PatrolMark(models.Model):
    """How far a post has read a group: the newest message that it was shown."""

    county = CountyField()
    region = CodeField("村")
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="patrol_marks")
    post_id = models.BigIntegerField("岗位")
    read_through = models.DateTimeField("读到", null=True)
    last_message = models.BigIntegerField("读到的消息", default=0)

    class Meta:
        verbose_name = "巡群进度"
        constraints = [
            models.UniqueConstraint(fields=["county", "group", "post_id"], name="patrol_mark_once")
        ]


class PatrolDay(models.Model):
    """That a post went through a group on a day: the coverage figure is made of these."""

    county = CountyField()
    region = CodeField("村")
    group = CountyForeignKey(ChatGroup, models.CASCADE, related_name="patrol_days")
    post_id = models.BigIntegerField("岗位")
    day = models.DateField("日期")

    class Meta:
        verbose_name = "巡群记录"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "group", "post_id", "day"], name="patrol_day_once"
            )
        ]
        indexes = [models.Index(fields=["day", "region"], name="patrol_day_region")]
