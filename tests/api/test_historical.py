"""A record of an older year over the API: PASI's record is read live, and ours goes out once it was seen."""

import datetime as dt

import pytest

from operations.models import AuditEntry, IdempotencyKey, ReadEntry
from pasi_connect.models import EnrolmentCopy, Exchange, Link, LinkState, Submission
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import submissions
from sis.models import DataEvent
from sis.rules.school_year import SchoolYear
from tests import factories
from tests.api.conftest import client_of, conflict, faulty_fields, problem
from tests.pasi_connect.conftest import pasi, simulator, world  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

OLD = SchoolYear(2022)
DATES = {"start_date": dt.date(2021, 9, 1), "exit_date": dt.date(2022, 6, 27)}
MAY = dt.date(2022, 5, 13)


@pytest.fixture
def district(world):  # noqa: F811
    """PASI has told which years it takes."""
    assert reference.refresh()
    return world


@pytest.fixture
def old(district):
    """PASI holds another grade, and nobody here knows."""
    enrolment = district.here(year=OLD, **DATES)
    link = submissions.link_of(enrolment)
    district.pasi.load(StudentSchoolEnrolment=[{**district.document(enrolment, link.key), "Grade": "07"}])
    return enrolment


@pytest.fixture
def api(district):
    """As the registrar of the school."""
    return client_of(district.user)


def address(enrolment):
    return f"enrolments/{enrolment.pk}/historical/"


def read(api, enrolment):
    answer = api.get(address(enrolment))
    assert answer.status_code == 200, answer.content
    return answer.json()


def differing(told):
    return {row["name"]: (row["sis"], row["pasi"]) for row in told["fields"] if row["differs"]}


def test_both_sides_as_pasi_has_just_answered(district, api, old):
    submission = district.queue(old, exit_date=MAY)
    told = read(api, old)
    fields = told.pop("fields")
    assert told == {
        "enrolment": old.pk,
        "version": district.theirs(old)["PASICoreVersion"],
        "in_pasi": True,
        "hidden": False,
        "confirmable": True,
        "why_not": "",
        "submission": submission.pk,
    }
    assert differing({"fields": fields}) == {"grade": ("08", "07"), "exit_date": ("2022-05-13", "2022-06-27")}
    equal = {row["name"]: row for row in fields if not row["differs"]}
    assert equal["enrolment_type_codes"]["sis"] == equal["enrolment_type_codes"]["pasi"] == []
    assert district.copy(old).grade == "07"
    asked = Exchange.objects.filter(operation="GetStudentSchoolEnrolment").latest("id")
    assert asked.person_name.startswith(district.actor.name)
    assert ReadEntry.objects.get(place="api:enrolment-historical").student_id == old.student_id
    submission.refresh_from_db()
    assert submission.status == "held"  # reading decides nothing
    assert not district.pasi.calls()


def test_confirmed_ours_goes_out_and_replaces_what_was_seen(district, api, old):
    held = district.queue(old, exit_date=MAY)
    seen = read(api, old)["version"]
    answer = api.post(address(old), {"version": seen}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["id"], told["status"], told["reason"], told["seen_version"]) == (held.pk, "waiting", "", seen)
    assert told["actor"].startswith(district.actor.name)
    assert AuditEntry.objects.filter(action="PASI read and replaced", subject_id=str(old.pk)).count() == 1
    again = api.post(address(old), {"version": seen}, headers={"Idempotency-Key": "k"})
    assert (again.json(), again["Idempotent-Replay"]) == (told, "true")
    assert AuditEntry.objects.filter(action="PASI read and replaced").count() == 1
    assert district.send(held).status == "accepted"
    theirs = district.theirs(old)
    assert (theirs["RegistrationExitDate"], theirs["Grade"]) == (MAY.isoformat(), "08")
    after = read(api, old)
    assert (differing(after), after["confirmable"], after["submission"]) == ({}, False, None)
    assert "nothing to send" in after["why_not"]


def test_a_preview_reads_pasi_and_keeps_nothing(district, api, old):
    seen = district.theirs(old)["PASICoreVersion"]
    told = api.post(address(old), {"version": seen, "dry_run": True})
    assert (told.status_code, told["Dry-Run"]) == (200, "true")
    assert (told.json()["id"], told.json()["status"], told.json()["fields"]) == (None, "waiting", ["grade"])
    assert told.json()["key"] == district.link(old).key
    for model in (EnrolmentCopy, Submission, DataEvent):
        assert not model.objects.exists(), model
    assert not AuditEntry.objects.filter(action="PASI read and replaced").exists()
    assert Exchange.objects.filter(operation="GetStudentSchoolEnrolment").count() == 1

    held = district.queue(old, exit_date=MAY)
    assert api.post(address(old), {"version": seen, "dry_run": True}).json()["id"] == held.pk
    held.refresh_from_db()
    assert (held.status, held.live_version) == ("held", None)

    # What the real call would refuse, the preview refuses as it would, and keeps no new picture.
    moved = problem(api.post(address(old), {"version": seen + 1, "dry_run": True}), 412)
    assert moved["current"]["version"] == seen
    assert not EnrolmentCopy.objects.exists()


def test_a_record_without_a_key_is_previewed_without_one(district, api):
    enrolment = district.here(year=OLD, **DATES)
    told = api.post(address(enrolment), {"version": 0, "dry_run": True}).json()
    assert (told["id"], told["key"], told["ref_id"], told["status"]) == (None, "", None, "waiting")
    assert not Link.objects.filter(subject_id=enrolment.pk).exists()


def test_what_has_moved_is_412_with_the_picture_of_now(district, api, old):
    held = district.queue(old, exit_date=MAY)
    seen = read(api, old)["version"]
    district.change_in_pasi(old, Grade="06")
    refused = problem(api.post(address(old), {"version": seen}, headers={"Idempotency-Key": "k"}), 412)
    assert refused["type"] == "urn:pasi-connect:problem:precondition_failed"
    now = refused["current"]
    assert differing(now)["grade"] == ("08", "06")
    assert (now["version"], now["confirmable"]) == (district.theirs(old)["PASICoreVersion"], True)
    held.refresh_from_db()
    assert (held.status, held.live_version) == ("held", None)
    assert not IdempotencyKey.objects.exists()
    # The picture of the refusal is enough to decide on.
    assert api.post(address(old), {"version": now["version"]}, headers={"Idempotency-Key": "k"}).status_code == 200
    assert district.send(held).status == "accepted"


def test_what_pasi_does_not_have_may_be_created(district, api):
    enrolment = district.here(year=OLD, **DATES)
    told = read(api, enrolment)
    assert (told["version"], told["in_pasi"], told["hidden"], told["confirmable"]) == (0, False, False, True)
    assert {row["pasi"] for row in told["fields"]} == {None}
    assert all(row["differs"] for row in told["fields"])
    made = api.post(address(enrolment), {"version": 0}).json()
    assert district.send(Submission.objects.get(pk=made["id"])).status == "accepted"
    assert district.theirs(enrolment)["Grade"] == "08"


def test_what_pasi_hides_is_told(district, api, old):
    district.change_in_pasi(old, SchoolCode="4901")
    told = read(api, old)
    assert (told["version"], told["in_pasi"], told["hidden"]) == (0, False, True)


def test_a_synchronized_year_and_one_that_lies_ahead_are_refused(district, api):
    for year in (SchoolYear(2027), SchoolYear(2028)):
        enrolment = district.here(year=year)
        for answer in (api.get(address(enrolment)), api.post(address(enrolment), {"version": 0})):
            assert "synchronized" in conflict(answer, "not_possible")["detail"]
    assert not Exchange.objects.filter(operation="GetStudentSchoolEnrolment").exists()


def test_a_year_that_pasi_takes_no_more_is_read_and_not_sent(district, api):
    enrolment = district.here(year=SchoolYear(2015), start_date=dt.date(2014, 9, 2), exit_date=dt.date(2015, 6, 26))
    told = read(api, enrolment)
    assert (told["confirmable"], "no longer" in told["why_not"]) == (False, True)
    assert conflict(api.post(address(enrolment), {"version": 0}), "not_possible")["detail"] == told["why_not"]


def test_nothing_is_confirmed_while_a_submission_is_on_its_way(district, api, old):
    factories.submission(old, "in_flight", key=district.link(old).key)
    told = read(api, old)
    assert (told["confirmable"], "on its way" in told["why_not"], told["submission"]) == (False, True, None)
    refused = conflict(api.post(address(old), {"version": told["version"]}), "not_possible")
    assert refused["detail"] == told["why_not"]


def test_without_pasis_answer_it_is_503(district, api, old):
    held = district.queue(old, exit_date=MAY)
    district.pasi.knobs(fault={"code": "9001", "operation": "GetStudentSchoolEnrolment"})
    silent = api.get(address(old))
    told = problem(silent, 503)
    assert (told["type"], told["title"]) == ("urn:pasi-connect:problem:no_answer", "PASI gave no answer")
    assert (silent["Retry-After"], told["request_id"]) == ("60", silent["X-Request-ID"])
    LinkState.objects.update(state=LinkState.State.DOWN)
    asked = Exchange.objects.count()
    assert "PASI is unavailable" in problem(api.get(address(old)), 503)["detail"]
    for more in ({}, {"dry_run": True}):
        answer = api.post(address(old), {"version": 0, **more}, headers={"Idempotency-Key": "k"})
        assert "PASI is unavailable" in problem(answer, 503)["detail"]
    assert Exchange.objects.count() == asked
    assert not IdempotencyKey.objects.exists()
    held.refresh_from_db()
    assert (held.status, held.live_version) == ("held", None)


@pytest.mark.parametrize("version", [-1, "7", 1.5, True, None, [1], 2**63])
def test_a_version_that_is_none_is_refused(district, api, old, version):
    assert faulty_fields(api.post(address(old), {"version": version})) == {"version"}
    assert not Exchange.objects.filter(operation="GetStudentSchoolEnrolment").exists()


def test_the_version_must_be_named(api, old):
    assert faulty_fields(api.post(address(old), {})) == {"version"}


def test_who_may(district, old):
    for role, schools, seen in (
        ("Registrar", [district.other], 404),
        ("Administrator", [], 403),
        ("District officer", [], 200),
    ):
        client = client_of(factories.UserFactory(role=role, schools=schools))
        assert client.get(address(old)).status_code == seen, role
        body = {"version": district.theirs(old)["PASICoreVersion"]}
        assert client.post(address(old), body).status_code == seen, role
    problem(client_of(None).get(address(old)), 401)
    problem(client_of(district.user).get("enrolments/999999/historical/"), 404)
