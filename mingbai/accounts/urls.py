"""Addresses of accounts."""

from __future__ import annotations

from django.urls import path

from mingbai.accounts.views import duties, entering, registry

app_name = "accounts"
urlpatterns = [
    path("login", entering.login, name="login"),
    path("logout", entering.logout, name="logout"),
    path("leave", entering.leave, name="leave"),
    path("post", entering.switch_post, name="post"),
    path("phone", entering.phone, name="phone"),
    path("phone/code", entering.code, name="code"),
    path("me", entering.me, name="me"),
    path("me/others", entering.end_others, name="end_others"),
    path("desk/bodies", registry.bodies, name="bodies"),
    path("desk/bodies/new", registry.new_body, name="new_body"),
    path("desk/bodies/<int:body_id>", registry.body, name="body"),
    path("desk/bodies/<int:body_id>/edit", registry.edit_body, name="edit_body"),
    path("desk/bodies/<int:body_id>/end", registry.end_body, name="end_body"),
    path("desk/bodies/<int:body_id>/appoint", registry.appoint, name="appoint"),
    path("desk/posts/<int:post_id>/end", registry.end_post, name="end_post"),
    path("desk/people", registry.people, name="people"),
    path("desk/people/new", registry.new_person, name="new_person"),
    path("desk/people/<int:person_id>", registry.person, name="person"),
    path("desk/people/<int:person_id>/suspend", registry.suspend, name="suspend"),
    path("desk/duties", duties.duties, name="duties"),
    path("desk/duties/upload", duties.upload, name="upload_duties"),
    path("desk/duties/download", duties.download, name="download_duties"),
    path("desk/duties/<int:number>", duties.duties, name="duties_version"),
    path("desk/duties/<int:number>/download", duties.download, name="download_version"),
    path("desk/duties/<int:number>/restore", duties.restore, name="restore_duties"),
    path("desk/duties/drafts/<int:draft_id>", duties.draft, name="draft"),
    path("desk/duties/drafts/<int:draft_id>/apply", duties.apply, name="apply_draft"),
    path("desk/duties/drafts/<int:draft_id>/discard", duties.discard, name="discard_draft"),
]
