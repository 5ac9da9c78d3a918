"""Row-level security of the new tables; the public sees the new states; old rows get their clocks."""

from django.db import migrations

from mingbai.kernel.grants import PUBLIC, follows_case

_BEFORE = "'accepted', 'answered', 'assigned', 'closed', 'escalated', 'handling', 'rated'"
_AFTER = f"{_BEFORE}, 'joint', 'merged', 'petition', 'suspended', 'transferred', 'waiting'"
_CLOCKED = "'accepted', 'assigned', 'escalated', 'handling', 'submitted'"


def _shown(states: str) -> str:
    return f"ALTER POLICY public_read ON cases_case USING ({PUBLIC} AND is_public AND state IN ({states}))"


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_moves")]

    operations = [
        follows_case("cases_ask"),
        follows_case("cases_part"),
        follows_case("cases_stop"),
        migrations.RunSQL(_shown(_AFTER), _shown(_BEFORE)),
        # The owner is bound by row-level security like everybody else while it is forced.
        migrations.RunSQL("ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY", migrations.RunSQL.noop),
        migrations.RunSQL(
            "UPDATE cases_case SET received_at = clock_from, next_at = due_at"
            f" WHERE state IN ({_CLOCKED}) AND next_at IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL("ALTER TABLE cases_case FORCE ROW LEVEL SECURITY", migrations.RunSQL.noop),
        migrations.RunSQL(
            "UPDATE cases_deadline SET kind = 'request' WHERE kind = ''", migrations.RunSQL.noop
        ),
    ]
