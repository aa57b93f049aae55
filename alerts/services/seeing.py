"""Taking note of another school's record. It ends the notice for a school until PASI has a newer version."""

from django.db import transaction

from alerts import selectors
from alerts.models import SeenRecord
from operations import clock
from operations.actor import Actor
from operations.models import User
from operations.services import audit
from pasi_connect.models import EnrolmentCopy
from pasi_connect.services.compare.context import Context


@transaction.atomic
def mark_seen(actor: Actor, user: User, copy: EnrolmentCopy, core_version: int) -> int:
    """For each of the person's schools where the student is. `core_version`: what the person saw. Gives the schools that had not."""
    stays = selectors.stays_of(user, Context().years).filter(student__asn=copy.asn)
    codes = set(stays.values_list("school__code", flat=True))
    rows = SeenRecord.objects.filter(key=copy.key, core_version=core_version, school_code__in=codes)
    missing = sorted(codes - set(rows.values_list("school_code", flat=True)))
    SeenRecord.objects.bulk_create(
        [
            SeenRecord(
                key=copy.key,
                school_code=code,
                core_version=core_version,
                user_id=actor.user_id,
                who=actor.name,
                at=clock.now(),
            )
            for code in missing
        ],
        ignore_conflicts=True,  # two people of a school at one moment
    )
    subject = copy.key
    audit.record_all(
        actor, [audit.Entry(audit.Verb.OTHER_RECORD_SEEN, "other_record", subject, code) for code in missing]
    )
    return len(missing)
