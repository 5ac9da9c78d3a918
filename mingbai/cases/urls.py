"""Addresses of cases."""

from __future__ import annotations

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from mingbai.cases.views import (
    calls,
    desk,
    filing,
    people,
    reading,
    slips,
    solved,
    taking_part,
    walk_in,
)


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
    path("c/<case_number:number>/claim", reading.claim, name="claim"),
    path("c/<case_number:number>/again", reading.ask_reopen, name="ask_reopen"),
    path("c/<case_number:number>/withdraw", reading.withdraw, name="withdraw"),
    path("c/<case_number:number>/supplement", reading.supplement, name="supplement"),
    path("c/<case_number:number>/support", reading.support, name="support"),
    path("c/<case_number:number>/confirm", taking_part.confirm, name="confirm_on_site"),
    path("c/<case_number:number>/follow", taking_part.follow, name="follow"),
    path("c/<case_number:number>/unfollow", taking_part.unfollow, name="unfollow"),
    path("c/<case_number:number>/onsite/<int:invitation>", taking_part.reply, name="reply"),
    path("mine", reading.mine, name="mine"),
    path("mine/followed", taking_part.followed, name="followed"),
    path("ask", slips.ask, name="ask"),
    path("ask/<case_number:number>/<slug:code>", slips.slip, name="slip"),
    path("v/<region_code:region>/solved", solved.village, name="solved"),
    path("v/<region_code:region>/solved.atom", solved.LatestSolved(), name="solved_feed"),
    path("v/<region_code:region>/solved/points", solved.points, name="solved_points"),
    path("r/<region_code:region>/solved", solved.area, name="solved_area"),
    path("r/<region_code:region>/solved/points", solved.points, name="solved_area_points"),
    path("desk/villagers", walk_in.villagers, name="villagers"),
    path("desk/calls", calls.index, name="calls"),
    path("desk/calls/<case_number:number>", calls.call, name="call"),
    path("desk/calls/<case_number:number>/phone", calls.phone, name="call_phone"),
    path("desk/mediations", people.mediations, name="mediations"),
    path("desk/cases/<case_number:number>/people", people.page, name="people"),
    path("desk/cases/<case_number:number>/people/invite", people.invite, name="invite_on_site"),
    path(
        "desk/cases/<case_number:number>/people/<int:invitation>/off",
        people.call_off,
        name="call_off",
    ),
    path("desk/cases/<case_number:number>/people/mediate", people.mediate, name="mediate"),
    path(
        "desk/cases/<case_number:number>/people/mediations/<int:mediation>",
        people.keep,
        name="mediation_kept",
    ),
    path("desk/today", desk.workbench, name="workbench"),
    path("desk/cases/new", walk_in.new, name="desk_new"),
    path("desk/cases/<case_number:number>", desk.case, name="desk"),
    path("desk/cases/<case_number:number>/contact", desk.contact, name="contact"),
    path("desk/cases/<case_number:number>/receipt", walk_in.receipt, name="receipt"),
    path(
        "desk/cases/<case_number:number>/signs/<int:sign_id>/ignore",
        desk.ignore_sign,
        name="ignore_sign",
    ),
    path("desk/cases/<case_number:number>/<slug:verb>", desk.act, name="act"),
]
