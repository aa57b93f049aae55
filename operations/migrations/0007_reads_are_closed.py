"""Reading needs a permission from now on: every role that may do something keeps seeing what it has seen."""

from django.db import migrations

READS = {
    "view_records": "View records: students, enrolments, courses and marks of own schools",
    "view_synchronization": "View synchronization: changes, submissions, exchanges and jobs of own schools",
}


def give(apps, schema_editor):
    """A role without any permission gets none. Who saw all schools could look for students without the permission Find."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    ours = Permission.objects.filter(content_type__app_label="operations")
    roles = list(Group.objects.filter(permissions__in=ours).distinct())
    if not roles:
        return  # a new installation: its roles are made after the migrations
    user, _made = ContentType.objects.get_or_create(app_label="operations", model="user")
    reads = [
        Permission.objects.get_or_create(content_type=user, codename=codename, defaults={"name": name})[0]
        for codename, name in READS.items()
    ]
    find = ours.filter(codename="find").first()
    for role in roles:
        role.permissions.add(*reads)
        if find and role.permissions.filter(pk__in=ours.filter(codename="all_schools")).exists():
            role.permissions.add(find)


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0006_read_access_permission"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    *READS.items(),
                    ("find", "Find: look up students"),
                    ("edit_records", "Edit enrolments of own schools"),
                    ("core_alerts", "Core Alerts: decide on changes from PASI, manage alerts"),
                    ("setup", "Setup: connection, certificate, settings"),
                    ("synchronization", "Synchronization: send again, cancel, force-send"),
                    ("all_schools", "All schools of the authority"),
                    ("approve", "Approve what the guard stopped"),
                    ("year_end", "Year end: close concurrent enrolments"),
                    ("reconciliation", "Reconciliation of PASIprep exports"),
                    ("people", "Users, roles and tokens"),
                    ("certificates", "Certificates"),
                    ("read_access", "Access: see who has read which student"),
                ],
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
