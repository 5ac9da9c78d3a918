"""Row-level security of the duty list: read inside the county and by the public, written inside."""

from django.db import migrations

from mingbai.kernel.grants import PUBLIC, inside, row_security

# Whoever sees one village of a county has to find out who answers for it.
_SAME_COUNTY = "county = left(nullif(current_setting('mingbai.scope', true), ''), 6)"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_duties")]

    operations = [
        migrations.RemoveField(model_name="body", name="duties"),
        *(
            row_security(
                table,
                [
                    ("scope", "ALL", inside("county")),
                    ("same_county", "SELECT", _SAME_COUNTY),
                    ("public_read", "SELECT", PUBLIC),
                ],
            )
            for table in ("accounts_dutylist", "accounts_duty")
        ),
        row_security("accounts_dutydraft", [("scope", "ALL", inside("county"))]),
    ]
