"""Who works at which school."""

from collections.abc import Iterable

from django.db import transaction

from operations.actor import Actor
from operations.models import User
from operations.services import audit
from sis.models import School, SchoolAccess


@transaction.atomic
def set_schools(actor: Actor, user: User, schools: Iterable[School]) -> bool:
    """Gives the person exactly these schools. False when nothing differed."""
    User.objects.select_for_update().get(pk=user.pk)  # two administrators wait for each other
    wanted = {school.pk: school.code for school in schools}
    present = dict(SchoolAccess.objects.filter(user=user).values_list("school_id", "school__code"))
    if wanted == present:
        return False
    SchoolAccess.objects.filter(user=user).exclude(school_id__in=wanted).delete()
    SchoolAccess.objects.bulk_create([SchoolAccess(user=user, school_id=pk) for pk in wanted if pk not in present])
    changes = {"schools": [sorted(present.values()), sorted(wanted.values())]}
    audit.record(actor, audit.Entry("schools of a person changed", "user", str(user.pk), changes=changes))
    return True
