import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0004_heard'),
        ('listening', '0003_reputation'),
        ('orgs', '0004_crisis'),
    ]

    operations = [
        migrations.CreateModel(
            name='CrisisRoom',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('why', models.TextField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('ended', 'Ended')], default='open', max_length=5)),
                ('is_house', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('happened', models.TextField(default='')),
                ('worked', models.TextField(default='')),
                ('failed', models.TextField(default='')),
                ('changes', models.TextField(default='')),
                ('revision', models.PositiveIntegerField(default=1)),
                ('departments', models.ManyToManyField(related_name='+', to='orgs.department')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('queries', models.ManyToManyField(related_name='+', to='listening.savedquery')),
                ('stories', models.ManyToManyField(related_name='+', to='listening.story')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['opened_at'], name='room_open')],
            },
        ),
        migrations.CreateModel(
            name='HoldingLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=8)),
                ('text', models.TextField()),
                ('changed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='listening.crisisroom')),
            ],
            options={
                'ordering': ['language', 'id'],
            },
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('entry', 'Entry'), ('item', 'Item'), ('opened', 'Opened'), ('paused', 'Paused'), ('linked', 'Linked'), ('unlinked', 'Unlinked'), ('line', 'Line'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn'), ('task', 'Task'), ('task_done', 'Task Done'), ('task_again', 'Task Again'), ('file', 'File'), ('resumed', 'Resumed'), ('ended', 'Ended')], max_length=10)),
                ('text', models.TextField(default='')),
                ('facts', models.JSONField(default=dict)),
                ('item_key', models.BigIntegerField(null=True)),
                ('hash', models.CharField(max_length=64)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='listening.crisisroom')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ReputationFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claim', models.CharField(max_length=300)),
                ('position', models.TextField(default='')),
                ('outcome', models.TextField(default='')),
                ('state', models.CharField(choices=[('open', 'Open'), ('answered', 'Answered'), ('closed', 'Closed')], default='open', max_length=8)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('queries', models.ManyToManyField(related_name='+', to='listening.savedquery')),
                ('stories', models.ManyToManyField(related_name='+', to='listening.story')),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
                'indexes': [models.Index(fields=['state', '-changed_at', '-id'], name='file_newest')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('item', 'Item'), ('address', 'Address'), ('quotation', 'Quotation')], max_length=9)),
                ('title', models.TextField(default='')),
                ('text', models.TextField(default='')),
                ('language', models.CharField(default='', max_length=20)),
                ('author', models.CharField(default='', max_length=255)),
                ('place', models.CharField(default='', max_length=255)),
                ('url', models.TextField(default='')),
                ('media', models.JSONField(default=list)),
                ('said_at', models.DateTimeField(null=True)),
                ('note', models.TextField(default='')),
                ('added_at', models.DateTimeField()),
                ('hash', models.CharField(max_length=64)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels.item')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='listening.reputationfile')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('item__isnull', False)), fields=('file', 'item', 'hash'), name='evidence_as_it_was_once_a_file')],
            },
        ),
        migrations.AddField(
            model_name='crisisroom',
            name='files',
            field=models.ManyToManyField(related_name='rooms', to='listening.reputationfile'),
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('language', models.CharField(default='', max_length=8)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='listening.reputationfile')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='answers_in_a_row')],
            },
        ),
        migrations.CreateModel(
            name='RoomPresence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presences', to='listening.crisisroom')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('room', 'member'), name='one_room_presence_each')],
            },
        ),
        migrations.CreateModel(
            name='RoomTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(max_length=300)),
                ('due_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='listening.crisisroom')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
    ]
