"""Addresses of capture."""

from __future__ import annotations

from django.urls import path

from mingbai.capture.views import answers, desk, groups, keeping, patrol, second

app_name = "capture"
urlpatterns = [
    path("review", desk.review, name="review"),
    path("review/undo", desk.undo, name="undo"),
    path("review/batch", desk.batch, name="batch"),
    path("review/done", desk.done, name="done"),
    path("review/done/<int:finding_id>", desk.ruled, name="ruled"),
    path("review/second", second.second, name="second"),
    path("review/second/<int:finding_id>/<slug:verb>", second.answer, name="answer"),
    path("review/disputes", second.disputes, name="disputes"),
    path("review/disputes/<int:reading_id>", second.settle, name="settle"),
    path("review/<int:finding_id>", desk.review, name="finding"),
    path("review/<int:finding_id>/<slug:verb>", desk.rule, name="rule"),
    path("patrol", patrol.rounds, name="patrol"),
    path("patrol/figures", patrol.figures, name="patrol_figures"),
    path("patrol/<int:group_id>", patrol.talk, name="patrol_group"),
    path("patrol/<int:group_id>/read", patrol.read, name="patrol_read"),
    path("patrol/<int:group_id>/pick", patrol.pick, name="patrol_pick"),
    path("groups", groups.groups, name="groups"),
    path("groups/new", groups.new_group, name="new_group"),
    path("groups/<int:group_id>", groups.edit_group, name="edit_group"),
    path("groups/<int:group_id>/notice", groups.new_notice, name="new_notice"),
    path("groups/<int:group_id>/notice/<int:notice_id>", groups.notice, name="notice"),
    path("questions", answers.questions, name="questions"),
    path("questions/<str:number>", answers.send, name="send_answer"),
    path("questions/forwarded/<int:message_id>", answers.forwarded, name="forwarded"),
    path("policies", answers.notes, name="policies"),
    path("policies/new", answers.note, name="new_policy"),
    path("policies/<int:note_id>", answers.note, name="policy"),
    path("policies/<int:note_id>/retire", answers.retire, name="retire_policy"),
    path("keeping", keeping.keeping, name="keeping"),
    path("keeping/again", keeping.try_again, name="try_again"),
]
