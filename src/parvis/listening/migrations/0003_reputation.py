from django.conf import settings
from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT, SET_NULL

KEYS = """
UPDATE listening_match SET
    department_key = (SELECT department_id FROM channels_item i WHERE i.id = listening_match.item_id),
    channel_key = (SELECT channel_id FROM channels_item i WHERE i.id = listening_match.item_id),
    profile_key = (SELECT profile_id FROM channels_item i WHERE i.id = listening_match.item_id),
    story_key = (SELECT story_id FROM listening_telling t WHERE t.item_id = listening_match.item_id)
"""
HOURS = """
INSERT INTO listening_departmenthour
    (query_id, hour, department_key, count, tone_count, tone_sum, tone_square_sum, reach_count, reach_sum)
SELECT query_id, hour, department_key, COUNT(*), COUNT(tone), COALESCE(SUM(tone), 0), COALESCE(SUM(tone * tone), 0),
    COUNT(reach), COALESCE(SUM(reach), 0)
FROM listening_match GROUP BY query_id, hour, department_key
"""
REACH = """
UPDATE listening_hourcount SET reach_count = (
    SELECT COUNT(reach) FROM listening_match m
    WHERE m.query_id = listening_hourcount.query_id AND m.hour = listening_hourcount.hour
)
"""


def fill(_apps, editor):
    """What was met before counts like what comes."""
    editor.execute(KEYS)
    editor.execute(HOURS)
    editor.execute(REACH)


def _id():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def _query():
    return (
        "query",
        models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="listening.savedquery"),
    )


def _member():
    return models.ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)


class Migration(migrations.Migration):

    dependencies = [
        ("listening", "0002_alerts"),
    ]

    operations = [
        migrations.AddField("match", "department_key", models.BigIntegerField(null=True)),
        migrations.AddField("match", "channel_key", models.BigIntegerField(null=True)),
        migrations.AddField("match", "profile_key", models.BigIntegerField(null=True)),
        migrations.AddField("match", "story_key", models.BigIntegerField(null=True)),
        migrations.AddField("hourcount", "reach_count", models.IntegerField(default=0)),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                _id(),
                ("name", models.CharField(max_length=80)),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        choices=[(7, "Week"), (28, "Four Weeks"), (91, "Quarter")], default=28
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("created_by", _member()),
                (
                    "department",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="orgs.department"),
                ),
            ],
            options={"ordering": ["name", "id"]},
        ),
        migrations.CreateModel(
            name="Side",
            fields=[
                _id(),
                ("place", models.PositiveSmallIntegerField()),
                ("label", models.CharField(max_length=80)),
                (
                    "comparison",
                    models.ForeignKey(
                        db_index=False, on_delete=CASCADE, related_name="sides", to="listening.comparison"
                    ),
                ),
                ("query", models.ForeignKey(on_delete=CASCADE, related_name="+", to="listening.savedquery")),
            ],
            options={
                "ordering": ["place"],
                "constraints": [
                    models.UniqueConstraint(fields=("comparison", "query"), name="a_query_stands_on_one_side")
                ],
            },
        ),
        migrations.CreateModel(
            name="Annotation",
            fields=[
                _id(),
                ("at", models.DateTimeField()),
                ("text", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=PROTECT, related_name="+", to="orgs.department"
                    ),
                ),
                ("member", _member()),
            ],
            options={
                "ordering": ["at", "id"],
                "indexes": [models.Index(fields=["department", "at"], name="annotation_time")],
            },
        ),
        migrations.CreateModel(
            name="DepartmentHour",
            fields=[
                _id(),
                ("hour", models.DateTimeField()),
                ("department_key", models.BigIntegerField()),
                ("count", models.IntegerField(default=0)),
                ("tone_count", models.IntegerField(default=0)),
                ("tone_sum", models.FloatField(default=0)),
                ("tone_square_sum", models.FloatField(default=0)),
                ("reach_count", models.IntegerField(default=0)),
                ("reach_sum", models.BigIntegerField(default=0)),
                _query(),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("query", "hour", "department_key"), name="a_department_hour_is_counted_once"
                    )
                ],
            },
        ),
        # The unique (query, item) is read backwards as well.
        migrations.RemoveIndex("match", "match_newest"),
        migrations.AddIndex("match", models.Index(fields=["query", "hour", "department_key"], name="match_hour")),
        *(
            migrations.AddIndex(
                "match",
                models.Index(fields=["query", f"{origin}_key", "hour", "department_key"], name=f"match_{origin}"),
            )
            for origin in ("channel", "profile", "story")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
