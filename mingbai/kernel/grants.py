"""What ``mingbai_app`` may do with tables that ``mingbai_owner`` makes, and row-level security.

``BEFORE`` runs as the owner ahead of every migration; what is stricter stands in the migration of
the package that owns the table (audit: INSERT only; clues: INSERT only, read as ``mingbai_clues``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import migrations

BEFORE: tuple[str, ...] = (
    "GRANT USAGE ON SCHEMA public TO mingbai_app, mingbai_clues",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mingbai_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO mingbai_app",
)

# nullif: a variable that was set once on a connection is '' afterwards, not NULL; without it a
# reused connection would compare with '' and show every row.
_SCOPE = "nullif(current_setting('mingbai.scope', true), '')"
INSIDE = f'{{column}} >= {_SCOPE} COLLATE "C" AND {{column}} < ({_SCOPE} || \'~\') COLLATE "C"'
PERSON = "nullif(current_setting('mingbai.person', true), '')::bigint"
PUBLIC = "current_setting('mingbai.public', true) = 'on'"


def inside(column: str = "region") -> str:
    """Return the SQL condition "``column`` lies inside the transaction's territory"."""
    return INSIDE.format(column=column)


def row_security(table: str, policies: Sequence[tuple[str, str, str]]) -> migrations.RunSQL:
    """Switch row-level security on and forced for ``table`` with ``(name, command, condition)``.

    ``command`` is ``ALL``, ``SELECT``, ``INSERT``, ``UPDATE`` or ``DELETE``. An ``INSERT`` policy
    gets the condition as its check; ``ALL`` and ``UPDATE`` use it both ways.
    """
    forward: list[Any] = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]
    backward: list[Any] = [f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"]
    for name, command, condition in policies:
        clause = f"WITH CHECK ({condition})" if command == "INSERT" else f"USING ({condition})"
        forward.append(f"CREATE POLICY {name} ON {table} FOR {command} {clause}")
        backward.insert(0, f"DROP POLICY {name} ON {table}")
    return migrations.RunSQL(forward, backward)


def follows_case(table: str, parent: str = "cases_case", key: str = "case_id") -> migrations.RunSQL:
    """Let rows of ``table`` be seen and written exactly where their parent row can be seen."""
    same = f"p.county = {table}.county AND p.id = {table}.{key}"
    condition = f"EXISTS (SELECT 1 FROM {parent} p WHERE {same})"  # noqa: S608 - names of our own tables
    return row_security(table, [("with_parent", "ALL", condition)])
