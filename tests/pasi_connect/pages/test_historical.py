"""The page that reads PASI's record of a year that is not synchronized, and the ways to it."""

import datetime as dt

import pytest
from django.test import Client

from pasi_connect.models import LinkState, Submission
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import submissions
from sis.rules.school_year import SchoolYear
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

OLD = SchoolYear(2022)
DATES = {"start_date": dt.date(2021, 9, 1), "exit_date": dt.date(2022, 6, 27)}


@pytest.fixture
def old(world):
    """PASI holds grade 07 where we hold 08; a change of ours is held."""
    assert reference.refresh()
    enrolment = world.here(year=OLD, **DATES)
    link = submissions.link_of(enrolment)
    world.pasi.load(StudentSchoolEnrolment=[{**world.document(enrolment, link.key), "Grade": "07"}])
    world.queue(enrolment, exit_date=dt.date(2022, 5, 13))
    return enrolment


@pytest.fixture
def registrar(world):
    client = Client()
    client.force_login(world.user)
    return client


def text(answer) -> str:
    return answer.content.decode()


def test_the_ways_to_the_page(registrar, old):
    address = f"/enrolments/{old.pk}/live/"
    submission = Submission.objects.get()
    held = text(registrar.get(f"/submissions/{submission.pk}/"))
    assert "This school year is not synchronized" in held
    assert address in held
    assert text(registrar.get(f"/students/{old.student_id}/")).count(address) == 2  # the table, and why it is not sent
    assert address in text(registrar.get(f"/enrolments/{old.pk}/edit/"))


def test_nothing_can_be_decided_before_it_was_read(registrar, old):
    page = registrar.get(f"/enrolments/{old.pk}/live/")
    assert page.status_code == 200
    assert "PASI does not send its changes" in text(page)
    assert "/live/send/" not in text(page)
    refused = registrar.post(f"/enrolments/{old.pk}/live/send/", {"seen": ""})
    assert refused.status_code == 409
    assert "Read PASI" in text(refused)


def test_read_compare_send(world, registrar, old):
    read = registrar.post(f"/enrolments/{old.pk}/live/")
    assert {row["name"]: (row["sis"], row["pasi"]) for row in read.context["rows"]} == {
        "grade": ("08", "07"),
        "exit_date": ("2022-05-13", "2022-06-27"),
    }
    seen = read.context["form"].initial["seen"]
    assert seen == world.copy(old).core_version
    sent = registrar.post(f"/enrolments/{old.pk}/live/send/", {"seen": seen}, follow=True)
    assert "The SIS values are on their way to PASI." in text(sent)
    assert world.send(Submission.objects.get()).status == "accepted"
    assert "Compared with PASI, SIS values sent by" in text(registrar.get(f"/enrolments/{old.pk}/live/"))


def test_take(world, registrar, old):
    seen = registrar.post(f"/enrolments/{old.pk}/live/").context["form"].initial["seen"]
    taken = registrar.post(f"/enrolments/{old.pk}/live/take/", {"seen": seen, "reason": "As told."}, follow=True)
    assert "Nothing is sent." in text(taken)
    old.refresh_from_db()
    assert old.grade == "07"


def test_a_record_that_moved_is_shown_anew(world, registrar, old):
    seen = registrar.post(f"/enrolments/{old.pk}/live/").context["form"].initial["seen"]
    world.change_in_pasi(old, Grade="06")
    for way in ("send", "take"):
        moved = registrar.post(f"/enrolments/{old.pk}/live/{way}/", {"seen": seen, "reason": "Kept <text>."})
        assert moved.status_code == 409
        assert "has changed since you saw it" in text(moved)
        assert moved.context["form"].initial["seen"] > seen
        assert "Kept &lt;text&gt;." in text(moved)
        assert next(row for row in moved.context["rows"] if row["name"] == "grade")["pasi"] == "06"


def test_without_pasi_the_page_says_so(registrar, old):
    LinkState.objects.update(state="down")
    away = registrar.post(f"/enrolments/{old.pk}/live/")
    assert away.status_code == 503
    assert "PASI is unavailable or refusing our connection" in text(away)


def test_a_year_beyond_what_pasi_takes_can_only_be_taken_from_there(world, registrar):
    assert reference.refresh()
    enrolment = world.here(year=SchoolYear(2015), start_date=dt.date(2014, 9, 2), exit_date=dt.date(2015, 6, 26))
    link = submissions.link_of(enrolment)
    world.pasi.load(StudentSchoolEnrolment=[{**world.document(enrolment, link.key), "Grade": "07"}])
    read = registrar.post(f"/enrolments/{enrolment.pk}/live/")
    assert (read.context["can_send"], read.context["can_take"]) == (False, True)
    assert "no longer" in text(read)


def test_a_record_without_a_refid_yet(world, registrar):
    assert reference.refresh()
    enrolment = world.here(year=OLD, **DATES)
    page = registrar.get(f"/enrolments/{enrolment.pk}/live/")
    assert page.status_code == 200
    read = registrar.post(f"/enrolments/{enrolment.pk}/live/")
    assert "PASI does not have this record" in text(read)
    assert "Create it in PASI" in text(read)


def test_who_may(world, registrar, old):
    address = f"/enrolments/{old.pk}/live/"
    for role, schools, seen, acts in (
        ("Registrar", [world.other], 404, 404),
        ("Administrator", [], 200, 403),
        ("District officer", [], 200, 200),
    ):
        client = Client()
        client.force_login(UserFactory(role=role, schools=schools))
        assert client.get(address).status_code == seen
        assert client.post(address).status_code == acts
