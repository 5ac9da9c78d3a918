"""Keys are seen from inside their county only; parcels only by the county's own scope."""

from django.db import migrations

from mingbai.kernel.grants import inside, row_security

_BEFORE = "county = left(nullif(current_setting('mingbai.scope', true), ''), 6)"
_AFTER = "county = nullif(current_setting('mingbai.scope', true), '')"


class Migration(migrations.Migration):
    dependencies = [("clues", "0002_sealed")]

    operations = [
        row_security("clues_officekey", [("scope", "ALL", inside("county"))]),
        migrations.RunSQL(
            f"ALTER POLICY office ON clues_sealedclue USING ({_AFTER})",
            f"ALTER POLICY office ON clues_sealedclue USING ({_BEFORE})",
        ),
    ]
