import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0004_heard'),
        ('listening', '0001_initial'),
        ('orgs', '0003_notices'),
        ('orgs', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('volume', 'Volume'), ('tone', 'Tone'), ('author', 'Author'), ('threshold', 'Threshold')], max_length=10)),
                ('way', models.CharField(choices=[('more', 'More'), ('less', 'Less'), ('any', 'Any')], default='more', max_length=4)),
                ('false_a_month', models.FloatField(default=0.5)),
                ('authors', models.JSONField(default=list)),
                ('threshold', models.PositiveIntegerField(null=True)),
                ('per', models.CharField(choices=[('hour', 'Hour'), ('day', 'Day')], default='hour', max_length=4)),
                ('is_on', models.BooleanField(default=True)),
                ('muted_until', models.DateTimeField(null=True)),
                ('role', models.CharField(blank=True, choices=[('strategist', 'Strategist'), ('architect', 'Architect'), ('manager', 'Manager'), ('community_manager', 'Community manager'), ('analyst', 'Analyst'), ('contributor', 'Contributor')], default='', max_length=20)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_to', models.TimeField(null=True)),
                ('wakes_from', models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High')], null=True)),
                ('escalate_after_min', models.PositiveIntegerField(null=True)),
                ('escalate_role', models.CharField(blank=True, choices=[('strategist', 'Strategist'), ('architect', 'Architect'), ('manager', 'Manager'), ('community_manager', 'Community manager'), ('analyst', 'Analyst'), ('contributor', 'Contributor')], default='', max_length=20)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('revision', models.PositiveIntegerField(default=1)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('escalate_members', models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL)),
                ('escalate_routes', models.ManyToManyField(related_name='+', to='orgs.noticeroute')),
                ('members', models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL)),
                ('query', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alert_rules', to='listening.savedquery')),
                ('routes', models.ManyToManyField(related_name='+', to='orgs.noticeroute')),
            ],
        ),
        migrations.CreateModel(
            name='AlertEpisode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('volume', 'Volume'), ('tone', 'Tone'), ('author', 'Author'), ('threshold', 'Threshold')], max_length=10)),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High')])),
                ('opened_at', models.DateTimeField()),
                ('first_hour', models.DateTimeField()),
                ('last_hour', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('is_muted', models.BooleanField(default=False)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('note', models.TextField(blank=True, default='')),
                ('escalate_at', models.DateTimeField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('judgement', models.CharField(blank=True, choices=[('real', 'Real'), ('nothing', 'Nothing')], default='', max_length=8)),
                ('judged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('judged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('query', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='episodes', to='listening.savedquery')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['-id'], name='episode_open'), models.Index(condition=models.Q(('acknowledged_at__isnull', True), ('escalated_at__isnull', True)), fields=['escalate_at'], name='episode_escalate')],
            },
        ),
        migrations.CreateModel(
            name='AlertWatch',
            fields=[
                ('leased_by', models.CharField(blank=True, default='', max_length=60)),
                ('leased_until', models.DateTimeField(null=True)),
                ('rule', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='watch', serialize=False, to='listening.alertrule')),
                ('seen_count', models.BigIntegerField(default=-1)),
                ('next_look_at', models.DateTimeField()),
                ('last_match_id', models.BigIntegerField(default=0)),
                ('rung_items', models.JSONField(default=list)),
                ('learnt_of', models.CharField(default='', max_length=80)),
                ('learnt_until', models.DateTimeField(null=True)),
                ('judged_until', models.DateTimeField(null=True)),
                ('begun_at', models.DateTimeField()),
                ('state', models.JSONField(null=True)),
                ('expected', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['next_look_at'], name='watch_next_look')],
            },
        ),
        migrations.CreateModel(
            name='AlertSign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('volume', 'Volume'), ('tone', 'Tone'), ('author', 'Author'), ('threshold', 'Threshold')], max_length=10)),
                ('direction', models.CharField(choices=[('more', 'More'), ('less', 'Less'), ('any', 'Any')], max_length=4)),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Low'), (2, 'Medium'), (3, 'High')])),
                ('first_hour', models.DateTimeField()),
                ('last_hour', models.DateTimeField()),
                ('calm_since', models.DateTimeField(null=True)),
                ('farthest', models.FloatField()),
                ('expected', models.JSONField(default=dict)),
                ('seen', models.JSONField(default=dict)),
                ('peak', models.JSONField(default=dict)),
                ('band', models.JSONField(default=dict)),
                ('is_over', models.BooleanField(default=False)),
                ('episode', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signs', to='listening.alertepisode')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels.item')),
                ('query', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='listening.savedquery')),
                ('rule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='signs', to='listening.alertrule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_over', False)), fields=('rule',), name='a_rule_rings_once_at_a_time')],
            },
        ),
    ]
