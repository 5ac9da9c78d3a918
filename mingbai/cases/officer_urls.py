"""Addresses of the officer's side: the work list, what stands beside a case, templates, the sheet."""

from __future__ import annotations

from django.urls import path

from mingbai.cases.views import beside, sheet, templates, worklist

_CASE = "desk/cases/<case_number:number>"

urlpatterns = [
    path("desk/cases", worklist.index, name="desk_list"),
    path("desk/cases/filters", worklist.save_filter, name="save_filter"),
    path(
        "desk/cases/filters/<int:filter_id>/delete",
        worklist.delete_filter,
        name="delete_filter",
    ),
    path("desk/cases/filters/<int:filter_id>/open", worklist.open_with_filter, name="open_with"),
    path("desk/cases/preview", worklist.preview, name="batch_preview"),
    path("desk/cases/run", worklist.run, name="batch_run"),
    path("desk/cases/result", worklist.result, name="batch_result"),
    path("desk/cases/export", worklist.export, name="export"),
    path("desk/cases/tasks", worklist.tasks, name="tasks"),
    path("desk/cases/tasks/checks/<int:item_id>", worklist.check, name="check"),
    path("desk/cases/templates", templates.manage, name="templates"),
    path("desk/cases/templates/<int:template_id>", templates.manage, name="template"),
    path("desk/cases/templates/<int:template_id>/retire", templates.retire, name="retire_template"),
    path(f"{_CASE}/reply/<int:template_id>", templates.reply, name="reply_by_template"),
    path(f"{_CASE}/sheet", sheet.show, name="sheet"),
    path(f"{_CASE}/sheet.pdf", sheet.as_pdf, name="sheet_pdf"),
    path(f"{_CASE}/beside", beside.show, name="beside"),
    path(f"{_CASE}/beside/notes", beside.note, name="note"),
    path(f"{_CASE}/beside/tasks", beside.give, name="give_subtask"),
    path(f"{_CASE}/beside/tasks/<int:task_id>/done", beside.finish, name="finish_subtask"),
    path(f"{_CASE}/beside/tasks/<int:task_id>/back", beside.withdraw, name="withdraw_subtask"),
    path(f"{_CASE}/beside/related", beside.relate, name="relate"),
    path(f"{_CASE}/beside/related/<int:relation_id>/apart", beside.unrelate, name="unrelate"),
    path(f"{_CASE}/beside/sweep", beside.sweep, name="sweep"),
]
