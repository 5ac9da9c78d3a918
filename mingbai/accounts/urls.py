"""Addresses of accounts."""

from __future__ import annotations

from django.urls import path

from mingbai.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("leave", views.leave, name="leave"),
    path("post", views.switch_post, name="post"),
    path("phone", views.phone, name="phone"),
    path("phone/code", views.code, name="code"),
    path("me", views.me, name="me"),
    path("me/others", views.end_others, name="end_others"),
]
