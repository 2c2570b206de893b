"""The roles of the administration, apart from each other. A person has one by being in its group."""

from django.db import migrations

OPERATOR = "Operator"
COMPLIANCE = "Compliance officer"
MODERATOR = "Moderator"
AUDITOR = "Auditor"
READS = (
    "view_auditentry view_deletion view_providerdeletion view_certificate view_retentionrule view_legalhold view_user"
)
ROLES = {
    OPERATOR: "view_user add_user change_user view_key view_catalogentry add_catalogentry change_catalogentry"
    " view_refusedparameter view_deletion view_providerdeletion change_providerdeletion",
    COMPLIANCE: f"{READS} export_audit add_retentionrule confirm_retentionrule add_legalhold change_legalhold"
    " delete_content verify_certificate change_providerdeletion",
    MODERATOR: "view_user view_deletion",
    AUDITOR: f"{READS} export_audit verify_certificate",
}
OWN = {
    "auditentry": ["export_audit"],
    "deletion": ["delete_content", "verify_certificate"],
    "retentionrule": ["confirm_retentionrule"],
}
"""Permissions beyond Django's four, by the model that they belong to."""


def make_roles(apps, schema_editor):
    """Django makes permissions only after all migrations, so those that are needed here are made here."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for role, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        for codename in codenames.split():
            model = next((name for name, own in OWN.items() if codename in own), codename.partition("_")[2])
            kind, _ = ContentType.objects.get_or_create(app_label="conversations", model=model)
            name = f"Can {codename.replace('_', ' ')}"
            permission, _ = Permission.objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


def unmake_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("conversations", "0012_program_files"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(make_roles, unmake_roles),
    ]
