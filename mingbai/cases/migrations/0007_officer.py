"""What officers keep beside cases: filters, templates, notes, sub-tasks, links and sweeps."""

import django.db.models.deletion
import mingbai.kernel.fields
from django.db import migrations, models

from mingbai.kernel.grants import PERSON, inside, row_security

# A link and a sweep concern several villages: each may read what touches its own territory.
_EITHER_CASE = f"({inside('region')}) OR ({inside('other_region')})"
_COUNTY = "left(nullif(current_setting('mingbai.scope', true), ''), 6)"
_OWN_COUNTY = f"left(county, length({_COUNTY})) = {_COUNTY}"
_OWN_LINE = (
    "EXISTS (SELECT 1 FROM cases_sweepitem i WHERE i.county = cases_sweep.county "
    "AND i.sweep_id = cases_sweep.id)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_open_session"),
        ("cases", "0006_citizen"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        blank=True,
                        db_collation="C",
                        editable=False,
                        max_length=6,
                        verbose_name="县",
                    ),
                ),
                ("person_id", models.BigIntegerField(verbose_name="人")),
                ("post_id", models.BigIntegerField(verbose_name="岗位")),
                ("name", models.CharField(max_length=20, verbose_name="名字")),
                ("query", models.CharField(max_length=400, verbose_name="条件")),
                ("is_default", models.BooleanField(default=False, verbose_name="打开就用")),
            ],
            options={
                "verbose_name": "常用筛选",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("county", "post_id", "name"), name="filter_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("county", "post_id"),
                        name="filter_one_default",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sweep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C", editable=False, max_length=6, verbose_name="县"
                    ),
                ),
                (
                    "region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="谁的辖区"
                    ),
                ),
                ("what", models.CharField(max_length=200, verbose_name="查什么")),
                ("until", models.DateField(verbose_name="哪天前")),
                ("asked_at", models.DateTimeField(verbose_name="发起时间")),
                ("label", models.CharField(max_length=60, verbose_name="谁发起")),
                ("person_id", models.BigIntegerField(verbose_name="发起人")),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                        verbose_name="单位",
                    ),
                ),
                (
                    "case",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sweeps",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "verbose_name": "排查",
            },
        ),
        migrations.CreateModel(
            name="SweepItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C", editable=False, max_length=6, verbose_name="县"
                    ),
                ),
                (
                    "region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="村"
                    ),
                ),
                ("until", models.DateField(verbose_name="哪天前")),
                ("done_at", models.DateTimeField(null=True, verbose_name="查完时间")),
                ("found", models.BooleanField(null=True, verbose_name="查到没有")),
                ("text", models.CharField(blank=True, max_length=400, verbose_name="查的情况")),
                ("label", models.CharField(blank=True, max_length=60, verbose_name="谁查的")),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                        verbose_name="谁来查",
                    ),
                ),
                (
                    "made",
                    mingbai.kernel.fields.CountyForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
                (
                    "sweep",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="cases.sweep",
                    ),
                ),
            ],
            options={
                "verbose_name": "排查项",
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C", editable=False, max_length=6, verbose_name="县"
                    ),
                ),
                (
                    "region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="村"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("person_id", models.BigIntegerField(verbose_name="人")),
                ("label", models.CharField(max_length=60, verbose_name="谁")),
                ("text", models.CharField(max_length=1000, verbose_name="内容")),
                ("told", models.JSONField(default=list, verbose_name="提到了谁")),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                        verbose_name="单位",
                    ),
                ),
                (
                    "case",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "verbose_name": "内部便签",
                "indexes": [models.Index(fields=["case", "-at", "-id"], name="note_case")],
            },
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C", editable=False, max_length=6, verbose_name="县"
                    ),
                ),
                (
                    "region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="村"
                    ),
                ),
                (
                    "other_region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="另一件的村"
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("place", "同一地点"),
                            ("cause", "同一原因"),
                            ("sweep", "排查发现"),
                        ],
                        max_length=8,
                        verbose_name="因为",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("label", models.CharField(max_length=60, verbose_name="谁连的")),
                (
                    "case",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relations",
                        to="cases.case",
                    ),
                ),
                (
                    "other",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relations_back",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "verbose_name": "相关件",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("county", "case", "other"), name="relation_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("case__lt", models.F("other"))),
                        name="relation_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplyTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C",
                        editable=False,
                        max_length=6,
                        verbose_name="县",
                    ),
                ),
                ("title", models.CharField(max_length=30, verbose_name="名称")),
                ("text", models.TextField(max_length=1000, verbose_name="内容")),
                ("label", models.CharField(max_length=60, verbose_name="谁写的")),
                ("changed_at", models.DateTimeField(verbose_name="改动时间")),
                ("retired_at", models.DateTimeField(null=True, verbose_name="停用时间")),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "答复模板",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at__isnull", True)),
                        fields=("county", "body", "title"),
                        name="template_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SubTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "county",
                    mingbai.kernel.fields.CountyField(
                        db_collation="C", editable=False, max_length=6, verbose_name="县"
                    ),
                ),
                (
                    "region",
                    mingbai.kernel.fields.CodeField(
                        db_collation="C", max_length=16, verbose_name="村"
                    ),
                ),
                ("what", models.CharField(max_length=200, verbose_name="办什么")),
                ("until", models.DateField(verbose_name="哪天前")),
                ("asked_at", models.DateTimeField(verbose_name="交代时间")),
                ("asked_by", models.CharField(max_length=60, verbose_name="谁交代的")),
                ("asked_person", models.BigIntegerField(verbose_name="交代的人")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                ("withdrawn", models.BooleanField(default=False, verbose_name="收回了")),
                ("result", models.CharField(blank=True, max_length=400, verbose_name="办得怎样")),
                ("done_by", models.CharField(blank=True, max_length=60, verbose_name="谁办的")),
                (
                    "asked_body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                    ),
                ),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.body",
                        verbose_name="谁来办",
                    ),
                ),
                (
                    "case",
                    mingbai.kernel.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subtasks",
                        to="cases.case",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.post",
                    ),
                ),
            ],
            options={
                "verbose_name": "协办事项",
                "indexes": [
                    models.Index(fields=["case", "id"], name="subtask_case"),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["body", "until", "id"],
                        name="subtask_open",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="sweep",
            index=models.Index(fields=["case", "id"], name="sweep_case"),
        ),
        migrations.AddIndex(
            model_name="sweepitem",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["body", "until", "id"],
                name="sweep_item_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepitem",
            constraint=models.UniqueConstraint(
                fields=("county", "sweep", "region"), name="sweep_item_once"
            ),
        ),
        row_security("cases_savedfilter", [("own", "ALL", f"person_id = {PERSON}")]),
        row_security("cases_replytemplate", [("county", "ALL", _OWN_COUNTY)]),
        row_security("cases_note", [("scope", "ALL", inside())]),
        row_security("cases_subtask", [("scope", "ALL", inside())]),
        row_security("cases_relation", [("scope", "ALL", _EITHER_CASE)]),
        row_security("cases_sweepitem", [("scope", "ALL", inside())]),
        row_security(
            "cases_sweep",
            [("scope", "ALL", inside()), ("own_line", "SELECT", _OWN_LINE)],
        ),
    ]
