"""What hardly anybody does in an hour is told, once, to those who run the product."""

import datetime as dt

import pytest
from axes.models import AccessFailureLog

from operations import clock, offers, unusual
from operations.models import Notice, ReadEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(settings):
    settings.ALARM_FAILED_SIGN_INS, settings.ALARM_STUDENTS, settings.ALARM_FILES = 3, 3, 2


def fail(number, ip="10.0.0.1", name="rhea"):
    for one in range(number):
        AccessFailureLog.objects.create(username=f"{name}{one}" if name == "any" else name, ip_address=ip)


def read(user, number, **more):
    now = clock.now()
    for one in range(number):
        values = {"kind": "opened", "place": "sis:student", "student_id": one + 1, **more}
        ReadEntry.objects.create(user=user, at=now, hour=now, filter_digest=str(one), **values)


def notices():
    unusual.look()
    unusual.look()
    return sorted((row.values["what"], row.values["who"], row.values["number"]) for row in Notice.objects.all())


def test_wrong_passwords_of_an_address_and_of_a_name():
    fail(3, name="any")
    fail(2, ip="10.0.0.2")
    fail(1, ip="10.0.0.3")
    assert notices() == [("failures of a name", "rhea", 3), ("failures of an address", "10.0.0.1", 3)]
    assert all(row.school_code == "" and row.person_id is None for row in Notice.objects.all())


def test_very_many_students_and_files_of_one_person():
    curious, usual = UserFactory(username="curious"), UserFactory(username="usual")
    read(curious, 3)
    read(usual, 2)
    read(curious, 2, kind="exported", place="sis:student-export", student_id=None)
    read(usual, 1, kind="exported", place="sis:student-export", student_id=None)
    assert notices() == [("files", "curious", 2), ("students", "curious", 3)]


def test_programs_and_what_is_long_ago_are_not_counted():
    user = UserFactory()
    read(user, 3, program="Bus planner")
    read(user, 3)
    ReadEntry.objects.filter(program="").update(at=clock.now() - dt.timedelta(minutes=61))
    fail(3)
    AccessFailureLog.objects.update(attempt_time=clock.now() - dt.timedelta(minutes=61))
    assert notices() == []


def test_zero_switches_it_off(settings):
    settings.ALARM_FAILED_SIGN_INS = settings.ALARM_STUDENTS = settings.ALARM_FILES = 0
    fail(9)
    read(UserFactory(), 9)
    assert notices() == []


@pytest.mark.parametrize("what", ["failures of an address", "failures of a name", "students", "files"])
def test_each_has_a_sentence(what):
    text = offers.notice_text(unusual.KIND, {"what": what, "who": "rhea", "number": 50})
    assert "rhea" in text
    assert "50" in text


def test_the_tick_looks():
    assert offers.chores["unusual"] is unusual.sweep
