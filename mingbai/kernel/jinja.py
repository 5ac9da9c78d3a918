"""The templates' environment: what every page may call, and how figures and days are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined

from mingbai.kernel import clock, masking
from mingbai.kernel.icons import icon

WEEKDAYS = "一二三四五六日"


def environment(**options: Any) -> Environment:
    """Return the environment that Django's Jinja2 backend uses.

    A name the view forgot is an error, never an empty place on the page.
    """
    options |= {
        "autoescape": True,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    made = Environment(**options)  # noqa: S701 - autoescape is set just above
    made.globals |= {
        "static": static,
        "url": url,
        "query": query,
        "icon": icon,
        "htmx_script": htmx_script,
    }
    made.filters |= {
        "money": money,
        "number": number,
        "date_cn": date_cn,
        "date_short": date_short,
        "datetime_cn": datetime_cn,
        "time_cn": time_cn,
        "day_cn": day_cn,
        "weekday_cn": weekday_cn,
        "iso": iso,
        "mask_name": masking.name,
        "mask_phone": masking.phone,
    }
    return made


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of the view ``name``; raises ``NoReverseMatch`` when there is none."""
    return reverse(name, args=args, kwargs=kwargs)


def query(request: HttpRequest, **changes: str | None) -> str:
    """Return the page's query string with ``changes`` applied; ``None`` takes a name away."""
    kept = request.GET.copy()
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return f"?{kept.urlencode()}"


def money(amount: Decimal | int) -> str:
    """Write yuan with two places: 18,236.00, −3,720.00. Refuses floats, which cannot hold fen."""
    if isinstance(amount, float):
        raise TypeError("money is Decimal, not float")
    return f"{amount:,.2f}".replace("-", "−")


def number(count: int) -> str:
    """Write a count with separators: 1,286."""
    return f"{count:,}".replace("-", "−")


def date_cn(moment: date) -> str:
    """Write 2026年11月21日."""
    day = _day(moment)
    return f"{day.year}年{day.month}月{day.day}日"


def date_short(moment: date) -> str:
    """Write 11-21 周五, for lists."""
    day = _day(moment)
    return f"{day:%m-%d} {weekday_cn(day)}"


def day_cn(moment: date) -> str:
    """Write 11月23日 周一."""
    day = _day(moment)
    return f"{day.month}月{day.day}日 {weekday_cn(day)}"


def weekday_cn(moment: date) -> str:
    """Write 周一."""
    return f"周{WEEKDAYS[_day(moment).weekday()]}"


def datetime_cn(moment: datetime) -> str:
    """Write 11月18日 20:41."""
    local = _local(moment)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def time_cn(moment: datetime) -> str:
    """Write 20:41."""
    return f"{_local(moment):%H:%M}"


def iso(moment: date) -> str:
    """Write the machine form for ``<time datetime>``."""
    return (_local(moment) if isinstance(moment, datetime) else moment).isoformat()


def _day(moment: date) -> date:
    return _local(moment).date() if isinstance(moment, datetime) else moment


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time on a page must be aware")
    return clock.local(moment)
