"""What the access table is asked about: everything in school A, and who asks."""

import datetime as dt
from typing import Any
from uuid import uuid4

from alerts.models import Absence
from operations import clock
from operations.actor import SYNC, of_user
from operations.models import User
from operations.services import notices, people
from pasi_connect.models import Exchange, SyncCursor
from pasi_connect.services import decisions, year_end
from tests import factories

ACTORS = ("anonymous", "registrar_a", "registrar_b", "district", "admin")


def build() -> dict[str, Any]:
    """Ids and texts by the names that the table's rows use; the actors' users under their names."""
    factories.synchronising()
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
        organisation="S.2001",
        person_name="Rhea Molnar",
        person_local_id="registrar_a",
        person_ip="127.0.0.1",
        sent_at=now - dt.timedelta(seconds=1),
        answered_at=now,
        milliseconds=900,
        outcome="accepted",
    )
    guard = SyncCursor.objects.create(
        notification_type="Student", guard_stopped_at=now, guard_missing=[enrolments[0].student.asn]
    )
    somebody = factories.UserFactory(username="somebody", role="Registrar", schools=[a])
    people.make_token(SYNC, somebody, "Nightly")
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
        "student": enrolments[0].student_id,
        "enrolment": enrolments[3].pk,
        "course": sitting.section.course_id,
        "section": sitting.section_id,
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
        "enrolments": [enrolments[3].pk],
        "notice": notices.leave(a.code, "told", {}).pk,
        "elsewhere": elsewhere.pk,
        "absence": absence.pk,
        "guard": guard.notification_type,
        "stopped_at": now.isoformat(),
        "somebody": somebody.pk,
        "token": somebody.api_tokens.get().pk,
        "asn": enrolments[0].student.asn,
        "school_year": str(year),
        "first_day": dt.date(year.ending - 1, 9, 1).isoformat(),
        "last_day": dt.date(year.ending, 6, 26).isoformat(),
    }
