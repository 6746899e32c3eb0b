import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orgs', '0004_crisis'),
        ('orgs', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('image', 'Image'), ('gif', 'Gif'), ('video', 'Video'), ('audio', 'Audio'), ('captions', 'Captions'), ('pdf', 'Pdf')], max_length=8)),
                ('alt', models.JSONField(default=dict)),
                ('credit', models.CharField(blank=True, default='', max_length=300)),
                ('source', models.CharField(blank=True, default='', max_length=500)),
                ('licence', models.CharField(blank=True, default='', max_length=200)),
                ('shows_people', models.BooleanField(default=False)),
                ('focus_x', models.FloatField(null=True)),
                ('focus_y', models.FloatField(null=True)),
                ('number', models.PositiveIntegerField(default=1)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('search_text', models.TextField(default='')),
                ('is_archived', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_archived', False)), fields=['department', '-updated_at', '-id'], name='asset_newest'), models.Index(condition=models.Q(('is_archived', False)), fields=['-updated_at', '-id'], name='asset_of_house')],
            },
        ),
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('size_bytes', models.BigIntegerField()),
                ('mime', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=8)),
                ('facts', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='blob_age')],
            },
        ),
        migrations.CreateModel(
            name='AssetVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('uploaded_sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=255)),
                ('removed', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, default='', max_length=300)),
                ('at', models.DateTimeField()),
                ('asset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='assets.asset')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assets.blob')),
                ('original', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assets.blob')),
            ],
            options={
                'indexes': [models.Index(fields=['uploaded_sha256'], name='version_uploaded')],
                'constraints': [models.UniqueConstraint(fields=('asset', 'number'), name='versions_of_an_asset')],
            },
        ),
        migrations.CreateModel(
            name='Caption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=20)),
                ('number', models.PositiveIntegerField()),
                ('label', models.CharField(blank=True, default='', max_length=80)),
                ('vtt', models.TextField()),
                ('is_current', models.BooleanField(default=True)),
                ('at', models.DateTimeField()),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assets.blob')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='captions', to='assets.assetversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'language', 'number'), name='captions_in_a_row'), models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('version', 'language'), name='one_current_caption')],
            },
        ),
        migrations.CreateModel(
            name='Folder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('path', models.CharField(max_length=800)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('department', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='assets.folder')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('department', 'path'), name='one_folder_a_path')],
            },
        ),
        migrations.AddField(
            model_name='asset',
            name='folder',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assets', to='assets.folder'),
        ),
        migrations.CreateModel(
            name='Rendition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leased_by', models.CharField(blank=True, default='', max_length=60)),
                ('leased_until', models.DateTimeField(null=True)),
                ('key', models.CharField(max_length=64)),
                ('params', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('wanted', 'Wanted'), ('making', 'Making'), ('made', 'Made'), ('failed', 'Failed')], default='wanted', max_length=6)),
                ('share', models.FloatField(default=0.0)),
                ('error', models.JSONField(null=True)),
                ('try_count', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('used_at', models.DateTimeField()),
                ('made_at', models.DateTimeField(null=True)),
                ('blob', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='renditions', to='assets.blob')),
                ('made', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assets.blob')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['wanted', 'making'])), fields=['next_try_at'], name='rendition_due'), models.Index(fields=['used_at'], name='rendition_used')],
                'constraints': [models.UniqueConstraint(fields=('blob', 'key'), name='one_rendition_a_form')],
            },
        ),
        migrations.CreateModel(
            name='RenditionWait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=12)),
                ('subject_key', models.BigIntegerField()),
                ('since', models.DateTimeField()),
                ('rendition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waits', to='assets.rendition')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject', 'subject_key', 'rendition'), name='waits_once_for_each')],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leased_by', models.CharField(blank=True, default='', max_length=60)),
                ('leased_until', models.DateTimeField(null=True)),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=255)),
                ('size_bytes', models.BigIntegerField()),
                ('received_bytes', models.BigIntegerField(default=0)),
                ('state', models.CharField(choices=[('arriving', 'Arriving'), ('waiting', 'Waiting'), ('done', 'Done'), ('failed', 'Failed'), ('abandoned', 'Abandoned')], default='arriving', max_length=9)),
                ('wish', models.JSONField(default=dict)),
                ('is_known', models.BooleanField(default=False)),
                ('error', models.JSONField(null=True)),
                ('try_count', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('asset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assets.asset')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.department')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['arriving', 'waiting'])), fields=['expires_at'], name='upload_stale'), models.Index(condition=models.Q(('state', 'waiting')), fields=['created_at'], name='upload_waiting')],
            },
        ),
        migrations.CreateModel(
            name='AssetRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('right', 'Right'), ('consent', 'Consent')], max_length=7)),
                ('holder', models.CharField(max_length=200)),
                ('channels', models.JSONField(default=list)),
                ('territory', models.CharField(blank=True, default='', max_length=200)),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
                ('note', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights', to='assets.asset')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proves', to='assets.asset')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ends_on__isnull', False)), fields=['ends_on'], name='right_ending')],
            },
        ),
        migrations.CreateModel(
            name='AssetTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('folded', models.CharField(max_length=60)),
                ('asset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='assets.asset')),
            ],
            options={
                'indexes': [models.Index(fields=['folded'], name='tag_folded')],
                'constraints': [models.UniqueConstraint(fields=('asset', 'folded'), name='one_tag_an_asset')],
            },
        ),
        migrations.CreateModel(
            name='AssetUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=12)),
                ('subject_key', models.BigIntegerField()),
                ('asset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='assets.asset')),
            ],
            options={
                'indexes': [models.Index(fields=['subject', 'subject_key'], name='use_subject')],
                'constraints': [models.UniqueConstraint(fields=('asset', 'subject', 'subject_key'), name='one_use_each')],
            },
        ),
    ]
