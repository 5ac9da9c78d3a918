"""The citizen's side: neighbours, followers, calls, invitations, mediation; who sees which rows."""

import django.db.models.deletion
import mingbai.kernel.fields
from mingbai.kernel.grants import follows_case, inside, row_security
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_duties_row_security'),
        ('cases', '0005_moves_security'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CallBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('region', mingbai.kernel.fields.CodeField(db_collation='C', max_length=16, verbose_name='村')),
                ('why', models.CharField(choices=[('unsatisfied', '评价不满意'), ('urgent', '紧急件'), ('petition', '信访件')], max_length=12, verbose_name='为什么回访')),
                ('level', models.CharField(choices=[('village', '村里'), ('town', '镇里'), ('county', '县里'), ('city', '市里')], max_length=8, verbose_name='哪级回访')),
                ('about', models.DateTimeField(verbose_name='针对哪次答复')),
                ('handler_id', models.BigIntegerField(null=True, verbose_name='答复的人')),
                ('opened_at', models.DateTimeField(verbose_name='进队列时间')),
                ('next_at', models.DateTimeField(verbose_name='下次回访')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='已打次数')),
                ('result', models.CharField(blank=True, choices=[('satisfied', '满意'), ('unsatisfied', '还是不满意'), ('reached', '打通了，没有评价'), ('unreached', '三次没打通')], max_length=12, verbose_name='结果')),
                ('words', models.CharField(blank=True, max_length=400, verbose_name='反映人的话')),
                ('done_at', models.DateTimeField(null=True, verbose_name='完成时间')),
            ],
            options={
                'verbose_name': '电话回访',
            },
        ),
        migrations.CreateModel(
            name='Confirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('solved', models.BooleanField(verbose_name='好了')),
                ('photo_key', models.UUIDField(null=True, verbose_name='照片')),
                ('at', models.DateTimeField(verbose_name='时间')),
            ],
            options={
                'verbose_name': '现场确认',
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('told_at', models.DateTimeField(verbose_name='告知到')),
            ],
            options={
                'verbose_name': '关注',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('whom', models.CharField(choices=[('reporter', '反映人'), ('supporters', '反映人和附议、关注的人'), ('village', '全村村民')], max_length=12, verbose_name='请谁')),
                ('meet_at', models.DateTimeField(verbose_name='什么时候')),
                ('place', models.CharField(max_length=80, verbose_name='在哪里')),
                ('words', models.CharField(blank=True, max_length=200, verbose_name='看什么')),
                ('label', models.CharField(max_length=60, verbose_name='谁请的')),
                ('made_at', models.DateTimeField(verbose_name='时间')),
                ('called_off_at', models.DateTimeField(null=True, verbose_name='取消时间')),
            ],
            options={
                'verbose_name': '现场邀请',
            },
        ),
        migrations.CreateModel(
            name='Mediation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('region', mingbai.kernel.fields.CodeField(db_collation='C', max_length=16, verbose_name='村')),
                ('held_on', models.DateField(verbose_name='调解日期')),
                ('mediator', models.CharField(max_length=60, verbose_name='调解人')),
                ('parties', models.CharField(max_length=200, verbose_name='当事人')),
                ('agreed', models.BooleanField(verbose_name='达成协议')),
                ('agreement', models.TextField(blank=True, max_length=2000, verbose_name='协议内容')),
                ('kept', models.BooleanField(null=True, verbose_name='履行了')),
                ('kept_words', models.CharField(blank=True, max_length=200, verbose_name='履行情况')),
                ('kept_at', models.DateTimeField(null=True, verbose_name='履行登记时间')),
                ('label', models.CharField(max_length=60, verbose_name='谁登记的')),
                ('made_at', models.DateTimeField(verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '调解记录',
            },
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('county', mingbai.kernel.fields.CountyField(db_collation='C', editable=False, max_length=6, verbose_name='县')),
                ('comes', models.BooleanField(verbose_name='来')),
                ('at', models.DateTimeField(verbose_name='时间')),
            ],
            options={
                'verbose_name': '邀请回复',
            },
        ),
        migrations.AddField(
            model_name='contact',
            name='name_sealed',
            field=models.BinaryField(null=True, verbose_name='姓名（加密）'),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='stage',
            field=models.CharField(choices=[('evidence', '反映时'), ('before', '办理前'), ('after', '办理后'), ('onsite', '邻居现场拍')], max_length=8, verbose_name='阶段'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('answered_at__isnull', False)), fields=['county', 'answered_at'], name='case_answered'),
        ),
        migrations.AddField(
            model_name='callback',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='call_backs', to='cases.case'),
        ),
        migrations.AddField(
            model_name='confirmation',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='cases.case'),
        ),
        migrations.AddField(
            model_name='confirmation',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='follow',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='cases.case'),
        ),
        migrations.AddField(
            model_name='follow',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='cases.case'),
        ),
        migrations.AddField(
            model_name='mediation',
            name='case',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mediations', to='cases.case'),
        ),
        migrations.AddField(
            model_name='reply',
            name='invitation',
            field=mingbai.kernel.fields.CountyForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='cases.invitation'),
        ),
        migrations.AddField(
            model_name='reply',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['region', 'next_at', 'id'], name='call_back_open'),
        ),
        migrations.AddConstraint(
            model_name='callback',
            constraint=models.UniqueConstraint(fields=('county', 'case', 'about', 'why'), name='call_back_once'),
        ),
        migrations.AddConstraint(
            model_name='callback',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True)), fields=('county', 'case'), name='call_back_open_once'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(fields=('county', 'case', 'person'), name='confirmation_once'),
        ),
        migrations.AddIndex(
            model_name='follow',
            index=models.Index(fields=['person', '-at', '-id'], name='follow_mine'),
        ),
        migrations.AddConstraint(
            model_name='follow',
            constraint=models.UniqueConstraint(fields=('county', 'case', 'person'), name='follow_once'),
        ),
        migrations.AddIndex(
            model_name='mediation',
            index=models.Index(fields=['region', 'held_on'], name='mediation_month'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.UniqueConstraint(fields=('county', 'invitation', 'person'), name='reply_once'),
        ),
        follows_case("cases_confirmation"),
        follows_case("cases_follow"),
        follows_case("cases_invitation"),
        follows_case("cases_reply", parent="cases_invitation", key="invitation_id"),
        # What was said on the phone and who the parties were is read inside the territory alone.
        row_security("cases_callback", [("scope", "ALL", inside())]),
        row_security("cases_mediation", [("scope", "ALL", inside())]),
    ]
