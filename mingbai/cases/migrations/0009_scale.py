"""Ready for a million cases: indexes of open ones, counts kept, the search behind row security."""

import django.db.models.deletion
import mingbai.kernel.fields
from django.conf import settings
from django.db import migrations, models

from mingbai.kernel.grants import PERSON, PUBLIC, inside, row_security


_OPEN = (
    "'accepted', 'assigned', 'escalated', 'handling', 'joint', 'petition', 'submitted', 'suspended', "
    "'transferred', 'waiting'"
)
_SOLVED = "'answered', 'closed', 'rated'"
_SHOWN = (
    "'accepted', 'answered', 'assigned', 'closed', 'escalated', 'handling', 'joint', 'merged', "
    "'petition', 'rated', 'suspended', 'transferred', 'waiting'"
)
_IS_OPEN = f"(is_public AND state IN ({_OPEN}) AND state IN ({_SHOWN}))::int"
_IS_SOLVED = f"(is_public AND state IN ({_SOLVED}))::int"


def _sides(new, old):
    """Return the rows of a change, what is gone counted negative."""
    sides = [
        f"SELECT county, region, {sign}{_IS_OPEN}, {sign}{_IS_SOLVED} FROM {table}"
        for table, sign in ((new, ""), (old, "-"))
        if table
    ]
    return " UNION ALL ".join(sides)


def _counted(event, tables, rows):
    """Count what a statement changed in one row a village; nothing is locked, nobody waits."""
    name = f"cases_count_{event.lower()}"
    return [
        f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          INSERT INTO cases_tally (county, region, open, solved)
          SELECT county, region, sum(o), sum(s) FROM ({rows}) AS change (county, region, o, s)
          GROUP BY county, region HAVING sum(o) <> 0 OR sum(s) <> 0;
          RETURN NULL;
        END $$""",
        f"CREATE TRIGGER {name} AFTER {event} ON cases_case REFERENCING {tables}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


# Row-level security lets no condition through to an index that might tell of rows which it hides, and
# PostgreSQL does not vouch for the full-text one: each search would read the whole territory. This
# function reads as the owner and applies the very conditions of the policies itself.
# Temporary tables are looked for last: nobody may slip one of this name to the owner.
_FOUND = "cases_found(tsquery, text, bigint, boolean)"
_SEARCH = [
    "CREATE POLICY owner_reads ON cases_case FOR SELECT TO CURRENT_USER USING (true)",
    f"""CREATE FUNCTION cases_found(wanted tsquery, territory text, most bigint, only_open boolean)
    RETURNS TABLE (id bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 300
    SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    BEGIN
      RETURN QUERY SELECT c.id FROM cases_case c
      WHERE c.search @@ wanted
        AND (length(territory) = 6
             OR c.region >= territory COLLATE "C" AND c.region < (territory || '~') COLLATE "C")
        AND (length(territory) <> 6 OR c.county = territory)
        AND (NOT only_open OR c.state IN ({_OPEN}))
        AND (({inside("c.region")}) OR ({PUBLIC} AND c.is_public AND c.state IN ({_SHOWN}))
             OR c.reporter_id = {PERSON})
      ORDER BY c.submitted_at DESC, c.id DESC LIMIT most;
    END $$""",
    f"REVOKE EXECUTE ON FUNCTION {_FOUND} FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {_FOUND} TO mingbai_app",
]
_NO_SEARCH = [
    f"DROP FUNCTION {_FOUND}",
    "DROP POLICY owner_reads ON cases_case",
]
_COUNTS = [
    *_counted("INSERT", "NEW TABLE AS new_rows", _sides("new_rows", "")),
    *_counted("UPDATE", "NEW TABLE AS new_rows OLD TABLE AS old_rows", _sides("new_rows", "old_rows")),
    *_counted("DELETE", "OLD TABLE AS old_rows", _sides("", "old_rows")),
    "CREATE FUNCTION cases_count_truncate() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp"
    " AS $$ BEGIN DELETE FROM cases_tally; RETURN NULL; END $$",
    "CREATE TRIGGER cases_count_truncate AFTER TRUNCATE ON cases_case"
    " FOR EACH STATEMENT EXECUTE FUNCTION cases_count_truncate()",
    "INSERT INTO cases_tally (county, region, open, solved)"
    f" SELECT county, region, sum({_IS_OPEN}), sum({_IS_SOLVED}) FROM cases_case GROUP BY 1, 2",
]
_NO_COUNTS = [
    statement
    for event in ("insert", "update", "delete", "truncate")
    for statement in (
        f"DROP TRIGGER cases_count_{event} ON cases_case",
        f"DROP FUNCTION cases_count_{event}()",
    )
]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_duties_row_security'),
        ('cases', '0008_marks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('region', mingbai.kernel.fields.CodeField(db_collation='C', max_length=16, verbose_name='村')),
                ('work', models.CharField(max_length=8, verbose_name='哪项计时')),
                ('since', models.DateTimeField(verbose_name='从什么时候')),
                ('again_at', models.DateTimeField(verbose_name='何时再试')),
                ('tries', models.PositiveIntegerField(default=0, verbose_name='试过几次')),
                ('why', models.CharField(blank=True, max_length=60, verbose_name='错在哪')),
            ],
            options={
                'verbose_name': '计时出错',
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('region', mingbai.kernel.fields.CodeField(db_collation='C', max_length=16, verbose_name='村')),
                ('open', models.IntegerField(verbose_name='在办')),
                ('solved', models.IntegerField(verbose_name='有结果')),
            ],
            options={
                'verbose_name': '件数',
            },
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_desk',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_clock',
        ),
        migrations.AlterField(
            model_name='case',
            name='first_body',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='首接单位'),
        ),
        migrations.AlterField(
            model_name='case',
            name='from_body',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='谁交来的'),
        ),
        migrations.AlterField(
            model_name='case',
            name='handler',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.post', verbose_name='承办人'),
        ),
        migrations.AlterField(
            model_name='case',
            name='merged_into',
            field=mingbai.kernel.fields.CountyForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='cases.case', verbose_name='并入'),
        ),
        migrations.AlterField(
            model_name='case',
            name='reporter',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='反映人'),
        ),
        migrations.AlterField(
            model_name='case',
            name='split_from',
            field=mingbai.kernel.fields.CountyForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts_split', to='cases.case', verbose_name='从哪件拆出'),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='body',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body'),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='cases.case'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['county', '-submitted_at', '-id'], name='case_newest'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['accepted', 'assigned', 'escalated', 'handling', 'joint', 'petition', 'submitted', 'suspended', 'transferred', 'waiting'])), fields=['body', 'due_at', 'id'], name='case_held'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['accepted', 'assigned', 'escalated', 'handling', 'joint', 'petition', 'submitted', 'suspended', 'transferred', 'waiting'])), fields=['county', 'due_at', 'id'], name='case_due'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['accepted', 'assigned', 'escalated', 'handling', 'joint', 'petition', 'submitted', 'suspended', 'transferred', 'waiting'])), fields=['handler', 'due_at', 'id'], name='case_handled'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['accepted', 'assigned', 'escalated', 'handling', 'joint', 'petition', 'submitted', 'suspended', 'transferred', 'waiting'])), fields=['region', 'due_at', 'id'], name='case_open_here'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='case_merged'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('split_from__isnull', False)), fields=['split_from'], name='case_split'),
        ),
        migrations.AddField(
            model_name='clockfault',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='cases.case'),
        ),
        migrations.AddIndex(
            model_name='tally',
            index=models.Index(fields=['region'], include=('open', 'solved'), name='tally_place'),
        ),
        migrations.AddConstraint(
            model_name='clockfault',
            constraint=models.UniqueConstraint(fields=('county', 'case', 'work'), name='clock_fault_once'),
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_village',
        ),
        migrations.AlterField(
            model_name='case',
            name='body',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='承办单位'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['region', '-submitted_at', '-id'], include=('state', 'is_public', 'reporter'), name='case_village'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['body', '-submitted_at', '-id'], name='case_held_ever'),
        ),
        row_security("cases_clockfault", [("scope", "ALL", inside())]),
        migrations.RunSQL(_SEARCH, _NO_SEARCH),
        migrations.RunSQL(_COUNTS, _NO_COUNTS),
    ]
