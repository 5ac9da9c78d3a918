"""Row-level security: the second wall around groups, talk and what was found in it."""

from django.db import migrations, models

from mingbai.kernel.grants import follows_case, inside, row_security


class Migration(migrations.Migration):
    dependencies = [("capture", "0002_remove_finding_case_finding_case_number_message_held")]

    operations = [
        row_security("capture_chatgroup", [("scope", "ALL", inside())]),
        row_security("capture_seen", [("scope", "ALL", inside("county"))]),
        row_security("capture_finding", [("scope", "ALL", inside())]),
        row_security("capture_message", [("scope", "ALL", inside())]),
        follows_case("capture_member", "capture_chatgroup", "group_id"),
        follows_case("capture_ruling", "capture_finding", "finding_id"),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["region", "said_at"], name="finding_near"),
        ),
    ]
