"""Schools of the authority: their names come from the ministry, their two states from the district."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import SYNC, Actor
from operations.services import audit, pending
from sis.models import Authority, School
from sis.models.organization import State


class AnotherAuthority(Exception):
    """The installation belongs to `authority` already: there is one, and everything hangs on it."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(f"This installation belongs to {authority}.")
        self.authority = authority


STATES = ("enrolment_sync", "course_marks_integration")  # each by itself
_interested: set[str] = set()  # tasks to which the state of a school matters


def states_matter_to(task: str) -> None:
    """The task looks at a school's records after each change of its states from now on. Called once, when the program starts."""
    _interested.add(task)


@transaction.atomic
def set_state(actor: Actor, school_id: int, name: str, value: str) -> bool:
    """Switches one of the two explicit states of a school. False when it had that state already.

    Raises ValidationError for an unknown state. Afterwards the tasks that depend on it look at the school's records again.
    """
    if name not in STATES or value not in State.values:
        raise ValidationError(_("A school has two states, each active or inactive."))
    school = School.objects.select_for_update().get(pk=school_id)
    before = getattr(school, name)
    if before == value:
        return False
    setattr(school, name, value)
    school.save(update_fields=[name])
    audit.record(
        actor,
        audit.Entry(audit.Verb.SCHOOL_STATE_CHANGED, "school", str(school.pk), school.code, {name: [before, value]}),
    )
    for task in sorted(_interested):
        pending.ask(task)
    return True


@transaction.atomic
def set_authority(actor: Actor, code: str, name: str) -> tuple[Authority, bool]:
    """The one authority, made at the first start; (authority, whether anything changed). A name that differs is corrected.

    Raises ValidationError for a code or a name that cannot be, AnotherAuthority where there is one with another code.
    """
    authority = Authority.objects.select_for_update().first()
    if authority is None:
        authority = Authority(code=code, name=name)
        authority.full_clean()
        authority.save()
        changes = {"code": [None, code], "name": [None, name]}
        audit.record(actor, audit.Entry(audit.Verb.AUTHORITY_CREATED, "authority", code, changes=changes))
        return authority, True
    if authority.code != code:
        raise AnotherAuthority(authority)
    if authority.name == name:
        return authority, False
    before, authority.name = authority.name, name
    authority.full_clean()
    authority.save(update_fields=["name"])
    audit.record(actor, audit.Entry(audit.Verb.AUTHORITY_RENAMED, "authority", code, changes={"name": [before, name]}))
    return authority, True


def follow_pasi(rows: list[tuple[str, str, str]]) -> None:
    """(code, name, authority code) of schools: ours get the ministry's name, a new one of ours begins inactive."""
    authority = Authority.objects.first()
    if authority is None:
        return
    here = {school.code: school for school in School.objects.filter(code__in=[code for code, _, _ in rows])}
    for code, name, authority_code in rows:
        if authority_code != authority.code or not name:
            continue
        school = here.get(code)
        if school is None:
            school = School.objects.create(authority=authority, code=code, name=name)
            audit.record(
                SYNC, audit.Entry(audit.Verb.SCHOOL_CREATED, "school", str(school.pk), code, {"name": [None, name]})
            )
        elif school.name != name:
            before, school.name = school.name, name
            school.save(update_fields=["name"])
            audit.record(
                SYNC, audit.Entry(audit.Verb.SCHOOL_RENAMED, "school", str(school.pk), code, {"name": [before, name]})
            )
