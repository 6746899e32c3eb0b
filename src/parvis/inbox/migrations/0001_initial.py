import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('channels', '0001_initial'),
        ('orgs', '0002_audit_guard'),
        ('orgs', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'Open'), ('waiting', 'Waiting'), ('snoozed', 'Snoozed'), ('done', 'Done')], default='open', max_length=8)),
                ('snoozed_until', models.DateTimeField(null=True)),
                ('priority', models.SmallIntegerField(choices=[(-1, 'Low'), (0, 'Normal'), (1, 'High'), (2, 'Urgent')], default=0)),
                ('last_activity_at', models.DateTimeField()),
                ('newest_item_id', models.BigIntegerField(default=0)),
                ('item_count', models.PositiveIntegerField(default=1)),
                ('held_count', models.PositiveIntegerField(default=0)),
                ('is_unanswered', models.BooleanField(default=True)),
                ('kind', models.CharField(default='comment', max_length=10)),
                ('language', models.CharField(default='', max_length=8)),
                ('has_link', models.BooleanField(default=False)),
                ('why', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('assignee', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.channel')),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('last_item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.item')),
                ('root', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.item')),
            ],
            options={
                'indexes': [models.Index(fields=['department', 'state', '-last_activity_at', '-id', 'channel', 'assignee', 'priority', 'kind', 'language', 'held_count', 'is_unanswered', 'has_link'], name='conv_department'), models.Index(fields=['state', '-last_activity_at', '-id', 'channel', 'assignee', 'priority', 'kind', 'language', 'held_count', 'is_unanswered', 'has_link'], name='conv_state'), models.Index(fields=['-last_activity_at', '-id', 'department', 'state', 'channel', 'assignee', 'priority', 'kind', 'language', 'held_count', 'is_unanswered', 'has_link'], name='conv_all'), models.Index(fields=['channel', 'state', '-last_activity_at', '-id'], name='conv_channel'), models.Index(condition=models.Q(('assignee__isnull', False)), fields=['assignee', 'state', '-last_activity_at', '-id'], name='conv_assignee'), models.Index(condition=models.Q(('held_count__gt', 0)), fields=['-last_activity_at', '-id', 'department', 'state'], name='conv_held'), models.Index(condition=models.Q(('priority', 0), _negated=True), fields=['priority', '-last_activity_at', '-id', 'department', 'state'], name='conv_priority'), models.Index(fields=['language', '-last_activity_at', '-id'], name='conv_language'), models.Index(fields=['kind', '-last_activity_at', '-id'], name='conv_kind'), models.Index(condition=models.Q(('state', 'snoozed')), fields=['snoozed_until'], name='conv_snoozed')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=5)),
                ('text', models.TextField()),
                ('updated_at', models.DateTimeField()),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='inbox.conversation')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('conversation', 'member', 'kind'), name='one_draft_each')],
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('colour', models.CharField(default='grey', max_length=10)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orgs.department')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), models.F('department'), name='one_label_a_name', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Labelling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labellings', to='inbox.conversation')),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labellings', to='inbox.label')),
            ],
            options={
                'indexes': [models.Index(fields=['label', '-conversation'], name='labelling_newest')],
                'constraints': [models.UniqueConstraint(fields=('conversation', 'label'), name='a_label_sticks_once')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='inbox.conversation')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to=settings.AUTH_USER_MODEL)),
                ('note', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='inbox.note')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['member'], name='mention_unseen')],
                'constraints': [models.UniqueConstraint(fields=('note', 'member'), name='a_note_names_once')],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('is_typing', models.BooleanField(default=False)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presences', to='inbox.conversation')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('conversation', 'member'), name='one_presence_each')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=1000)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orgs.department')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
    ]
