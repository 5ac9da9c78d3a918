"""What was said in a chat group about how far a case is."""

import django.db.models.deletion
from django.db import migrations, models

import mingbai.kernel.fields
from mingbai.kernel.grants import follows_case


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_row_security")]

    operations = [
        migrations.CreateModel(
            name="Sign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county", mingbai.kernel.fields.CountyField(db_collation="C", editable=False, max_length=6, verbose_name="县")),
                ("source_id", models.CharField(max_length=64, verbose_name="来源编号")),
                ("said_at", models.DateTimeField(verbose_name="说话时间")),
                ("who", models.CharField(max_length=40, verbose_name="谁")),
                ("text", models.CharField(max_length=400, verbose_name="原话")),
                ("ignored_at", models.DateTimeField(null=True, verbose_name="忽略时间")),
                ("ignored_by", models.BigIntegerField(null=True, verbose_name="谁忽略的")),
                ("case", mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="signs", to="cases.case")),
            ],
            options={
                "verbose_name": "群里的动静",
                "constraints": [models.UniqueConstraint(fields=("county", "case", "source_id"), name="sign_once")],
            },
        ),
        follows_case("cases_sign"),
    ]
