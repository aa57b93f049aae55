"""Guided actions over the API: the addresses that stay, their refusals, their previews."""

import datetime as dt

import pytest

from operations import clock
from pasi_connect.models import Action, Submission
from sis.models import SchoolEnrolment
from tests import factories, moments
from tests.api.conftest import client_of, conflict, faulty_fields, problem


def days_ago(number):
    return moments.days_ago(number).isoformat()


@pytest.fixture
def stay(house):
    """In step, begun thirty days ago."""
    made = factories.EnrolmentFactory(school=house.a, start_date=clock.today() - dt.timedelta(days=30))
    factories.link_and_copy(made, version=20)
    return made


def at(stay, name):
    return f"enrolments/{stay.pk}/{name}/"


def test_withdraw_answers_with_the_entry_and_the_enrolment(api, stay):
    answer = api.post(
        at(stay, "withdraw"), {"last_day_attended": days_ago(3), "reason": "MOVED", "note": "To Calgary."}
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["status"], body["due_on"]) == ("done", None)
    assert (body["enrolment"]["exit_date"], body["enrolment"]["exit_date_type"]) == (days_ago(3), "WithdrawalDate")
    assert body["enrolment"]["pasi"]["state"] == "waiting"
    entry = Action.objects.get(pk=body["id"])
    assert (entry.kind, entry.reason, entry.note) == ("withdraw", "Moved", "To Calgary.")
    assert answer["ETag"] == f'"{body["enrolment"]["version"]}"'


def test_a_dry_run_shows_and_changes_nothing(api, stay):
    answer = api.post(at(stay, "withdraw"), {"last_day_attended": days_ago(3), "reason": "Moved", "dry_run": True})
    told = answer.json()
    assert answer.status_code == 200
    assert told["submissions"] == 1
    assert told["records"][0]["changes"]["exit_date"][1] == days_ago(3)
    stay.refresh_from_db()
    assert (stay.exit_date_type, Action.objects.count()) == ("CompletionDate", 0)
    done = api.post(
        at(stay, "withdraw"), {"last_day_attended": days_ago(3), "reason": "Moved", "version": told["version"]}
    )
    assert done.status_code == 200


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"last_day_attended", "reason"}),
        ({"last_day_attended": "tomorrow", "reason": "Moved"}, {"last_day_attended"}),
        ({"last_day_attended": days_ago(-1), "reason": "Moved"}, {"last_day_attended"}),
        ({"last_day_attended": days_ago(31), "reason": "Moved"}, {"last_day_attended"}),
        ({"last_day_attended": days_ago(3), "reason": "Holidays"}, {"reason"}),
        ({"last_day_attended": days_ago(3), "reason": "Moved", "lastday": 1}, {"lastday"}),
    ],
)
def test_withdraw_names_what_cannot_be(api, stay, given, fields):
    assert faulty_fields(api.post(at(stay, "withdraw"), given)) == fields


@pytest.mark.parametrize(
    "name", ["correct-last-day", "never-attended", "entered-in-error", "undelete", "withdrawal-was-a-mistake"]
)
def test_every_action_asks_why(api, stay, name):
    given = {"last_day_attended": days_ago(3)} if name == "correct-last-day" else {}
    assert "reason" in faulty_fields(api.post(at(stay, name), given))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("correct-last-day", {"last_day_attended": days_ago(3)}),
        ("undelete", {}),
        ("withdrawal-was-a-mistake", {}),
    ],
)
def test_what_does_not_fit_the_state_is_a_conflict_with_the_present_picture(api, stay, name, given):
    body = conflict(api.post(at(stay, name), {**given, "reason": "As told."}), "not_possible")
    assert body["current"]["id"] == stay.pk


def test_an_old_version_is_a_conflict(api, stay):
    given = {"last_day_attended": days_ago(3), "reason": "Moved"}
    body = conflict(api.post(at(stay, "withdraw"), given, headers={"If-Match": '"1.19"'}), "conflict")
    assert body["current"]["version"] == "1.20"
    assert api.post(at(stay, "withdraw"), given, headers={"If-Match": '"1.20"'}).status_code == 200


def test_the_whole_round(api, stay):
    """Withdrawn, corrected, a mistake; never attended, undeleted; entered in error."""
    steps = [
        ("withdraw", {"last_day_attended": days_ago(3), "reason": "Moved"}, ("WithdrawalDate", False)),
        ("correct-last-day", {"last_day_attended": days_ago(5), "reason": "Register."}, ("WithdrawalDate", False)),
        ("withdrawal-was-a-mistake", {"reason": "Wrong student."}, ("CompletionDate", False)),
        ("never-attended", {"reason": "Never seen."}, ("CompletionDate", True)),
        ("undelete", {"reason": "Seen after all."}, ("CompletionDate", False)),
        ("entered-in-error", {"reason": "Duplicate."}, ("CompletionDate", True)),
    ]
    for name, given, expected in steps:
        answer = api.post(at(stay, name), given)
        assert answer.status_code == 200, (name, answer.content)
        item = answer.json()["enrolment"]
        assert (item["exit_date_type"], item["deleted"]) == expected


@pytest.mark.parametrize(
    ("present", "wanted", "action"),
    [
        ("CompletionDate", "WithdrawalDate", "withdraw"),
        ("WithdrawalDate", "CompletionDate", "withdrawal-was-a-mistake"),
    ],
)
def test_a_plain_edit_is_refused_and_names_the_action(api, house, present, wanted, action):
    one = factories.EnrolmentFactory(school=house.a, exit_date_type=present)
    body = conflict(api.patch(f"enrolments/{one.pk}/", {"exit_date_type": wanted}), "guided_action")
    assert body["action"] == action
    assert api.patch(f"enrolments/{one.pk}/", {"grade": "10"}).status_code == 200


def stays_address(student):
    return f"students/{student.asn}/enrolments/"


def given_stay(house, **more):
    year = house.enrolment.school_year
    return {
        "school": house.a.code, "school_year": str(year), "start_date": f"{year.ending}-02-01",
        "exit_date": f"{year.ending}-06-25", "grade": "09", **more,
    }  # fmt: skip


def test_a_return_is_a_new_enrolment(api, house, stay):
    api.post(at(stay, "withdraw"), {"last_day_attended": days_ago(3), "reason": "Moved"})
    answer = api.post(stays_address(stay.student), given_stay(house))
    assert answer.status_code == 201, answer.content
    made = answer.json()["enrolment"]
    assert made["id"] != stay.pk
    assert (made["programming_type"], made["programming_timeframe"]) == ("Regular", "Day")
    assert made["ref_id"] is None or made["ref_id"] != factories.link_of(stay).key
    assert Action.objects.get(pk=answer.json()["id"]).kind == "return"
    assert len(api.get(stays_address(stay.student)).json()["results"]) == 2


def test_the_new_stay_is_checked(api, house, stay):
    assert faulty_fields(api.post(stays_address(stay.student), {})) >= {
        "school",
        "school_year",
        "start_date",
        "exit_date",
        "grade",
    }
    within = given_stay(house, start_date=days_ago(10))
    assert faulty_fields(api.post(stays_address(stay.student), within)) == {"start_date"}
    assert faulty_fields(api.post(stays_address(stay.student), given_stay(house, school="7999"))) == {"school"}
    shown = api.post(stays_address(stay.student), given_stay(house, school=house.b.code, dry_run=True)).json()
    assert [row["what"] for row in shown["records"]] == ["create"]


def test_another_schools_student_is_not_there(house, stay):
    other = client_of(house.registrar_b)
    problem(other.post(stays_address(stay.student), given_stay(house)), 404)
    problem(other.post(at(stay, "withdraw"), {"last_day_attended": days_ago(3), "reason": "Moved"}), 404)


def test_a_transfer_writes_at_the_other_school_what_its_preview_lists(api, house, stay):
    side = factories.EnrolmentFactory(
        school=house.b, student=stay.student, start_date=stay.start_date, concurrent=True, school_year=stay.school_year
    )
    factories.link_and_copy(side, version=21)
    given = {"transfer_date": days_ago(4), "concurrent_enrolment": side.pk, "reason": "Moved"}
    shown = api.post(at(stay, "transfer-out"), {**given, "dry_run": True}).json()
    assert [(row["what"], row["school"]) for row in shown["records"]] == [
        ("change", "2001"), ("change", "2002"), ("create", "2002"),
    ]  # fmt: skip
    answer = api.post(at(stay, "transfer-out"), given)
    assert answer.status_code == 200, answer.content
    side.refresh_from_db()
    assert side.exit_date_type == "WithdrawalDate"
    made = SchoolEnrolment.objects.filter(student=stay.student, concurrent=False, exit_date_type="CompletionDate").get()
    assert made.school == house.b
    problem(api.get(f"enrolments/{made.pk}/"), 404)
    assert client_of(house.registrar_b).get(f"enrolments/{made.pk}/").status_code == 200


def test_a_later_transfer_is_planned(api, house, stay):
    side = factories.EnrolmentFactory(
        school=house.b, student=stay.student, start_date=stay.start_date, concurrent=True, school_year=stay.school_year
    )
    given = {"transfer_date": days_ago(-7), "concurrent_enrolment": side.pk, "reason": "Moved"}
    body = api.post(at(stay, "transfer-out"), given).json()
    assert (body["status"], body["due_on"]) == ("planned", days_ago(-7))
    assert body["enrolment"]["exit_date_type"] == "CompletionDate"
    assert not Submission.objects.exists()


def test_the_same_key_does_it_once(api, stay):
    given = {"last_day_attended": days_ago(3), "reason": "Moved"}
    first, second = (api.post(at(stay, "withdraw"), given, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.json() == second.json()
    assert (second["Idempotent-Replay"], Action.objects.count()) == ("true", 1)


def test_who_says_never_attended_hears_of_a_stored_mark(api, stay):
    sitting = factories.CourseEnrolmentFactory(enrolment=stay)
    factories.StoredGradeFactory(course_enrolment=sitting, mark="78")
    for name in ("never-attended", "entered-in-error"):
        told = api.post(at(stay, name), {"reason": "Never seen.", "dry_run": True}).json()
        (remark,) = told["remarks"]
        assert sitting.section.course.code in remark
        assert "The student has a stored mark in" in remark and "78" in remark


def test_a_student_has_one_planned_action_at_a_time(api, house, stay):
    stay.start_date = clock.today() - dt.timedelta(days=30)
    stay.exit_date = clock.today() + dt.timedelta(days=90)
    stay.save()
    side = factories.EnrolmentFactory(
        student=stay.student, school=house.b, concurrent=True, start_date=stay.start_date, exit_date=stay.exit_date
    )
    day = clock.today() + dt.timedelta(days=7)
    body = {"transfer_date": day.isoformat(), "reason": "Moved", "concurrent_enrolment": side.pk}
    first = api.post(at(stay, "transfer-out"), body)
    assert first.json()["status"] == "planned", first.content
    for dry_run in (True, False):
        refused = problem(api.post(at(stay, "transfer-out"), {**body, "dry_run": dry_run}), 409)
        assert refused["planned"] == {
            "id": first.json()["id"],
            "due_on": day.isoformat(),
            "actor": f"{house.registrar_a.name_for_others}, by Test",
        }
        assert day.isoformat() in refused["detail"] and house.registrar_a.name_for_others in refused["detail"]
    assert Action.objects.count() == 1
