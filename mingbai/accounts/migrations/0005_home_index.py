"""Who lives in a village is looked up for every invitation to all of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_duties_row_security")]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("home", ""), _negated=True), fields=["home"], name="person_home"
            ),
        ),
    ]
