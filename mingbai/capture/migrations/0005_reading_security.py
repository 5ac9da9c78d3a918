"""Row-level security of what reading, learning and going through groups leave behind."""

from django.db import migrations

from mingbai.kernel.grants import follows_case, inside, row_security

SCOPE = "nullif(current_setting('mingbai.scope', true), '')"
# A county's answers are read from each of its villages; they are written from the county.
SAME_COUNTY = f"starts_with({SCOPE}, county) OR ({inside('county')})"


class Migration(migrations.Migration):
    dependencies = [("capture", "0004_reading")]

    operations = [
        row_security("capture_deadletter", [("scope", "ALL", inside("county"))]),
        row_security("capture_forgotten", [("scope", "ALL", inside("county"))]),
        row_security("capture_rulingtally", [("scope", "ALL", inside("county"))]),
        row_security("capture_localexample", [("scope", "ALL", inside("county"))]),
        row_security("capture_policynote", [("county", "ALL", SAME_COUNTY)]),
        row_security("capture_learnedplace", [("scope", "ALL", inside())]),
        row_security("capture_patrolmark", [("scope", "ALL", inside())]),
        row_security("capture_patrolday", [("scope", "ALL", inside())]),
        follows_case("capture_consentnotice", "capture_chatgroup", "group_id"),
        follows_case("capture_secondreading", "capture_finding", "finding_id"),
    ]
