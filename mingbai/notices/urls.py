"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from mingbai.notices import views

app_name = "notices"
urlpatterns = [
    path("inbox", views.inbox, name="inbox"),
    path("inbox/read", views.read, name="read_all"),
    path("inbox/<int:notice_id>/read", views.read, name="read"),
]
