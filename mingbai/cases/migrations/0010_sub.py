"""The part of a field, no field yet (不知道归谁管), and wrong slip codes; the last hold no case data."""

from django.db import migrations, models

FIELDS = [
    ("road", "道路交通"),
    ("water", "饮水供水"),
    ("power", "供电通信"),
    ("irrigation", "农田水利"),
    ("sanitation", "环境卫生"),
    ("facility", "公共设施"),
    ("housing", "住房宅基地"),
    ("land", "征地承包"),
    ("welfare", "救助补贴"),
    ("insurance", "社保医疗"),
    ("education", "教育文体"),
    ("affairs", "村务财务"),
    ("safety", "治安纠纷"),
    ("labour", "就业欠薪"),
    ("other", "其他"),
]


class Migration(migrations.Migration):

    dependencies = [("cases", "0009_scale")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="sub",
            field=models.CharField(
                blank=True, default="", max_length=16, verbose_name="细类"
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="field",
            field=models.CharField(
                blank=True, choices=FIELDS, max_length=12, verbose_name="领域"
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["digest"], name="attachment_digest"),
        ),
        migrations.CreateModel(
            name="WrongCode",
            fields=[
                (
                    "who",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="谁"
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0, verbose_name="次数")),
                ("since", models.DateTimeField(db_index=True, verbose_name="从")),
            ],
            options={"verbose_name": "试错的查询码"},
        ),
    ]
