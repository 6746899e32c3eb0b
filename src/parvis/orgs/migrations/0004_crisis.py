import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("orgs", "0003_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name='CrisisPause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('room_key', models.BigIntegerField()),
                ('begun_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('begun_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orgs.department')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['department'], name='crisis_pause_open')],
                'constraints': [models.UniqueConstraint(fields=('room_key', 'department'), name='a_room_pauses_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='HeldBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('key', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=200)),
                ('due_at', models.DateTimeField()),
                ('held_at', models.DateTimeField()),
                ('decision', models.CharField(blank=True, choices=[('', '–'), ('release', 'Release'), ('drop', 'Drop')], default='', max_length=7)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'key', '-id'], name='held_back_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('decision', '')), fields=('kind', 'key'), name='held_back_once_at_a_time')],
            },
        ),
    ]
