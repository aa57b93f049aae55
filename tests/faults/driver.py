"""A process of the product that does what a registrar's web request does, on request: one JSON line in, one out.

`python -m tests.faults.driver`; operations are the functions below by name.
"""

import datetime as dt
import json
import os
import sys
import time
import traceback
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from operations import actor as actors  # noqa: E402
from operations import health, heartbeats  # noqa: E402
from operations.models import AuditEntry, Job, User  # noqa: E402
from operations.services import jobs, people  # noqa: E402
from operations.ticking import chores as run_tick  # noqa: E402
from pasi_connect import selectors  # noqa: E402
from pasi_connect.demo.asking import ask  # noqa: E402
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY  # noqa: E402
from pasi_connect.models import (  # noqa: E402
    ActionRecord,
    ConnectionSettings,
    Decision,
    Discrepancy,
    EnrolmentCopy,
    Exchange,
    Link,
    LinkState,
    Submission,
    SyncCursor,
    SyncSettings,
)
from pasi_connect.panels import frame  # noqa: E402
from pasi_connect.services import decisions  # noqa: E402
from pasi_connect.services.compare import comparing, values  # noqa: E402
from pasi_connect.services.decisions import bulk as bulk_decisions  # noqa: E402
from pasi_connect.services.decisions import taking_back  # noqa: E402
from pasi_connect.services.pull import pulling  # noqa: E402
from pasi_connect.services.queue import reviews, submissions  # noqa: E402
from sis.models import Authority, DataEvent, School, SchoolAccess, SchoolEnrolment, Student  # noqa: E402
from sis.models.organization import State  # noqa: E402
from sis.rules.school_year import SchoolYear  # noqa: E402
from sis.services import enrolments  # noqa: E402
from tests.factories import documents as mapping  # noqa: E402
from tests.faults import invariants as rules_of_quiet  # noqa: E402
from tests.faults.columns import add_field, agree_to_boards, unfilled  # noqa: E402, F401 - operations by name
from tests.faults.sections import change_sections, of_sections, teach  # noqa: E402, F401


def prepare(endpoint: str, control: str, certificates: str, students: int, today: str, a_student: int = 1) -> list[int]:
    """A small authority with one school, in the SIS and in PASI; gives the ids of its enrolments.

    As many as `students`, or with `a_student` more than one each for so many fewer.
    """
    year = SchoolYear.of(dt.date.fromisoformat(today))
    ConnectionSettings(
        pk=1,
        endpoint_url=endpoint,
        certificate_file=f"{certificates}/client.pem",
        key_file=f"{certificates}/client.key",
        ca_file=f"{certificates}/ca.pem",
    ).save()
    SyncSettings(pk=1, start_delay_minutes=0, web_service_timeout_minutes=1).save()
    authority = Authority.objects.create(code="7010", name="Prairie Lantern School Division")
    school = School.objects.create(
        authority=authority, code="7101", name="Lantern Creek School", enrolment_sync=State.ACTIVE
    )
    user = User.objects.create_user("registrar", first_name="Rhea", last_name="Molnar")
    user.groups.add(Group.objects.get(name="Registrar"))
    SchoolAccess.objects.create(user=user, school=school)
    load: dict[str, Any] = {
        "SchoolAuthority": [{"SchoolAuthorityCode": "7010", "Name": authority.name, "IsActive": True}],
        "School": [{"SchoolCode": "7101", "Name": school.name, "SchoolAuthorityCode": "7010", "IsActive": True}],
        "Student": [],
        "StudentSchoolEnrolment": [],
    }
    ids = []
    for number in range(students):
        asn = f"{30000 + number // a_student:09d}"
        birth = dt.date(year.ending - 10, 1, 1 + number % 28)
        if number % a_student == 0:
            student = Student.objects.create(
                asn=asn,
                legal_first_name="Tobin",
                legal_last_name=f"Harrow {number}",
                birth_date=birth,
                search_name=f"harrow {number}",
            )
        enrolment = SchoolEnrolment.objects.create(
            student=student,
            school=school,
            school_year=year,
            grade="05",
            start_date=year.first_day + dt.timedelta(days=number % a_student),
            exit_date=dt.date(year.ending, 6, 26),
            resident_board="7010",
        )
        link = Link.objects.create(school_enrolment=enrolment, key=str(UUID(int=number + 1, version=4)))
        ours = values.ours(enrolment, link)
        base = mapping.new_document(link.key, asn, school.code, year)
        load["StudentSchoolEnrolment"].append(mapping.lay_on(base, ours, mapping.NAMES))
        identity = {
            "FirstName": "Tobin",
            "LastName": f"Harrow {number}",
            "BirthDate": birth,
            "Gender": "Male",
            "IsNameExact": True,
        }
        if number % a_student == 0:
            load["Student"].append(
                {"StateProvinceId": asn, "IsDeactivated": False, "IsDeceased": False, "IdentificationRecord": identity}
            )
        ids.append(enrolment.pk)
    ask(f"{control}/load/", load)
    SyncSettings.objects.update(regular_synchronization=True)
    return ids


def change_all(enrolments_changed: list[int], changes: dict[str, Any], chunk: int = 500) -> float:
    """One change of many records, chunk by chunk as the API's bulk door makes it; gives the seconds."""
    began = time.monotonic()
    for start in range(0, len(enrolments_changed), chunk):
        with transaction.atomic():
            wanted = {pk: _typed(changes) for pk in enrolments_changed[start : start + chunk]}
            enrolments.change_many(_registrar(), wanted)
    return time.monotonic() - began


def left() -> dict[str, int]:
    """What is still to be taken up, and what is still to be sent."""
    return {
        "events": DataEvent.objects.filter(collected_at=None).count(),
        "moving": Submission.objects.filter(status__in=["waiting", "in_flight", "checking"]).count(),
    }


def _registrar() -> actors.Actor:
    return actors.of_user(User.objects.get(username="registrar"))


def _typed(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: values.from_json(ENTITY, name, value) for name, value in changes.items()}


def change(enrolment: int, changes: dict[str, Any]) -> int:
    copy = EnrolmentCopy.objects.filter(key=Link.objects.get(subject_id=enrolment).key).first()
    return enrolments.change(
        _registrar(), enrolment, _typed(changes), seen_version=copy.core_version if copy else 0
    ).revision


def reject(item: int) -> int:
    return decisions.reject(_registrar(), item, reason="The parents confirmed our date").pk


def accept(item: int) -> int:
    return decisions.accept(_registrar(), item).pk


def send_again(submission: int) -> str:
    return reviews.send_again(_registrar(), submission).status


def undo(decision: int) -> int:
    return decisions.undo(_registrar(), decision).pk


def decide(item: int, version: str, verb: str) -> str:
    """Accepts or rejects what was seen at `version`; "moved" when that is not the present picture any more."""
    try:
        if verb == "accept":
            decisions.accept(_registrar(), item, version=version)
        else:
            decisions.reject(_registrar(), item, reason="The parents confirmed ours", version=version)
    except decisions.Moved:
        return "moved"
    return "decided"


def item_of(enrolment: int) -> dict[str, Any]:
    """The open item of a record; {} when there is none."""
    columns = ("id", "version", "kind", "core_version", "fields")
    return Discrepancy.objects.filter(subject_id=enrolment, status="open").values(*columns).first() or {}


def items_of(enrolment: int) -> int:
    return Discrepancy.objects.filter(subject_id=enrolment).count()


def banner() -> str:
    """What stands across every page."""
    found = frame._banner(User.objects.get(username="registrar"), LinkState.load(), SyncSettings.load())
    return found.title if found else ""


def link_code() -> str:
    return LinkState.load().code


def copy(enrolment: int) -> dict[str, Any]:
    """The local copy of a record."""
    columns = ("asn", "core_version", "exit_date", "vanished_at", "provisional")
    return EnrolmentCopy.objects.filter(key=Link.objects.get(subject_id=enrolment).key).values(*columns).get()


def ask_for_full_set() -> None:
    """The next question of a listener that starts now is for the complete set of every kind."""
    SyncCursor.objects.update(complete_at=None)


def guard() -> list[int]:
    """How many records each stopped removal would have taken."""
    stopped = SyncCursor.objects.exclude(guard_stopped_at=None)
    return [cursor.missing.count() for cursor in stopped]


def hash_synchronize() -> None:
    """Asks with hashes until nothing more is said. The listener must not run."""
    puller = pulling.Puller()
    for _ in range(20):
        answer = puller.ask(0, with_hash=True)
        if answer.good and not puller.full and not any(info["IdVersions"] for info in answer.value["TypeInfos"]):
            return
    raise AssertionError("PASI's news never end")


def bulk(rounds: int) -> float:
    """What a long job does: everything compared and every held submission looked at, again and again. Gives seconds."""
    began = time.monotonic()
    for _ in range(rounds):
        Link.objects.update(agreed_digest="")  # so that the comparison writes
        comparing.evaluate_all()
        submissions.release_held()
    return time.monotonic() - began


def decide_all(decision: str) -> dict[str, int]:
    """Every open change, in bulk, approved where the guard stops it. Gives the ids of the action and of its job."""
    user = User.objects.get(username="registrar")
    choice = bulk_decisions.Choice(decision, "The parents confirmed ours")
    items = selectors.discrepancies(user).filter(status="open", undecided__gt=0)
    action, job, _found = bulk_decisions.start(_registrar(), items, choice, {"status": "open"})
    if job.status == Job.Status.WAITING_APPROVAL:
        jobs.approve(_registrar(), job.pk)
    return {"action": action.pk, "job": job.pk}


def undo_all(action: int) -> int:
    """The job that takes a bulk back."""
    return taking_back.start(_registrar(), action, "The wrong list").pk


def job(job: int) -> dict[str, Any]:
    return Job.objects.values("status", "done", "total", "failed", "interruptions").get(pk=job)


def waiting_changes() -> int:
    return Discrepancy.objects.filter(status="open", undecided__gt=0).count()


def decided_by(action: int) -> dict[str, int]:
    """How many records, different records and decisions an action holds; and how many of them stand."""
    records = ActionRecord.objects.filter(action=action)
    return {
        "records": records.count(),
        "different": records.values("key").distinct().count(),
        "decisions": Decision.objects.filter(action_records__action=action).distinct().count(),
        "standing": records.filter(undone_at=None).count(),
    }


def all_decisions() -> int:
    return Decision.objects.count()


def school(active: bool) -> None:
    School.objects.update(enrolment_sync=State.ACTIVE if active else State.INACTIVE)


def right_to_school(given: bool) -> None:
    user = User.objects.get(username="registrar")
    SchoolAccess.objects.filter(user=user).delete()
    if given:
        SchoolAccess.objects.create(user=user, school=School.objects.get())


def request(method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> list[Any]:
    """[status, body] of a call of the API by the registrar, in this process."""
    client = APIClient()
    client.force_authenticate(User.objects.get(username="registrar"))
    headers = {"Idempotency-Key": key} if key else {}
    answer = getattr(client, method)(f"/api/v1/{path}", body, format="json", headers={"Host": "127.0.0.1", **headers})
    return [answer.status_code, answer.json() if answer.content else None]


def point_to(url: str) -> str:
    """Another address for PASI; gives the one before."""
    before = ConnectionSettings.load().endpoint_url
    ConnectionSettings.objects.update(endpoint_url=url)
    return before


def exchanges(operation: str = "SubmitStudentSchoolEnrolment") -> list[str]:
    return list(Exchange.objects.filter(operation=operation).order_by("id").values_list("outcome", flat=True))


def beat_age(name: str = "tick") -> float:
    age = heartbeats.age_seconds(name)
    return 1e9 if age is None else age


def credentials() -> dict[str, str]:
    """A token and a password of the registrar."""
    user = User.objects.get(username="registrar")
    user.set_password("a-long-pass-phrase-of-a-test")
    user.save(update_fields=["password"])
    return {"token": people.make_token(actors.of_user(user), user, "test"), "password": "a-long-pass-phrase-of-a-test"}


def token(user: str = "registrar") -> str:
    """A new token of a person, who is made where there is none."""
    person, is_new = User.objects.get_or_create(username=user)
    if is_new:
        person.groups.add(Group.objects.get(name="District officer"))
    return people.make_token(actors.of_user(person), person, "test")


def changes_written() -> int:
    """By the audit; each has left its event in the same transaction."""
    written = AuditEntry.objects.filter(entity="school_enrolment", action="enrolment changed").count()
    assert written == DataEvent.objects.exclude(fields=[]).count()
    return written


def broker() -> dict[str, Any]:
    return health.broker()


def tick() -> None:
    run_tick()


def state() -> dict[str, Any]:
    """Everything that decides whether the product is quiet."""
    return {
        "events": DataEvent.objects.filter(collected_at=None).count(),
        "submissions": dict(Submission.objects.order_by("id").values_list("id", "status")),
        "reasons": dict(Submission.objects.exclude(reason="").values_list("id", "reason")),
        "open": list(Discrepancy.objects.filter(status="open").values_list("id", flat=True)),
        "provisional": EnrolmentCopy.objects.filter(provisional=True).count(),
        "copies": EnrolmentCopy.objects.filter(vanished_at=None).count(),
        "link": LinkState.load().state,
        "cursors": SyncCursor.objects.exclude(complete_at=None).count(),
    }


def open_versions() -> list[str]:
    return list(Discrepancy.objects.filter(status="open").values_list("version", flat=True))


def invariants(control: str, without: list[str]) -> list[str]:
    return rules_of_quiet.broken(control, without)


def submission(enrolment: int) -> dict[str, Any]:
    """The newest submission of a record; without one only an empty status and reason."""
    columns = ("id", "status", "reason", "attempts", "fence", "lease_until", "base_version", "core_version")
    return Submission.objects.filter(subject_id=enrolment).order_by("-id").values(*columns).first() or {
        "status": "",
        "reason": "",
    }


def main() -> None:
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": globals()[request.pop("do")](**request)}
        except Exception as error:  # noqa: BLE001 - told to the test, which decides
            answer = {"error": type(error).__name__, "text": traceback.format_exc()[-2000:]}
        connection.close()
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
