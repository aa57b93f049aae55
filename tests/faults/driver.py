"""A process of the product that does what a registrar's web request does, on request: one JSON line in, one out.

`python -m tests.faults.driver`; operations are the functions below by name.
"""

import datetime as dt
import json
import os
import sys
import traceback
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection  # noqa: E402

from operations import actor as actors  # noqa: E402
from operations.models import User  # noqa: E402
from operations.tasks import tick as run_tick  # noqa: E402
from pasi_connect.demo.making import _ask as ask  # noqa: E402
from pasi_connect.mapping import enrolment as mapping  # noqa: E402
from pasi_connect.models import (  # noqa: E402
    ConnectionSettings,
    Discrepancy,
    EnrolmentCopy,
    EnrolmentLink,
    LinkState,
    Submission,
    SyncCursor,
    SyncSettings,
)
from pasi_connect.services import decisions, reviews, values  # noqa: E402
from sis.models import Authority, DataEvent, School, SchoolAccess, SchoolEnrolment, Student  # noqa: E402
from sis.models.organisation import State  # noqa: E402
from sis.rules.school_year import SchoolYear  # noqa: E402
from sis.services import enrolments  # noqa: E402
from tests.faults import invariants as rules_of_quiet  # noqa: E402


def prepare(endpoint: str, control: str, certificates: str, students: int, today: str) -> list[int]:
    """A small authority with one school, in the SIS and in PASI; gives the ids of its enrolments."""
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
        asn = f"{30000 + number:09d}"
        birth = dt.date(year.ending - 10, 1, 1 + number % 28)
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
            start_date=year.first_day,
            exit_date=dt.date(year.ending, 6, 26),
            resident_board="7010",
        )
        link = EnrolmentLink.objects.create(enrolment=enrolment, ref_id=UUID(int=number + 1, version=4))
        ours = values.ours(enrolment, link)
        base = mapping.new_document(link.ref_id, asn, school.code, year)
        load["StudentSchoolEnrolment"].append(mapping.lay_on(base, ours, mapping.BY_NAME))
        identity = {
            "FirstName": "Tobin",
            "LastName": f"Harrow {number}",
            "BirthDate": birth,
            "Gender": "Male",
            "IsNameExact": True,
        }
        load["Student"].append(
            {"StateProvinceId": asn, "IsDeactivated": False, "IsDeceased": False, "IdentificationRecord": identity}
        )
        ids.append(enrolment.pk)
    ask(f"{control}/load/", load)
    SyncSettings.objects.update(regular_synchronization=True)
    return ids


def _registrar() -> actors.Actor:
    return actors.of_user(User.objects.get(username="registrar"))


def _typed(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: values.from_json(name, value) for name, value in changes.items()}


def change(enrolment: int, changes: dict[str, Any]) -> int:
    copy = EnrolmentCopy.objects.filter(ref_id=EnrolmentLink.objects.get(enrolment_id=enrolment).ref_id).first()
    return enrolments.change(
        _registrar(), enrolment, _typed(changes), seen_version=copy.core_version if copy else 0
    ).revision


def reject(item: int) -> int:
    return decisions.reject(_registrar(), item, reason="The parents confirmed our date").pk


def accept(item: int) -> int:
    return decisions.accept(_registrar(), item).pk


def send_again(submission: int) -> str:
    return reviews.send_again(_registrar(), submission).status


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


def invariants(control: str) -> list[str]:
    return rules_of_quiet.broken(control)


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
