"""Addresses of capture."""

from __future__ import annotations

from django.urls import path

from mingbai.capture import views

app_name = "capture"
urlpatterns = [
    path("review", views.review, name="review"),
    path("review/<int:finding_id>", views.review, name="finding"),
    path("review/undo", views.undo, name="undo"),
    path("review/<int:finding_id>/<slug:verb>", views.rule, name="rule"),
    path("groups", views.groups, name="groups"),
    path("groups/new", views.new_group, name="new_group"),
    path("groups/<int:group_id>", views.edit_group, name="edit_group"),
]
