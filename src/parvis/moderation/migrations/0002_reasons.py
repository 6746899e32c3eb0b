"""The eight reasons that every house begins with."""

from django.db import migrations

REASONS = (
    ("insult", "Insult", "Insulte"),
    ("hate", "Hate or threats", "Haine ou menaces"),
    ("off_topic", "Off topic", "Hors sujet"),
    ("advertising", "Advertising or spam link", "Publicité ou lien indésirable"),
    ("personal_data", "Personal data", "Données personnelles"),
    ("false_information", "False information", "Fausse information"),
    ("repeated", "Repeated", "Répétition"),
    ("other", "Other", "Autre"),
)


def seed(apps, schema_editor):
    Reason = apps.get_model("moderation", "Reason")
    Reason.objects.bulk_create(
        Reason(code=code, digit=digit, name_en=name_en, name_fr=name_fr)
        for digit, (code, name_en, name_fr) in enumerate(REASONS, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
