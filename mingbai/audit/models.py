"""Entries of the audit trail; the application may only add to them."""

from __future__ import annotations

from django.db import models

from mingbai.kernel.fields import CodeField


class Entry(models.Model):
    """One thing done. No contents and no contact data: only what, by whom, where, and digests."""

    at = models.DateTimeField("时间", db_index=True)
    person_id = models.BigIntegerField("人", null=True)
    post_id = models.BigIntegerField("岗位", null=True)
    role = models.CharField("角色", max_length=32)
    verb = models.CharField("动作", max_length=48)
    thing = models.CharField("对象", max_length=32)
    thing_id = models.CharField("对象编号", max_length=64)
    county = CodeField("县", max_length=6, blank=True)
    region = CodeField("区划", blank=True)
    before = models.CharField("之前摘要", max_length=64, blank=True)
    after = models.CharField("之后摘要", max_length=64, blank=True)
    detail = models.JSONField("说明", default=dict)

    class Meta:
        verbose_name = "留痕"
        indexes = [models.Index(fields=["thing", "thing_id", "at"], name="audit_thing")]
