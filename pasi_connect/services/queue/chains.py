"""One action, several submissions: each goes out when the one before it is in PASI. A rejection stops the rest and says so."""

from pasi_connect.models import ActionRecord, Submission
from pasi_connect.models.submission import LIVE, STUCK
from sis.models import DataEvent
from sis.models.event import Origin

WAITS, STOPPED = "waits", "stopped"


def place(kind: str, subject_id: int) -> str:
    """WAITS while one before it is on its way, STOPPED while one before it needs a person, "" when it may go.

    A record that may go leaves its chain for good, so a later edit of it waits for nobody.
    """
    mine = list(ActionRecord.objects.filter(subject_id=subject_id, entity=kind, chained=True))
    for row in mine:
        others = ActionRecord.objects.filter(action_id=row.action_id, order__lt=row.order)
        before: dict[str, set[int]] = {}
        for other, pk in others.values_list("entity", "subject_id"):
            if (other, pk) != (kind, subject_id):
                before.setdefault(other, set()).add(pk)
        for other, ids in before.items():
            subjects = {"entity": other, "subject_id__in": ids}
            states = set(Submission.objects.filter(**subjects, status__in=LIVE).values_list("status", flat=True))
            if states & set(STUCK):
                return STOPPED
            if states or DataEvent.objects.filter(**subjects, collected_at=None, origin=Origin.SIS).exists():
                return WAITS
    if mine:
        ActionRecord.objects.filter(pk__in=[row.pk for row in mine]).update(chained=False)
    return ""
