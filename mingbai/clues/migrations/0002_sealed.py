"""Parcels may be written by the application and read only as ``mingbai_clues`` inside the county."""

from django.db import migrations

from mingbai.kernel.grants import row_security

COUNTY = "county = left(nullif(current_setting('mingbai.scope', true), ''), 6)"
HAS_KEY = "EXISTS (SELECT 1 FROM clues_officekey k WHERE k.id = key_id AND k.county = clues_sealedclue.county)"


class Migration(migrations.Migration):
    dependencies = [("clues", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "REVOKE ALL ON clues_sealedclue FROM mingbai_app",
                "GRANT INSERT ON clues_sealedclue TO mingbai_app",
                "GRANT SELECT ON clues_sealedclue TO mingbai_clues",
                "REVOKE UPDATE, DELETE ON clues_officekey FROM mingbai_app",
                "GRANT UPDATE (retired_at) ON clues_officekey TO mingbai_app",
            ],
            migrations.RunSQL.noop,
        ),
        row_security(
            "clues_sealedclue", [("sealed", "INSERT", HAS_KEY), ("office", "SELECT", COUNTY)]
        ),
    ]
