"""Loading records needs a permission of its own: whoever decides for all schools gets it."""

from django.db import migrations

LABEL = "Load: add and change records from another system, at all schools"


def give(apps, schema_editor):
    """To the roles that see all schools and may send again: those of district officers."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    ours = Permission.objects.filter(content_type__app_label="operations")
    roles = Group.objects.filter(permissions__in=ours.filter(codename="all_schools"))
    roles = list(roles.filter(permissions__in=ours.filter(codename="synchronization")).distinct())
    if not roles:
        return  # a new installation: its roles are made after the migrations
    user, _made = ContentType.objects.get_or_create(app_label="operations", model="user")
    load, _made = Permission.objects.get_or_create(content_type=user, codename="load", defaults={"name": LABEL})
    for role in roles:
        role.permissions.add(load)


class Migration(migrations.Migration):
    dependencies = [("operations", "0015_kind_of_record")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("view_records", "View records: students, enrolments, courses and marks of own schools"),
                    ("view_synchronization", "View synchronization: changes, submissions, exchanges and jobs of own schools"),
                    ("find", "Find: look up students"),
                    ("edit_records", "Edit enrolments of own schools"),
                    ("core_alerts", "Core Alerts: decide on changes from PASI, manage alerts"),
                    ("setup", "Setup: connection, certificate, settings"),
                    ("synchronization", "Synchronization: send again, cancel, force-send"),
                    ("all_schools", "All schools of the authority"),
                    ("approve", "Approve what the guard stopped"),
                    ("year_end", "Year end: close concurrent enrolments"),
                    ("load", "Load: add and change records from another system, at all schools"),
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
