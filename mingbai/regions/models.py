"""Tables of territory. A region is known by its code, never by its name."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from mingbai.kernel.fields import CodeField

# What every polygon that nobody has reviewed is shown with.
SKETCH = "示意图，不作为划界依据"


class Level(models.TextChoices):
    """Rungs of the tree."""

    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县"
    TOWN = "town", "乡镇"
    VILLAGE = "village", "村"
    GROUP = "group", "村民小组"
    LOCAL = "local", "本地单元"


class Region(models.Model):
    """A place with its 12-digit code, or a local unit (村民小组, 经开区) with a local code.

    ``scope`` is the code without trailing zero groups: everything inside lies in the text range
    from ``scope`` up to ``scope`` + ``~`` in byte order. Local codes are the parent's scope, ``L``
    and two digits, so they fall into the same range.
    """

    code = CodeField("代码", primary_key=True)
    scope = CodeField("范围码", unique=True)
    level = models.CharField("级别", max_length=8, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name="上级"
    )
    name = models.CharField("名称", max_length=60)
    official_name = models.CharField("正式名称", max_length=80)
    short_name = models.CharField("简称", max_length=60)
    pinyin = models.CharField("拼音", max_length=160, blank=True)
    initials = models.CharField("拼音首字母", max_length=40, blank=True)
    county = CodeField("县", max_length=6, blank=True)
    lat = models.FloatField("纬度", null=True)
    lon = models.FloatField("经度", null=True)
    households = models.PositiveIntegerField("户数", null=True)
    population = models.PositiveIntegerField("人口", null=True)
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True)
    successor = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", verbose_name="接续"
    )
    is_local = models.BooleanField("本地单元", default=False)

    class Meta:
        verbose_name = "区划"
        indexes = [
            models.Index(fields=["parent", "pinyin"], name="region_children"),
            models.Index(fields=["county", "level"], name="region_county"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="region_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name


class RegionAlias(models.Model):
    """Another way in which a region is written."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="aliases")
    name = models.CharField("别名", max_length=80)

    class Meta:
        verbose_name = "区划别名"
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="alias_of_region")]
        indexes = [models.Index(fields=["name"], name="alias_name")]


class Boundary(models.Model):
    """A polygon (WGS-84, GeoJSON geometry) and what is said below the map.

    The note is ``SKETCH`` for one drawn from public data, otherwise the review number (审图号) of
    the deployment's own map; loading divisions again leaves the latter alone.
    """

    region = models.OneToOneField(Region, models.CASCADE, primary_key=True)
    geometry = models.JSONField("图形")
    note = models.CharField("说明", max_length=80, default=SKETCH)

    class Meta:
        verbose_name = "边界"
