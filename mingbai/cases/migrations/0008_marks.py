"""Marks of passing the buck; read inside the territory alone."""

import django.db.models.deletion
import mingbai.kernel.fields
from mingbai.kernel.grants import inside, row_security
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_duties_row_security'),
        ('cases', '0007_officer'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('region', mingbai.kernel.fields.CodeField(db_collation='C', max_length=16, verbose_name='村')),
                ('kind', models.CharField(choices=[('handed_round', '多次转手'), ('returned', '反复退件'), ('ping_pong', '来回推'), ('forwards', '只说转办'), ('perfunctory', '答复敷衍')], max_length=12, verbose_name='种类')),
                ('label', models.CharField(max_length=60, verbose_name='谁')),
                ('evidence', models.TextField(verbose_name='依据')),
                ('quote', models.CharField(blank=True, max_length=80, verbose_name='原话')),
                ('known', models.BooleanField(default=False, verbose_name='提醒过仍这样做')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('outcome', models.CharField(blank=True, choices=[('unfounded', '不成立'), ('founded', '属实'), ('redone', '已责令重新答复')], max_length=12, verbose_name='认定')),
                ('reason', models.CharField(blank=True, max_length=400, verbose_name='认定的理由')),
                ('settled_by', models.CharField(blank=True, max_length=80, verbose_name='谁认定的')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='认定时间')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='哪个单位')),
                ('case', mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='cases.case')),
                ('event', mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='cases.caseevent')),
            ],
            options={
                'verbose_name': '推诿标记',
                'indexes': [models.Index(fields=['case', '-at'], name='mark_case'), models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['region', 'case'], name='mark_open'), models.Index(fields=['region', 'at'], name='mark_month')],
                'constraints': [models.UniqueConstraint(fields=('county', 'event', 'kind'), name='mark_once')],
            },
        ),
        # Marks are for offices: whoever reads a public case does not read them.
        row_security("cases_mark", [("scope", "ALL", inside())]),
    ]
