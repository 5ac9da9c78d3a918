"""Row-level security of messages on their way into groups."""

from django.db import migrations

from mingbai.kernel.grants import inside, row_security


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_group_messages")]

    operations = [row_security("notices_groupmessage", [("scope", "ALL", inside())])]
