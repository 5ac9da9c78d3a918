"""The application may add entries and read them, never change or remove one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM mingbai_app",
            "GRANT UPDATE, DELETE ON audit_entry TO mingbai_app",
        ),
    ]
