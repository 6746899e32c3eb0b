from django.db import migrations, models

COLUMN = {
    # By hand: Django would write the whole table anew for it.
    "sqlite": ("ALTER TABLE channels_channel ADD COLUMN audience_zone varchar(60) NOT NULL DEFAULT ''",),
    "postgresql": (
        "ALTER TABLE channels_channel ADD COLUMN audience_zone varchar(60) NOT NULL DEFAULT ''",
        "ALTER TABLE channels_channel ALTER COLUMN audience_zone DROP DEFAULT",
    ),
}
BACK = ("ALTER TABLE channels_channel DROP COLUMN audience_zone",)


def _forward(_apps, editor):
    for statement in COLUMN[editor.connection.vendor]:
        editor.execute(statement)


def _back(_apps, editor):
    for statement in BACK:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_publications")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_forward, _back)],
            state_operations=[
                migrations.AddField("channel", "audience_zone", models.CharField(blank=True, default="", max_length=60))
            ],
        ),
    ]
