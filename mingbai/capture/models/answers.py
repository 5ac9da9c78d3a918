"""Policy answers (政策口径) that questions in the talk are answered with."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from mingbai.kernel.fields import CodeField, CountyField


class PolicyNote(models.Model):
    """A short official answer about a policy or a power item, with its document and validity."""

    county = CountyField()
    region = CodeField("适用范围")
    title = models.CharField("题目", max_length=60)
    text = models.TextField("口径")
    source = models.CharField("依据", max_length=120)
    field = models.CharField("领域", max_length=12)
    since = models.DateField("起用日期")
    until = models.DateField("停用日期", null=True)
    words = SearchVectorField(null=True)
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = "政策口径"
        indexes = [
            GinIndex(fields=["words"], name="policy_note_words"),
            models.Index(fields=["region", "title", "id"], name="policy_note_region"),
        ]
