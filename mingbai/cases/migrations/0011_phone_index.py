"""A keyed hash of the reporter's phone, by which a repeat caller is known without the number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_sub")]

    operations = [
        migrations.AddField(
            "contact",
            "phone_index",
            models.CharField("手机（散列）", max_length=64, blank=True, default=""),
        ),
        migrations.AddIndex(
            "contact",
            models.Index(
                fields=["county", "phone_index"],
                condition=~models.Q(phone_index=""),
                name="contact_phone",
            ),
        ),
    ]
