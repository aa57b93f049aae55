"""One action, several submissions: each goes out when the one before it is in PASI. A rejection stops the rest and says so."""

from pasi_connect.models import ActionRecord, Submission
from pasi_connect.models.submission import LIVE, STUCK
from sis.models import DataEvent
from sis.models.event import Origin
from sis.services.events import SCHOOL_ENROLMENT

WAITS, STOPPED = "waits", "stopped"


def place(enrolment_id: int) -> str:
    """WAITS while one before it is on its way, STOPPED while one before it needs a person, "" when it may go.

    A record that may go leaves its chain for good, so a later edit of it waits for nobody.
    """
    mine = list(ActionRecord.objects.filter(subject_id=enrolment_id, subject_type=SCHOOL_ENROLMENT, chained=True))
    for row in mine:
        before = list(
            ActionRecord.objects.filter(action_id=row.action_id, subject_type=SCHOOL_ENROLMENT, order__lt=row.order)
            .exclude(subject_id=enrolment_id)
            .values_list("subject_id", flat=True)
        )
        subjects = {"subject_type": SCHOOL_ENROLMENT, "subject_id__in": before}
        states = set(Submission.objects.filter(**subjects, status__in=LIVE).values_list("status", flat=True))
        if states & set(STUCK):
            return STOPPED
        if states or DataEvent.objects.filter(**subjects, collected_at=None, origin=Origin.SIS).exists():
            return WAITS
    if mine:
        ActionRecord.objects.filter(pk__in=[row.pk for row in mine]).update(chained=False)
    return ""
