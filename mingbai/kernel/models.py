"""The one table of the ground: which days are worked, as the State Council ordered them."""

from __future__ import annotations

from django.db import models


class Holiday(models.Model):
    """A day whose working state differs from Monday–Friday, or any listed day of a known year.

    Seeded from ``chinesecalendar`` (国务院办公厅部分节假日安排的通知), replaceable by csv.
    """

    day = models.DateField("日期", primary_key=True)
    working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=40, blank=True)

    class Meta:
        verbose_name = "节假日"


class HolidayYear(models.Model):
    """A year whose holidays are known; deadlines in other years are provisional."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source = models.CharField("来源", max_length=120)

    class Meta:
        verbose_name = "节假日年份"
