"""What the access table is asked about: everything in school A, and who asks."""
# Students, staff and values of school A carry words that stand nowhere else (`mark`), so that an answer that tells one is found.

import datetime as dt
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, Permission

from alerts.models import Absence
from operations import clock
from operations.actor import SYNC, of_user
from operations.models import AuditEntry, User
from operations.services import invitations, notices, people
from pasi_connect.models import Action, Decision, Exchange, Link, MissingRecord, SyncCursor
from pasi_connect.services import decisions
from registrar.services import year_end
from sis.models import School, SchoolEnrolment, Section, Student
from tests import factories

ACTORS = ("anonymous", "registrar_a", "registrar_b", "district", "admin")  # the columns of the table
# What each of these gets follows from the columns, unless the row says otherwise (`access_table.expected`).
FURTHER = ("no_school", "inactive", "empty_role", "strong_b", "superuser", "expired_token", "service_account")
BY_TOKEN = ("expired_token", "service_account")
SEE_NOTHING = ("anonymous", "inactive", "expired_token", "registrar_b", "no_school", "empty_role", "strong_b")
SECRET = "Kestrelwick"  # in every text that a person of school A has entered


def further() -> dict[str, User]:
    """The further actors."""
    a, b = School.objects.get(code="2001"), School.objects.get(code="2002")
    strong, _empty = Group.objects.create(name="Strong"), Group.objects.create(name="Empty")
    own = Permission.objects.filter(content_type__app_label="operations", content_type__model="user")
    strong.permissions.set(own.exclude(codename="all_schools"))
    return {
        "no_school": factories.UserFactory(username="no_school", role="Registrar"),
        "inactive": factories.UserFactory(username="inactive", role="Registrar", schools=[a], is_active=False),
        "empty_role": factories.UserFactory(username="empty_role", role="Empty", schools=[a]),
        "strong_b": factories.UserFactory(username="strong_b", role="Strong", schools=[b]),
        "superuser": factories.UserFactory(username="superuser", role="Empty", is_superuser=True),
        "expired_token": factories.UserFactory(username="expired_token", role="Registrar", schools=[a]),
        "service_account": factories.ServiceFactory(username="planner", role="Registrar", schools=[a]),
    }


def tokens(found: dict[str, Any]) -> dict[str, str]:
    """The raw tokens of those who act by one."""
    made = {name: factories.token_of(found[name]) for name in BY_TOKEN}
    found["expired_token"].api_tokens.update(expires_at=clock.now() - dt.timedelta(seconds=1))
    return made


def mark() -> set[str]:
    """Gives everything at school A words of its own. Gives those words."""
    words: set[str] = {SECRET}
    for number, student in enumerate(Student.objects.order_by("pk")):
        student.legal_first_name, student.legal_last_name = f"Quillon{number}x", f"Zephyrine{number}x"
        student.preferred_first_name, student.preferred_last_name = "", ""
        student.local_number, student.external_id = f"LN77{number}x", f"host-student-{number}x"
        student.search_name = student.make_search_name()
        student.save()
        words |= {student.legal_first_name, student.legal_last_name, student.local_number, student.external_id}
        if student.asn:
            words |= {student.asn, f"{student.asn[:4]}-{student.asn[4:8]}-{student.asn[8:]}"}
    for stay in SchoolEnrolment.objects.filter(school__code="2001"):
        SchoolEnrolment.objects.filter(pk=stay.pk).update(external_id=f"host-stay-{stay.pk}x", resident_board="4731")
        words |= {f"host-stay-{stay.pk}x"}
    words |= {"4731", *map(str, Link.objects.values_list("key", flat=True))}
    Section.objects.update(teacher=f"Tutor {SECRET}")
    for model, columns in ((Action, ("reason", "note", "detail")), (Decision, ("reason",)), (AuditEntry, ("reason",))):
        model._default_manager.update(**dict.fromkeys(columns, SECRET))
    return words


def build() -> dict[str, Any]:
    """Ids and texts by the names that the table's rows use; the actors' users under their names."""
    factories.synchronizing()
    a, b = factories.SchoolFactory(code="2001"), factories.SchoolFactory(code="2002")
    actors: dict[str, User] = {
        "registrar_a": factories.UserFactory(username="registrar_a", role="Registrar", schools=[a]),
        "registrar_b": factories.UserFactory(username="registrar_b", role="Registrar", schools=[b]),
        "district": factories.UserFactory(username="district", role="District officer"),
        "admin": factories.UserFactory(username="admin", role="Administrator"),
    }
    enrolments = [factories.EnrolmentFactory(school=a) for _ in range(4)]
    for enrolment in enrolments:
        factories.link_and_copy(enrolment)
    item = factories.changed_in_pasi(enrolments[1], grade="09")
    decided = factories.changed_in_pasi(enrolments[2], grade="09")
    decision = decisions.accept(of_user(actors["registrar_a"]), decided.pk)
    rejected = factories.submission(enrolments[0], "rejected", reason="10016")
    held = factories.submission(
        factories.EnrolmentFactory(school=a, local_student_id="Łą"),
        "held",
        reason="text_outside",
        detail="local_student_id",
    )
    now = clock.now()
    exchange = Exchange.objects.create(
        message_id=uuid4(),
        operation="SubmitStudentSchoolEnrolment",
        school_code="2001",
        organization="S.2001",
        person_name="Rhea Molnar",
        person_local_id="registrar_a",
        person_ip="127.0.0.1",
        sent_at=now - dt.timedelta(seconds=1),
        answered_at=now,
        milliseconds=900,
        outcome="accepted",
    )
    failure = factories.failure(factories.link_of(enrolments[3]).key, a.code)
    guard = SyncCursor.objects.create(notification_type="Student", guard_stopped_at=now)
    MissingRecord.objects.create(cursor=guard, stopped_at=now, key=enrolments[0].student.asn)
    somebody = factories.UserFactory(username="somebody", role="Registrar", schools=[a])
    people.make_token(SYNC, somebody, "Nightly")
    invitation = invitations.make(SYNC, somebody)
    service = factories.ServiceFactory(schools=[a])
    year = enrolments[0].school_year
    grade = factories.StoredGradeFactory(course_enrolment__enrolment=enrolments[3])
    sitting = grade.course_enrolment
    today = clock.today()
    absence = Absence.objects.create(
        user=actors["registrar_a"], stand_in=somebody, first_day=today, last_day=today, made_at=now
    )
    elsewhere = factories.record_elsewhere(enrolments[0].student)
    a_job, waiting_job, cancelled_job = (
        factories.job(actors["registrar_a"], status) for status in ("queued", "waiting_approval", "cancelled")
    )
    factories.EnrolmentFactory(school=a, concurrent=True)
    officer = of_user(actors["district"])
    rehearsal, run_already = (factories.rehearsal(officer, year) for _ in range(2))
    return {
        "csv": "csv",
        **actors,
        "school": a.code,
        "bulk_resource": "students",
        "student": enrolments[0].student_id,
        "failure": failure.pk,
        "enrolment": enrolments[3].pk,
        "course": sitting.section.course_id,
        "section": sitting.section_id,
        "term": sitting.section.term_id,
        "term_name": sitting.section.term.name,
        "course_codes": [sitting.section.course.code],
        "free_section": factories.SectionFactory(school=a, term=sitting.section.term).pk,
        "sitting": sitting.pk,
        "grade": grade.pk,
        "item": item.pk,
        "item_version": item.version,
        "decided": decided.pk,
        "decision": decision.pk,
        "action": decision.action_records.get().action_id,
        "rejected": rejected.pk,
        "held": held.pk,
        "exchange": exchange.pk,
        "job": a_job.pk,
        "waiting_job": waiting_job.pk,
        "cancelled_job": cancelled_job.pk,
        "rehearsal": rehearsal.pk,
        "reconciliation": factories.reconciliation_run(actors["district"], a.code).pk,
        "run": year_end.start(officer, run_already.pk).pk,
        "result_name": "result.csv",
        "list_page": "operations.jobs",
        "enrolments": [enrolments[3].pk],
        "notice": notices.leave(a.code, "told", {}).pk,
        "elsewhere": elsewhere.pk,
        "absence": absence.pk,
        "guard": guard.notification_type,
        "stopped_at": now.isoformat(),
        "somebody": somebody.pk,
        "service": service.pk,
        "invitation": invitation,
        "token": somebody.api_tokens.get().pk,
        "asn": enrolments[0].student.asn,
        "school_year": str(year),
        "first_day": dt.date(year.ending - 1, 9, 1).isoformat(),
        "last_day": dt.date(year.ending, 6, 26).isoformat(),
    }
