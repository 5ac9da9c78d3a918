"""Addresses of cases."""

from __future__ import annotations

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from mingbai.cases.views import desk, filing, reading


class NumberConverter(StringConverter):
    """A case number: 350525-2611-00001."""

    regex = r"\d{6}-\d{4}-\d{5,7}"


class RegionConverter(StringConverter):
    """A region code, local units included."""

    regex = r"\d{6,12}(?:L\d{2})?"


register_converter(NumberConverter, "case_number")
register_converter(RegionConverter, "region_code")

app_name = "cases"
urlpatterns = [
    path("", include("mingbai.cases.officer_urls")),
    path("v/<region_code:region>/file", filing.say, name="file"),
    path("v/<region_code:region>/file/<uuid:key>", filing.confirm, name="confirm"),
    path("v/<region_code:region>/file/<uuid:key>/code", filing.code, name="code"),
    path("v/<region_code:region>/file/<uuid:key>/sealed", filing.sealed, name="sealed"),
    path("v/<region_code:region>/report", filing.report, name="report"),
    path("c/media/<uuid:key>", reading.media, name="media"),
    path("c/media/<uuid:key>/thumb", reading.media, {"variant": "thumb"}, name="thumb"),
    path("c/<case_number:number>", reading.case, name="case"),
    path("c/<case_number:number>/rate", reading.rate, name="rate"),
    path("c/<case_number:number>/withdraw", reading.withdraw, name="withdraw"),
    path("c/<case_number:number>/supplement", reading.supplement, name="supplement"),
    path("c/<case_number:number>/support", reading.support, name="support"),
    path("mine", reading.mine, name="mine"),
    path("desk/today", desk.workbench, name="workbench"),
    path("desk/cases", desk.index, name="desk_list"),
    path("desk/cases/accept", desk.accept_many, name="accept_many"),
    path("desk/cases/new", desk.new, name="desk_new"),
    path("desk/cases/<case_number:number>", desk.case, name="desk"),
    path("desk/cases/<case_number:number>/contact", desk.contact, name="contact"),
    path("desk/cases/<case_number:number>/receipt", desk.receipt, name="receipt"),
    path(
        "desk/cases/<case_number:number>/signs/<int:sign_id>/ignore",
        desk.ignore_sign,
        name="ignore_sign",
    ),
    path("desk/cases/<case_number:number>/<slug:verb>", desk.act, name="act"),
]
