"""The database itself refuses to change the audit trail."""

from django.db import migrations

from parvis.orgs.audit_guard import lower_guard, raise_guard


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: raise_guard(editor.connection), lambda apps, editor: lower_guard(editor.connection)
        )
    ]
