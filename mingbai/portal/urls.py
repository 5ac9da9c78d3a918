"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from mingbai.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("r/<str:code>", views.area, name="area"),
    path("r/<str:code>/shapes", views.shapes, name="shapes"),
    path("v/<str:code>", views.village, name="village"),
    path("v/<str:code>/open", views.village_cases, name="village_open"),
    path("desk", views.desk, name="desk"),
    path("desk/admin", views.admin, name="admin"),
    path("about/accessibility", views.accessibility, name="accessibility"),
    path("about/privacy", views.privacy, name="privacy"),
]
