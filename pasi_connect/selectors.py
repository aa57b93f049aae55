"""Reads of the synchronisation. Every one takes the person who asks, or serves health."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from operations import clock, keyset
from operations.models import User
from pasi_connect.models import (
    Action,
    ActionRecord,
    Decision,
    Discrepancy,
    EnrolmentCopy,
    EnrolmentLink,
    Exchange,
    Submission,
    SyncCursor,
    SyncSettings,
    YearEndRehearsal,
)
from pasi_connect.services import pulling
from pasi_connect.services.context import Context
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment
from sis.services import events


def submissions(user: User) -> QuerySet[Submission]:
    return sis_selectors.scoped(Submission.objects.all(), user)


def discrepancies(user: User) -> QuerySet[Discrepancy]:
    return sis_selectors.scoped(Discrepancy.objects.select_related("enrolment__student", "enrolment__school"), user)


def decisions(user: User) -> QuerySet[Decision]:
    return sis_selectors.scoped(Decision.objects.select_related("discrepancy"), user, "discrepancy__school_code")


def actions(user: User) -> QuerySet[Action]:
    """Actions done at the person's schools or with a record there; those that have touched nothing yet for their author."""
    found = Action.objects.select_related("job")
    codes = sis_selectors.school_codes(user)
    if codes is None:
        return found
    records = ActionRecord.objects.filter(action=OuterRef("pk"))
    there = Q(school_code__in=codes) | Exists(records.filter(school_code__in=codes))
    return found.filter(there | Q(~Exists(records), user=user))


def action_records(user: User) -> QuerySet[ActionRecord]:
    """What actions did to records of the person's schools."""
    return sis_selectors.scoped(ActionRecord.objects.all(), user)


def sees_whole(user: User, action: Action) -> bool:
    """No record of the action lies at a school that the person does not see."""
    codes = sis_selectors.school_codes(user)
    return codes is None or not action.records.exclude(school_code__in=codes).exists()


def exchanges(user: User) -> QuerySet[Exchange]:
    """Calls for records of the person's schools; the calls of internal processes for those who set the product up."""
    found = Exchange.objects.defer("request_body", "answer_body")
    if sis_selectors.sees_all(user):
        return found
    return found.filter(school_code__in=sis_selectors.school_codes(user) or [])


def rehearsals(user: User) -> QuerySet[YearEndRehearsal]:
    """Rehearsals of one of the person's schools; those of all schools for those who see all."""
    return sis_selectors.scoped(YearEndRehearsal.objects.select_related("job", "run"), user)


def of_action(enrolments: QuerySet[SchoolEnrolment], action_id: int) -> QuerySet[SchoolEnrolment]:
    """Of these the records of one action, as those that a year end has closed."""
    records = ActionRecord.objects.filter(action_id=action_id, subject_type=events.SCHOOL_ENROLMENT)
    return enrolments.filter(pk__in=records.values("subject_id"))


def in_step() -> bool:
    """Every record that takes part is the same here and in PASI; remembered once it was so (first synchronisation done)."""
    settings = SyncSettings.load()
    if settings.first_in_step_at:
        return True
    context = Context(settings)
    if not context.years:
        return False
    wanted = {kind.name for kind in pulling.kinds(context)}
    complete = set(SyncCursor.objects.exclude(complete_at=None).values_list("notification_type", flat=True))
    if wanted - complete or Discrepancy.objects.filter(status=Discrepancy.Status.OPEN).exists():
        return False
    if events.uncollected().exists():
        return False
    live = SchoolEnrolment.objects.filter(
        school__code__in=context.active_schools, school_year__in=[year.ending for year in context.years], deleted=False
    )
    held_by_pasi = EnrolmentLink.objects.filter(
        agreed__isnull=False, ref_id__in=EnrolmentCopy.objects.filter(vanished_at=None).values("ref_id")
    )
    if live.exclude(pk__in=held_by_pasi.values("enrolment_id")).exists():
        return False
    SyncSettings.objects.filter(pk=1).update(first_in_step_at=clock.now())
    return True


def counts(user: User) -> dict[str, int]:
    """What waits for the person: open changes with a field to decide, and submissions that are stuck or held.

    Neither is counted further than `keyset.MOST_COUNTED` and one.
    """
    open_items = discrepancies(user).select_related(None).filter(status=Discrepancy.Status.OPEN, undecided__gt=0)
    stuck = submissions(user).filter(status__in=["rejected", "needs_review", "dead", "held"])
    return {"changes": keyset.counted(open_items), "stuck": keyset.counted(stuck)}
