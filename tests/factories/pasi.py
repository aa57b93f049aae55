"""The PASI side of a record: what the local copy holds, and what the product makes of it."""

import datetime as dt
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from operations import clock
from operations.actor import SYNC, Actor
from pasi_connect import entities
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.entities import Entity
from pasi_connect.entities import mapping as of_kinds
from pasi_connect.models import Discrepancy, EnrolmentCopy, Failure, Link, Submission, SyncCursor, SyncSettings
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.pull import copies
from pasi_connect.services.queue import collecting, submissions
from sis.models import SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from tests.factories import documents as mapping
from tests.factories.students import this_year


def synchronizing(**settings: Any) -> SyncSettings:
    """Regular synchronization is on, PASI has told its current year, and all years have been pulled once."""
    row = SyncSettings.load()
    row.regular_synchronization, row.current_school_year = True, this_year()
    for name, value in settings.items():
        setattr(row, name, value)
    row.save()
    for kind in (entity for entity in entities.written() if entity.by_year):
        for step in (-2, -1, 0, 1):
            name = f"{kind.notification}.{(this_year() + step).ending}"
            SyncCursor.objects.get_or_create(notification_type=name, defaults={"complete_at": clock.now()})
    return row


def _store(
    base: dict[str, Any], record: dict[str, Any], version: int, by: str, organization: str, kind: Entity = ENTITY
) -> None:
    document = of_kinds.lay_on(kind, base, record, kind.compared)
    document["PASICoreVersion"] = version
    if kind.submit:
        document |= {"EffectiveUtc": clock.now(), "LastUpdate": {"OrganizationCode": organization, "UserName": by}}
    copies.store(kind.copy, [copies.Received(document, copies.to_xml(document, kind))])


def link_of(record: Any) -> Link:
    return entities.of(record).links.get(subject_id=record.pk)


def link_and_copy(record: Any, version: int = 10, **theirs: Any) -> Link:
    """Ties the SIS record to PASI's at `version`: equal and agreed, except for what is named in `theirs`."""
    kind = entities.of(record)
    link = Link(entity=kind.kind, key=kind.new_key(record))
    link.record = record
    link.save()
    base = of_kinds.new_document(kind, link.key, of_kinds.identity(kind, record))
    _store(base, {**values.ours(record, link), **theirs}, version, "Data load", "A.1750", kind)
    comparing.evaluate(kind, keys=[link.key])
    link.refresh_from_db()
    return link


def changed_in_pasi(record: Any, *, by: str = "Ola Brandt", organization: str = "A.1750", **theirs: Any) -> Discrepancy:
    """Somebody changed the record in PASI and we have pulled it. Gives the open item."""
    kind = entities.of(record)
    key = link_of(record).key
    copy = kind.copy.objects.get(**{kind.copy.key_field: key})
    base = copies.to_document(copy.document, kind)
    _store(base, {**values.theirs(copy), **theirs}, copy.core_version + 1, by, organization, kind)
    comparing.evaluate(kind, keys=[key])
    return Discrepancy.objects.get(entity=kind.kind, key=key, status=Discrepancy.Status.OPEN)


def moved_in_pasi(
    enrolment: SchoolEnrolment, *, asn: str = "", school_code: str = "", school_year: SchoolYear | None = None
) -> Discrepancy:
    """PASI has made the record that of another student, school or year, and we have pulled it. Gives the open item."""
    copy = EnrolmentCopy.objects.get(key=link_of(enrolment).key)
    whose = mapping.identity(asn or copy.asn, school_code or copy.school_code, school_year or copy.school_year)
    base = copies.to_document(copy.document, ENTITY) | whose
    _store(base, values.theirs(copy), copy.core_version + 1, "Ola Brandt", "A.1750")
    comparing.evaluate(ENTITY, keys=[copy.key])
    return Discrepancy.objects.get(key=copy.key, status=Discrepancy.Status.OPEN)


def created_in_pasi(
    asn: str, school_code: str, school_year: SchoolYear | None = None, version: int = 10, **theirs: Any
) -> Discrepancy:
    """A record that only PASI has. Gives the open item."""
    year, ref_id = school_year or this_year(), str(uuid4())
    record = {
        **mapping.EMPTY,
        "grade": "08",
        "start_date": dt.date(year.ending - 1, 9, 1),
        "exit_date": dt.date(year.ending, 6, 26),
        "exit_date_type": "CompletionDate",
        "programming_type": "Regular",
        "programming_timeframe": "Day",
        **theirs,
    }
    _store(mapping.new_document(ref_id, asn, school_code, year), record, version, "Ola Brandt", "A.1750")
    comparing.evaluate(ENTITY, keys=[ref_id])
    return Discrepancy.objects.get(key=ref_id)


def record_elsewhere(
    student: Student, school_code: str = "9901", year: SchoolYear | None = None, version: int = 10, **theirs: Any
) -> EnrolmentCopy:
    """A record of our student at a school of another authority, as PASI tells it; told again with a higher `version`."""
    ref_id = uuid5(NAMESPACE_OID, f"{student.pk} {school_code}")
    year = year or this_year()
    document = mapping.new_document(ref_id, student.asn or "", school_code, year)
    record = {
        **mapping.EMPTY,
        "start_date": dt.date(year.ending - 1, 9, 1),
        "exit_date": dt.date(year.ending, 6, 26),
        "programming_type": "Regular",
        "programming_timeframe": "Day",
        **theirs,
    }
    _store(document, record, version, "Ola Brandt", "A.9999")
    comparing.evaluate(ENTITY, keys=[ref_id])
    return EnrolmentCopy.objects.get(key=ref_id)


def take_up(enrolment: SchoolEnrolment) -> Submission:
    """What the worker does after a save: the events of the record become one submission. Gives the newest."""
    collecting.collect(ENTITY.kind, enrolment.pk)
    return Submission.objects.filter(subject_id=enrolment.pk).latest("id")


def submission(
    enrolment: SchoolEnrolment, status: str = "waiting", *, actor: Actor = SYNC, key: str = "", **more: Any
) -> Submission:
    """A submission row in any state, for pages and lists; nothing is sent."""
    now = clock.now()
    return Submission.objects.create(
        entity="school_enrolment",
        subject_id=enrolment.pk,
        lane=f"student:{enrolment.student_id}",
        key=key or submissions.link_of(enrolment).key,
        school_code=enrolment.school.code,
        status=status,
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_local_id=actor.local_id,
        actor_ip=actor.ip,
        **{
            "fields": ["exit_date"],
            "seen_version": 0,
            "next_attempt_at": now,
            "created_at": now,
            "changed_at": now,
            **more,
        },
    )


def failure(ref_id: UUID, school_code: str, step: str = "compare", tries: int = 3) -> Failure:
    """A record at which our program failed; with three tries it is set aside."""
    now = clock.now()
    return Failure.objects.create(
        step=step,
        entity="school_enrolment",
        key=str(ref_id),
        school_code=school_code,
        tries=tries,
        place="ValueError in pasi_connect/rules/compare.py:99 (compare)",
        first_at=now,
        last_at=now,
        next_at=None if tries >= 3 else now,
    )
