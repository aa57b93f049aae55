"""PASI has moved a linked record to another student, school or year: what a person may decide, and the decisions.

Accept: the SIS record follows. Reject: PASI's record moves back. Relink: the SIS record is no longer linked to it.
"""

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.models import User
from operations.services import audit
from pasi_connect import entities
from pasi_connect.models import Decision, Discrepancy, EnrolmentCopy, Link, StudentCopy, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import FLYING, QUEUED, STUCK, Status
from pasi_connect.rules import identity as rules
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing
from pasi_connect.services.decisions import entries
from pasi_connect.services.decisions.rows import Moved, one_record
from pasi_connect.services.queue import submissions
from sis import selectors as sis_selectors
from sis.models import CourseEnrolment, DataEvent, School, SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from sis.services import enrolments, events, students

LINK_COLUMNS = ("agreed", "agreed_digest", "kept", "written", "accepted_version")


def case_of(user: User | None, link: Link, copy: EnrolmentCopy) -> rules.Case:
    """The facts for the person; None sees all. Reads the link's enrolment with student and school."""
    if not entities.by_kind(link.entity).has_student:
        return _of_a_place(link, copy)
    ours = link.school_enrolment
    codes = sis_selectors.school_codes(user) if user else None
    here = Student.objects.filter(asn=copy.asn).first()
    copies = {
        row.asn: row for row in StudentCopy.objects.filter(asn__in=[ours.student.asn, copy.asn], vanished_at=None)
    }
    mine, theirs = copies.get(ours.student.asn or ""), copies.get(copy.asn)
    linked = bool(mine and mine.primary_asn not in ("", mine.asn))
    asn_moved = copy.asn != ours.student.asn
    may_see = not asn_moved or here is None or user is None or sis_selectors.students(user).filter(pk=here.pk).exists()
    return rules.Case(
        school_is_ours=School.objects.filter(code=copy.school_code).exists(),
        in_scope=may_see and (codes is None or copy.school_code in codes),
        student_known=here is not None or bool(theirs and theirs.birth_date),
        asn_moved=asn_moved,
        same_person=linked and here is None and mine is not None and mine.primary_asn == copy.asn,
        asn_retired=linked or bool(mine and mine.is_deactivated),
        has_courses=CourseEnrolment.objects.filter(enrolment=ours, deleted=False).exists(),
        on_its_way=_of(ours.pk).filter(status__in=FLYING).exists(),
        hidden=link.hidden_at is not None and copy.vanished_at is not None,
    )


def _of_a_place(link: Link, copy: Any) -> rules.Case:
    """Of a kind that belongs to no student: it stays at its school, in its year."""
    flying = Submission.objects.filter(entity=link.entity, subject_id=link.subject_id, status__in=FLYING)
    return rules.Case(
        school_is_ours=True,
        in_scope=True,
        student_known=True,
        asn_moved=False,
        same_person=False,
        asn_retired=False,
        has_courses=False,
        on_its_way=flying.exists(),
        hidden=link.hidden_at is not None and copy.vanished_at is not None,
        movable=False,
    )


def obstacles(user: User | None, link: Link, copy: EnrolmentCopy) -> dict[str, str]:
    """Why the person cannot decide so, by decision; "" where they can."""
    case = case_of(user, link, copy)
    return {choice: _(why) if (why := rules.why_not(choice, case)) else "" for choice in rules.CHOICES}


def check(actor: Actor, decision: str, link: Link, copy: EnrolmentCopy) -> rules.Case:
    """Raises ValidationError {"fields": [sentence]} where the person cannot decide so."""
    user = User.objects.filter(pk=actor.user_id).first() if actor.user_id else None
    case = case_of(user, link, copy)
    why = rules.why_not(decision, case)
    if why:
        raise ValidationError({"fields": [_(why)]})
    return case


def _of(enrolment_id: int) -> Any:
    return Submission.objects.filter(entity=events.SCHOOL_ENROLMENT, subject_id=enrolment_id)


def accept(actor: Actor, link: Link, copy: EnrolmentCopy, reason: str, decision: Decision) -> None:
    """The SIS record follows PASI's. Inside the caller's transaction, which holds the rows."""
    case = check(actor, rules.ACCEPT, link, copy)
    ours = link.school_enrolment
    decision.before = {
        "student": ours.student_id,
        "school": ours.school.code,
        "school_year": ours.school_year.ending,
        "asn": "",
    }
    if case.same_person and case.asn_moved:
        decision.before["asn"] = ours.student.asn
        student = students.replace_asn(actor, ours.student_id, copy.asn, reason=reason)
    else:
        student = Student.objects.filter(asn=copy.asn).first() or student_of(actor, copy.asn)
    school = School.objects.get(code=copy.school_code)
    assert copy.school_year is not None
    moved = enrolments.move(actor, ours.pk, student, school, copy.school_year, reason=reason)
    decision.revision_after = moved.revision
    link.school_enrolment = moved
    follow(link, copy.core_version)


def follow(link: Link, seen_version: int) -> None:
    """What waits for PASI goes with the record: in the lane of its student now, at its school now, seen as it is now."""
    ours = link.school_enrolment
    lane = {"lane": f"student:{ours.student_id}", "school_code": ours.school.code}
    _of(ours.pk).filter(status__in=QUEUED).update(**lane, seen_version=seen_version)
    _of(ours.pk).filter(status__in=STUCK).update(**lane)
    DataEvent.objects.filter(entity=events.SCHOOL_ENROLMENT, subject_id=ours.pk, collected_at=None).update(
        student_id=ours.student_id, school_code=ours.school.code
    )
    transaction.on_commit(lambda: submissions.release_held(entity=link.entity, subject_id=ours.pk), robust=True)


def _no_student(copy: StudentCopy | None) -> str:
    if copy is None:
        return _("PASI has not sent us this student yet. Try again in a minute.")
    return _(
        "PASI has no birth date for this student that can be stored here. Have it corrected in PASI first, then decide."
    )


def student_of(actor: Actor, asn: str) -> Student:
    """A student known only to PASI so far, added here with PASI's data."""
    copy = StudentCopy.objects.filter(asn=asn, vanished_at=None).first()
    if copy is None or copy.birth_date is None:
        raise ValidationError({"fields": [_no_student(copy)]})
    return students.create(
        actor,
        asn=asn,
        legal_first_name=copy.legal_first_name,
        legal_middle_name=copy.legal_middle_name,
        legal_last_name=copy.legal_last_name,
        preferred_first_name=copy.preferred_first_name,
        preferred_last_name=copy.preferred_last_name,
        birth_date=copy.birth_date,
        gender=copy.gender,
    )


# --- Link anew ---------------------------------------------------------------------------------------------------


def other_record(record: Any) -> EnrolmentCopy | None:
    """PASI's one live record of our student, school and year that no SIS record is linked to; of sections there are many."""
    if not entities.of(record).has_student:
        return None
    enrolment: SchoolEnrolment = record
    unlinked = EnrolmentCopy.objects.filter(
        asn=enrolment.student.asn or "-",
        school_code=enrolment.school.code,
        school_year=enrolment.school_year,
        deleted=False,
        vanished_at=None,
    ).exclude(key__in=Link.objects.values("key"))
    rows = list(unlinked.defer("document").order_by("id")[:2])
    return rows[0] if len(rows) == 1 else None


def link_anew(actor: Actor, item_id: int, *, reason: str = "", version: str | None = None) -> Decision:
    """`_link_anew`; where our own program raises at the record, it is counted, and ValidationError says so in words."""
    with one_record(item_id):
        return _link_anew(actor, item_id, reason=reason, version=version)


@transaction.atomic
def _link_anew(actor: Actor, item_id: int, *, reason: str = "", version: str | None = None) -> Decision:
    """The SIS record lets go of PASI's moved record. Nothing is sent.

    It is linked to PASI's other record of the same student, school and year where there is just one. Else it has none, and
    waits as "missing in PASI": to be sent as new, or deleted. Raises Moved and ValidationError as `decide` does.
    """
    item, copy, link = locks.item(item_id)
    if item.kind != Kind.IDENTITY_CHANGED_IN_PASI or not item.is_open or not (copy and link) or not item.undecided:
        raise Moved(item, _("This change is already settled, or it has been replaced by another."))
    entity = entities.by_kind(item.entity)
    comparing.look_at(entity, item.key)
    item.refresh_from_db()
    if item.kind != Kind.IDENTITY_CHANGED_IN_PASI or not item.is_open:
        raise Moved(item, _("This change is already settled, or it has been replaced by another."))
    if version is not None and version != item.version:
        raise Moved(item, _("Something has changed since you opened this page. Check the new values, then decide."))
    check(actor, rules.LINK_ANEW, link, copy)
    ours = link.record
    other = other_record(ours)
    now = clock.now()
    decision = Decision(
        discrepancy=item,
        at=now,
        user_id=actor.user_id,
        actor_name=actor.name,
        reason=reason,
        picture=item.fields,
        agreed_before=link.agreed,
        before={"link": {name: getattr(link, name) for name in LINK_COLUMNS}, "hidden": link.hidden_at is not None},
    )
    mine = {"entity": link.entity, "subject_id": ours.pk}
    live = Submission.objects.filter(**mine, status__in=(*QUEUED, *STUCK))
    for row in live.select_for_update(of=("self",)):
        submissions.move(row, Status.CANCELLED, actor, reason="linked_anew")
    DataEvent.objects.filter(**mine, collected_at=None).update(collected_at=now)
    fresh: dict[str, Any] = {"agreed": None, "agreed_digest": "", "kept": {}, "accepted_version": 0, "hidden_at": None}
    _tie(link, other.key if other else str(uuid4()), fresh)
    item.status, item.settled_at, item.settled_by = Discrepancy.Status.SETTLED, now, "link_anew"
    item.save(update_fields=["status", "settled_at", "settled_by"])
    decision.save()
    entries.record_decision(actor, decision, ours.pk)
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.LINKED_ANEW,
            "discrepancy",
            str(item.pk),
            item.school_code,
            {"ref_id": [item.key, link.key]},
            reason,
        ),
    )
    comparing.evaluate(entity, keys=[item.key, link.key])
    return decision


def _tie(link: Link, key: str, columns: dict[str, Any]) -> None:
    link.key = key
    for name, value in columns.items():
        setattr(link, name, value)
    link.save()


# --- Taking back -------------------------------------------------------------------------------------------------


def move_back(actor: Actor, decision: Decision, link: Link, seen_version: int, reason: str) -> int:
    """The SIS record is again what it was before it followed PASI's. Gives its revision."""
    before = decision.before
    if before["asn"]:
        students.replace_asn(actor, before["student"], before["asn"], reason=reason)
    moved = enrolments.move(
        actor,
        link.subject_id,
        Student.objects.get(pk=before["student"]),
        School.objects.get(code=before["school"]),
        SchoolYear(before["school_year"]),
        reason=reason or _("Undone"),
    )
    link.school_enrolment = moved
    follow(link, seen_version)
    return moved.revision


def tie_back(decision: Decision, link: Link) -> None:
    """The link of before. The caller has seen that nothing of the new one has gone out."""
    hidden = {"hidden_at": clock.now()} if decision.before.get("hidden") else {}
    _tie(link, decision.discrepancy.key, {**decision.before["link"], **hidden})
