from django.db import migrations, models

COLUMN = {
    # By hand: Django would write the whole table anew, and its triggers with it would be gone.
    "sqlite": ('ALTER TABLE channels_item ADD COLUMN is_heard bool NOT NULL DEFAULT 1',),
    "postgresql": (
        "ALTER TABLE channels_item ADD COLUMN is_heard boolean NOT NULL DEFAULT true",
        "ALTER TABLE channels_item ALTER COLUMN is_heard DROP DEFAULT",
    ),
}
BACK = ("ALTER TABLE channels_item DROP COLUMN is_heard",)


def _forward(_apps, editor):
    for statement in COLUMN[editor.connection.vendor]:
        editor.execute(statement)


def _back(_apps, editor):
    for statement in BACK:
        editor.execute(statement)


class Migration(migrations.Migration):
    """What is there already is reached by looking through history, not by hearing it anew."""

    dependencies = [("channels", "0003_open_effects")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_forward, _back)],
            state_operations=[migrations.AddField("item", "is_heard", models.BooleanField(default=False))],
        ),
        migrations.AddIndex(
            "item",
            models.Index(condition=models.Q(("is_heard", False)), fields=["id"], name="item_to_hear"),
        ),
    ]
