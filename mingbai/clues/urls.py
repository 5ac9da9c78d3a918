"""Addresses of the drop box."""

from __future__ import annotations

from django.urls import path

from mingbai.clues import views

app_name = "clues"
urlpatterns = [
    path("", views.drop_box, name="list"),
    path("parcels", views.parcels, name="parcels"),
    path("key", views.keep_key, name="keep_key"),
]
