"""What failed in the audit log, and what refers to a conversation that is purged, are found by an index."""

from django.db import migrations, models

INDEXES = [
    ("auditentry", models.Index(fields=["outcome", "-position"], name="audit_outcome")),
    ("invitation", models.Index(fields=["conversation"], name="all_invitations_to")),
    ("share", models.Index(fields=["conversation"], name="all_shares_of")),
]


def forwards(apps, schema_editor):
    """Make them beside the traffic where the database can; the log of years is long."""
    concurrently = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
    for name, index in INDEXES:
        schema_editor.add_index(apps.get_model("conversations", name), index, **concurrently)


def backwards(apps, schema_editor):
    concurrently = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
    for name, index in INDEXES:
        schema_editor.remove_index(apps.get_model("conversations", name), index, **concurrently)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0050_computer")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forwards, backwards)],
            state_operations=[migrations.AddIndex(model_name=name, index=index) for name, index in INDEXES],
        )
    ]
