"""The whole table of moves: joint work, requests to the level above, stopped clocks, merged and split cases."""

import django.db.models.deletion
import mingbai.kernel.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_open_session'),
        ('cases', '0003_sign'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Ask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('kind', models.CharField(choices=[('suspend', '申请挂起'), ('objection', '交办异议'), ('reopen', '请求重办')], max_length=12, verbose_name='种类')),
                ('text', models.CharField(max_length=400, verbose_name='理由')),
                ('until', models.DateTimeField(null=True, verbose_name='到什么时候')),
                ('person_id', models.BigIntegerField(null=True, verbose_name='谁提的')),
                ('label', models.CharField(max_length=60, verbose_name='谁')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('granted', models.BooleanField(null=True, verbose_name='同意')),
                ('reason', models.CharField(blank=True, max_length=400, verbose_name='决定的理由')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='决定时间')),
            ],
            options={
                'verbose_name': '请示',
            },
        ),
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('asked', models.CharField(max_length=400, verbose_name='请办什么')),
                ('asked_at', models.DateTimeField(verbose_name='时间')),
                ('text', models.TextField(blank=True, verbose_name='答复')),
                ('label', models.CharField(blank=True, max_length=60, verbose_name='谁')),
                ('released', models.BooleanField(default=False, verbose_name='免去')),
                ('done_at', models.DateTimeField(null=True, verbose_name='答复或免去时间')),
            ],
            options={
                'verbose_name': '会办部分',
            },
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('state', models.CharField(max_length=12, verbose_name='为什么停')),
                ('since', models.DateTimeField(verbose_name='从')),
                ('until', models.DateTimeField(verbose_name='最迟到')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='到')),
                ('days', models.PositiveSmallIntegerField(default=0, verbose_name='停了几个工作日')),
            ],
            options={
                'verbose_name': '停表',
            },
        ),
        migrations.RemoveConstraint(
            model_name='deadline',
            name='deadline_once',
        ),
        migrations.AddField(
            model_name='case',
            name='extended_days',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='已延期天数'),
        ),
        migrations.AddField(
            model_name='case',
            name='extra_days',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='本级顺延（工作日）'),
        ),
        migrations.AddField(
            model_name='case',
            name='from_body',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='谁交来的'),
        ),
        migrations.AddField(
            model_name='case',
            name='merged_into',
            field=mingbai.kernel.fields.CountyForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='cases.case', verbose_name='并入'),
        ),
        migrations.AddField(
            model_name='case',
            name='merged_version',
            field=models.PositiveIntegerField(default=0, verbose_name='并入时对方版本'),
        ),
        migrations.AddField(
            model_name='case',
            name='next_at',
            field=models.DateTimeField(null=True, verbose_name='下一步计时动作'),
        ),
        migrations.AddField(
            model_name='case',
            name='received_at',
            field=models.DateTimeField(null=True, verbose_name='交到现单位的时间'),
        ),
        migrations.AddField(
            model_name='case',
            name='resumes_at',
            field=models.DateTimeField(null=True, verbose_name='最迟恢复时间'),
        ),
        migrations.AddField(
            model_name='case',
            name='settled',
            field=models.BooleanField(default=False, verbose_name='归属已裁定'),
        ),
        migrations.AddField(
            model_name='case',
            name='split_from',
            field=mingbai.kernel.fields.CountyForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts_split', to='cases.case', verbose_name='从哪件拆出'),
        ),
        migrations.AddField(
            model_name='case',
            name='steps_done',
            field=models.CharField(blank=True, default='', max_length=80, verbose_name='本级已做的计时动作'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='case',
            name='stopped_at',
            field=models.DateTimeField(null=True, verbose_name='停表时间'),
        ),
        migrations.AddField(
            model_name='case',
            name='urged',
            field=models.BooleanField(default=False, verbose_name='已督办'),
        ),
        migrations.AddField(
            model_name='deadline',
            name='accept',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='受理（工作日）'),
        ),
        migrations.AddField(
            model_name='deadline',
            name='first',
            field=models.PositiveSmallIntegerField(default=2, verbose_name='首次回话（工作日）'),
        ),
        migrations.AddField(
            model_name='deadline',
            name='kind',
            field=models.CharField(blank=True, default='', max_length=12, verbose_name='类别'),
        ),
        migrations.AddField(
            model_name='deadline',
            name='region',
            field=mingbai.kernel.fields.CodeField(blank=True, db_collation='C', default='', max_length=16, verbose_name='区划'),
        ),
        migrations.AddField(
            model_name='support',
            name='via',
            field=mingbai.kernel.fields.CountyForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cases.case', verbose_name='随哪件并来'),
        ),
        migrations.AlterField(
            model_name='case',
            name='level',
            field=models.CharField(choices=[('village', '村里'), ('town', '镇里'), ('county', '县里'), ('city', '市里')], max_length=8, verbose_name='在哪级'),
        ),
        migrations.AlterField(
            model_name='case',
            name='state',
            field=models.CharField(choices=[('submitted', '等受理'), ('accepted', '已受理'), ('refused', '不予受理'), ('assigned', '已交办'), ('handling', '在办'), ('joint', '会办中'), ('waiting', '等反映人补充'), ('suspended', '已挂起'), ('escalated', '已升级，等上级受理'), ('transferred', '已转信访，等登记'), ('petition', '信访办理中'), ('answered', '已答复，等评价'), ('rated', '已评价'), ('closed', '已办结'), ('merged', '已并入另一件'), ('withdrawn', '已撤回')], max_length=12, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='deadline',
            name='days',
            field=models.PositiveSmallIntegerField(verbose_name='办结（工作日）'),
        ),
        migrations.AlterField(
            model_name='deadline',
            name='field',
            field=models.CharField(blank=True, max_length=12, verbose_name='领域'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['county', 'next_at', 'id'], name='case_next_step'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state', 'answered')), fields=['county', 'answered_at', 'id'], name='case_unrated'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.UniqueConstraint(fields=('region', 'kind', 'field', 'level', 'urgent'), name='deadline_once'),
        ),
        migrations.AddField(
            model_name='ask',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='cases.case'),
        ),
        migrations.AddField(
            model_name='ask',
            name='decider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='谁来定'),
        ),
        migrations.AddField(
            model_name='part',
            name='body',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.body', verbose_name='会办单位'),
        ),
        migrations.AddField(
            model_name='part',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='cases.case'),
        ),
        migrations.AddField(
            model_name='stop',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stops', to='cases.case'),
        ),
        migrations.AddIndex(
            model_name='ask',
            index=models.Index(condition=models.Q(('decided_at__isnull', True)), fields=['decider', 'at'], name='ask_open'),
        ),
        migrations.AddConstraint(
            model_name='ask',
            constraint=models.UniqueConstraint(condition=models.Q(('decided_at__isnull', True)), fields=('county', 'case', 'kind'), name='ask_open_once'),
        ),
        migrations.AddIndex(
            model_name='part',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['body', 'case'], name='part_open'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True)), fields=('county', 'case', 'body'), name='part_open_once'),
        ),
        migrations.AddConstraint(
            model_name='stop',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('county', 'case'), name='stop_open_once'),
        ),
    ]
