import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('channels', '0004_heard'),
        ('orgs', '0002_audit_guard'),
        ('orgs', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedQuery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hears_house', models.BooleanField(default=False)),
                ('name', models.CharField(max_length=80)),
                ('text', models.TextField()),
                ('purpose', models.TextField(default='')),
                ('language', models.CharField(default='', max_length=8)),
                ('colour', models.CharField(default='blue', max_length=10)),
                ('state', models.CharField(choices=[('on', 'On'), ('paused', 'Paused'), ('archived', 'Archived')], default='on', max_length=8)),
                ('is_slow', models.BooleanField(default=False)),
                ('revision', models.BigIntegerField(default=0)),
                ('match_count', models.BigIntegerField(default=0)),
                ('last_match_at', models.DateTimeField(null=True)),
                ('backfill_job', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'indexes': [models.Index(fields=['revision'], name='query_revision')],
            },
        ),
        migrations.CreateModel(
            name='QueryVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('name', models.CharField(max_length=80)),
                ('text', models.TextField()),
                ('state', models.CharField(choices=[('on', 'On'), ('paused', 'Paused'), ('archived', 'Archived')], max_length=8)),
                ('facts', models.JSONField(default=dict)),
                ('note', models.TextField(default='')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('query', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='listening.savedquery')),
            ],
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('tone', models.FloatField(null=True)),
                ('reach', models.BigIntegerField(null=True)),
                ('matched_at', models.DateTimeField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='channels.item')),
                ('query', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='listening.savedquery')),
            ],
            options={
                'indexes': [models.Index(fields=['query', '-item'], name='match_newest')],
                'constraints': [models.UniqueConstraint(fields=('query', 'item'), name='a_query_meets_an_item_once')],
            },
        ),
        migrations.CreateModel(
            name='HourCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('count', models.IntegerField(default=0)),
                ('tone_count', models.IntegerField(default=0)),
                ('tone_sum', models.FloatField(default=0)),
                ('tone_square_sum', models.FloatField(default=0)),
                ('reach_sum', models.BigIntegerField(default=0)),
                ('query', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='listening.savedquery')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('query', 'hour'), name='an_hour_is_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='Story',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signature', models.BinaryField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('item_count', models.PositiveIntegerField(default=1)),
                ('channel_count', models.PositiveIntegerField(default=1)),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('founder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.item')),
            ],
            options={
                'indexes': [models.Index(fields=['last_at'], name='story_age'), models.Index(condition=models.Q(('item_count__gt', 1)), fields=['department', '-last_at', '-id'], name='story_newest')],
            },
        ),
        migrations.CreateModel(
            name='Telling',
            fields=[
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='telling', serialize=False, to='channels.item')),
                ('likeness', models.FloatField()),
                ('story', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tellings', to='listening.story')),
            ],
        ),
    ]
