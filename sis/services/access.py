"""Who works at which school."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction

from operations.actor import Actor
from operations.models import User
from operations.services import audit
from sis import selectors
from sis.models import School, SchoolAccess


@transaction.atomic
def set_schools(actor: Actor, user: User, schools: Iterable[School]) -> bool:
    """Gives the person exactly these schools; those that the actor does not see stay as they are. False when nothing differed.

    Raises PermissionDenied for a school that the actor does not see.
    """
    User.objects.select_for_update().get(pk=user.pk)  # so that two administrators take turns
    wanted = {school.pk: school.code for school in schools}
    own = School.objects.all() if actor.user_id is None else selectors.schools(User.objects.get(pk=actor.user_id))
    visible = dict(own.values_list("pk", "code"))
    if not wanted.keys() <= visible.keys():
        raise PermissionDenied
    others = SchoolAccess.objects.filter(user=user).exclude(school_id__in=visible)
    wanted |= dict(others.values_list("school_id", "school__code"))
    present = dict(SchoolAccess.objects.filter(user=user).values_list("school_id", "school__code"))
    if wanted == present:
        return False
    SchoolAccess.objects.filter(user=user).exclude(school_id__in=wanted).delete()
    SchoolAccess.objects.bulk_create([SchoolAccess(user=user, school_id=pk) for pk in wanted if pk not in present])
    changes = {"schools": [sorted(present.values()), sorted(wanted.values())]}
    audit.record(actor, audit.Entry(audit.Verb.USER_SCHOOLS_CHANGED, "user", str(user.pk), changes=changes))
    return True
