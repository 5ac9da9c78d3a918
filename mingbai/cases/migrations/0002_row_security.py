"""Row-level security: the second wall around cases and everything that hangs on them."""

from django.db import migrations

from mingbai.kernel.grants import PERSON, PUBLIC, follows_case, inside, row_security

_SHOWN = "'accepted', 'answered', 'assigned', 'closed', 'escalated', 'handling', 'rated'"
_OWN_CASE = (
    "EXISTS (SELECT 1 FROM cases_case p WHERE p.county = cases_contact.county "
    f"AND p.id = cases_contact.case_id AND p.reporter_id = {PERSON})"
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        row_security(
            "cases_case",
            [
                ("scope", "ALL", inside()),
                ("public_read", "SELECT", f"{PUBLIC} AND is_public AND state IN ({_SHOWN})"),
                ("own", "ALL", f"reporter_id = {PERSON}"),
            ],
        ),
        follows_case("cases_caseevent"),
        follows_case("cases_attachment"),
        follows_case("cases_support"),
        follows_case("cases_rating"),
        row_security(
            "cases_contact",
            [("scope", "ALL", inside()), ("own", "SELECT", _OWN_CASE)],
        ),
    ]
