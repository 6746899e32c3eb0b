import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0002_audit_guard'),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeRoute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('mail', 'Mail'), ('apprise', 'Apprise')], max_length=8)),
                ('name', models.CharField(max_length=60)),
                ('shown', models.CharField(max_length=120)),
                ('sealed_address', models.BinaryField()),
                ('is_on', models.BooleanField(default=True)),
                ('reached_at', models.DateTimeField(null=True)),
                ('failure_count', models.PositiveIntegerField(default=0)),
                ('error', models.JSONField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orgs.department')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notice_routes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('member__isnull', True), ('department__isnull', True), _connector='OR'), name='a_route_has_one_owner')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leased_by', models.CharField(blank=True, default='', max_length=60)),
                ('leased_until', models.DateTimeField(null=True)),
                ('way', models.CharField(max_length=120)),
                ('is_restricted', models.BooleanField(default=False)),
                ('kind', models.CharField(max_length=30)),
                ('subject', models.CharField(max_length=20)),
                ('subject_key', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=10)),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('path', models.CharField(blank=True, default='', max_length=200)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('failed', 'Failed'), ('dropped', 'Dropped')], default='waiting', max_length=8)),
                ('is_held', models.BooleanField(default=False)),
                ('due_at', models.DateTimeField()),
                ('attempt_count', models.PositiveSmallIntegerField(default=0)),
                ('error', models.JSONField(null=True)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orgs.department')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('route', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='orgs.noticeroute')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='notice_due'), models.Index(fields=['subject', 'subject_key'], name='notice_subject')],
            },
        ),
    ]
