"""An entry for whoever reads: once an hour, after the answer, never in the way of it."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations import clock, reading
from operations.models import ReadEntry
from tests import factories

NOON = dt.datetime(2026, 11, 30, 19, 10, tzinfo=dt.UTC)
DAY = "2026-11-30"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(on_a_fixed_day):
    with clock.moved_to(NOON):
        yield


@pytest.fixture
def school(db):
    return factories.SchoolFactory(code="2001")


@pytest.fixture
def stay(school):
    return factories.EnrolmentFactory(school=school)


@pytest.fixture
def person(school):
    return factories.UserFactory(role="Registrar", schools=[school])


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def left(**filters):
    return list(ReadEntry.objects.filter(**filters).order_by("id").values_list("kind", "place", "student_id", "filter"))


def test_a_student_is_one_entry_a_person_and_hour(stay, person):
    client, page = signed_in(person), f"/students/{stay.student_id}/"
    for _ in range(3):
        assert client.get(page).status_code == 200
    client.get(f"/enrolments/{stay.pk}/edit/")
    reading.RECORDER = reading.Recorder()  # another process of the product
    client.get(page)
    assert left() == [("opened", "sis:student", stay.student_id, f"pk={stay.student_id}")]
    with clock.moved_to(NOON + dt.timedelta(minutes=49)):
        client.get(page)
    assert ReadEntry.objects.count() == 1
    with clock.moved_to(NOON + dt.timedelta(minutes=51)):
        client.get(page)
    assert ReadEntry.objects.count() == 2
    other = factories.UserFactory(role="Registrar", schools=[stay.school])
    signed_in(other).get(page)
    assert ReadEntry.objects.filter(user=other).count() == 1


def test_a_program_reads_beside_its_person(stay, person):
    signed_in(person).get(f"/students/{stay.student_id}/")
    token = factories.token_of(person, "Bus planner")
    api = Client(headers={"Authorization": f"Bearer {token}"})
    assert api.get(f"/api/v1/students/{stay.student_id}/").status_code == 200
    assert list(ReadEntry.objects.order_by("id").values_list("user", "program", "student_id")) == [
        (person.pk, "", stay.student_id), (person.pk, "Bus planner", stay.student_id),
    ]  # fmt: skip


def test_a_list_is_one_entry_with_its_filter_whatever_pages_are_turned(stay, person):
    client = signed_in(person)
    for query in (
        "?grade=&school_year=2026-2027",
        "?school_year=2026-2027&after=1",
        "?school_year=2026-2027&before=7",
        "?grade=09",
    ):
        client.get(f"/students/{query}")
    client.get("/students/export/csv/?grade=09").getvalue()
    assert left() == [
        ("listed", "sis:student-list", None, "school_year=2026-2027"),
        ("listed", "sis:student-list", None, "grade=09"),
        ("exported", "sis:student-export", None, "form=csv, grade=09"),
    ]


def test_a_search_keeps_its_words_here_and_in_no_log(stay, person, caplog):
    caplog.set_level("DEBUG")
    client = signed_in(person)
    client.get("/students/find/")
    client.post("/students/find/", {"q": "Quillfeather  Odd\0"})
    assert left() == [("searched", "sis:student-find", None, "q=Quillfeather Odd")]
    client.post("/students/find/", {"q": "Quillfeather"})
    assert left()[-1] == ("searched", "sis:student-find", None, "q=Quillfeather")
    assert "Quillfeather" not in caplog.text


def test_what_was_not_shown_leaves_nothing(stay, person):
    elsewhere = factories.EnrolmentFactory(school=factories.SchoolFactory(code="2002"))
    client = signed_in(person)
    assert client.get(f"/students/{elsewhere.student_id}/").status_code == 404
    assert client.post(f"/enrolments/{stay.pk}/send/").status_code == 403
    assert Client().get(f"/students/{stay.student_id}/").status_code == 302
    assert client.get("/profile/").status_code == 200
    assert not left()


def test_it_costs_one_statement_the_first_time_and_then_none(stay, person):
    client, page = signed_in(person), f"/enrolments/{stay.pk}/edit/"

    def statements():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return [query["sql"] for query in queries if "readentry" in query["sql"]]

    assert [sql.split()[0] for sql in statements()] == ["INSERT"]
    assert statements() == []


def test_one_thread_writes_and_the_others_go(stay, person):
    with reading.RECORDER.writing:  # somebody is at it
        done = threading.Event()
        client = signed_in(person)
        assert client.get(f"/students/{stay.student_id}/").status_code == 200
        done.set()
    assert not left()
    signed_in(person).get("/profile/")  # whoever comes next takes them along
    assert [row[1] for row in left()] == ["sis:student"]


def refuse_writes(yes):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION READ {'ONLY' if yes else 'WRITE'}")
        else:
            cursor.execute(f"PRAGMA query_only = {int(yes)}")


@pytest.mark.django_db(transaction=True)
def test_reading_goes_on_where_nothing_can_be_written_and_is_entered_later(stay, person, monkeypatch, caplog):
    client = signed_in(person)
    refuse_writes(True)
    try:
        assert client.get(f"/students/{stay.student_id}/").status_code == 200
        monkeypatch.setattr(reading, "MOST_WAITING", 2)
        for grade in ("01", "02", "03"):
            assert client.get(f"/students/?grade={grade}").status_code == 200
    finally:
        refuse_writes(False)
    assert not left()
    assert "Access entries cannot be written" in caplog.text
    client.get("/profile/")
    assert not left()  # it waits before it tries again
    reading.RECORDER.again_at = 0.0
    client.get("/profile/")
    assert [row[1:] for row in left()] == [
        ("sis:student", stay.student_id, f"pk={stay.student_id}"), ("sis:student-list", None, "grade=01"),
    ]  # fmt: skip
    assert "2 access entries were lost" in caplog.text
    assert "grade" not in caplog.text


def test_an_entry_that_cannot_be_stored_keeps_no_other(stay, person, caplog):
    client = signed_in(person)
    with reading.RECORDER.writing:
        client.get("/students/?grade=01")
        entry, at, ip = reading.RECORDER.waiting[0]
        nobody = reading.Entry(entry.hour, entry.user_id, entry.program, "no such address", "", ())
        reading.RECORDER.waiting.appendleft((nobody, at, ip))
    client.get("/profile/")
    assert [row[3] for row in left()] == ["grade=01"]
    assert "An access entry was lost" in caplog.text
