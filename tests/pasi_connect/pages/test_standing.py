"""A student's page: where each enrolment stands with PASI, why, and what comes next; "send now" for those who may."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from operations import clock
from operations.actor import of_user
from operations.models import Job
from pasi_connect.models import ActionRecord, LinkState, Submission
from pasi_connect.services.decisions import entries
from sis.models import School
from tests.factories import EnrolmentFactory, StudentFactory, changed_in_pasi, link_and_copy, submission
from tests.factories.students import this_year
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(here, as_person):
    """`panel(student)`: the text of the panel on the student's page, as the district officer sees it."""

    def text(student, user=None):
        page = as_person(user or here.district).get(f"/students/{student.pk}/").content.decode()
        start = page.index('aria-labelledby="h-pasi"')
        return page[start : page.index("</section>", start)]

    return text


def test_all_in_step_is_one_quiet_line(here, panel, enrolment):
    text = panel(enrolment.student)
    assert "In step with PASI" in text
    assert "1 enrolment in step or not compared" in text
    assert "Both sides match." in text


def test_an_open_change_names_its_fields_and_leads_to_it(panel, enrolment, item):
    text = panel(enrolment.student)
    assert "Why this is not in PASI" in text
    assert "nobody has decided yet" in text
    assert "Grade" in text
    assert f"/changes/{item.pk}/" in text


@pytest.mark.parametrize(
    ("status", "more", "words"),
    [
        ("held", {"reason": "no_asn"}, "The student has no ASN yet."),
        ("rejected", {"rejections": [{"code": "10016", "message": "x"}]}, "(10016)"),
        ("needs_review", {"reason": "changed_in_pasi"}, "The record changed in PASI after you saw it"),
        ("in_flight", {}, "Being sent."),
    ],
)
def test_a_submission_says_why_and_what_next(panel, enrolment, status, more, words):
    made = submission(enrolment, status, **more)
    text = panel(enrolment.student)
    assert words in text
    assert f"/submissions/{made.pk}/" in text
    assert ("Send now" in text) is (status != "in_flight")


@pytest.mark.parametrize(
    ("situation", "words"),
    [
        ("plain", "PASI has no record of this enrolment, and no submission is on its way."),
        ("no asn", "The student has no ASN yet."),
        ("inactive", "Enrolment synchronization of this school is inactive."),
        ("ahead", "PASI accepts this school year from 1 January"),
        ("old", "This school year is not synchronized"),
        ("deleted", "It was deleted before it reached PASI."),
    ],
)
def test_a_record_that_was_never_sent_says_why(here, panel, situation, words):
    year = {"ahead": this_year() + 2, "old": this_year() - 1}.get(situation, this_year())
    student = StudentFactory(asn=None) if situation == "no asn" else StudentFactory()
    EnrolmentFactory(student=student, school=here.school, school_year=year, deleted=situation == "deleted")
    if situation == "inactive":
        School.objects.filter(pk=here.school.pk).update(enrolment_sync="inactive")
    assert words in panel(student)


def test_a_planned_action_and_its_day_are_told(here, panel, enrolment):
    record = ActionRecord(entity="school_enrolment", subject_id=enrolment.pk, school_code=here.school.code)
    day = clock.today() + dt.timedelta(days=9)
    entries.record(of_user(here.registrar), "transfer_out", [record], status="planned", due_on=day)
    text = squeezed(panel(enrolment.student))
    assert "Transfer out</a>, planned for" in text
    assert day.isoformat() in text


def test_what_pasi_will_say_is_told_with_the_day_on_which_it_clears(here, panel):
    born = dt.date(this_year().ending - 7, 1, 5)
    stay = EnrolmentFactory(school=here.school, student=StudentFactory(birth_date=born), grade="08")
    link_and_copy(stay)
    text = panel(stay.student)
    assert "PASI will warn:" in text
    assert "Resolved automatically on" in text
    assert (this_year() + 1).first_day.isoformat() in text


def test_only_the_persons_schools_are_told_and_only_who_may_sends(here, panel, enrolment):
    elsewhere = EnrolmentFactory(school=here.other, student=enrolment.student)
    changed = changed_in_pasi(enrolment, grade="10")
    text = panel(enrolment.student, here.registrar)
    assert elsewhere.school.name not in text
    assert f"/changes/{changed.pk}/" in text
    assert "Send now" not in text
    assert elsewhere.school.name in panel(enrolment.student)


def test_it_asks_as_often_for_many_enrolments_as_for_two(here, as_person):
    client, student = as_person(here.district), StudentFactory()

    def add():
        stay = EnrolmentFactory(student=student, school=here.school)
        link_and_copy(stay)
        changed_in_pasi(stay, grade="10")
        submission(stay, "rejected", reason="10016")

    def count_queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/students/{student.pk}/").status_code == 200
        return len(seen)

    add()
    add()
    count_queries()
    two = count_queries()
    for _ in range(5):
        add()
    assert count_queries() == two


def test_the_button_tells_what_came_of_it(here, as_person, enrolment):
    submission(enrolment, "needs_review", reason="changed_in_pasi")
    page = as_person(here.district).post(f"/enrolments/{enrolment.pk}/send/", follow=True).content.decode()
    assert "The submission needs attention before it can be sent." in page
    assert Submission.objects.get().status == "needs_review"


def test_a_school_is_sent_from_its_page(here, as_person, enrolment):
    client = as_person(here.district)
    assert "Reads 1 record of the synchronized years" in client.get(f"/schools/{here.school.code}/").content.decode()
    assert client.post(f"/schools/{here.school.code}/send/").status_code == 302
    assert Job.objects.get().inputs == {"school": here.school.code, "entity": "school_enrolment"}
    assert "Read and send now" not in as_person(here.registrar).get(f"/schools/{here.school.code}/").content.decode()
    School.objects.update(enrolment_sync="inactive")
    page = client.post(f"/schools/{here.school.code}/send/", follow=True).content.decode()
    assert "Make it active first." in page
    assert Job.objects.count() == 1


# The panel follows by itself -------------------------------------------------------------------------------------


def asking(page):
    """(seconds, address) with which the panel asks for itself; None when it does not."""
    found = re.search(r'id="student-pasi"[^>]*data-poll="(\d+)"[^>]*hx-get="([^"]*)"', page)
    return (int(found[1]), found[2]) if found else None


def test_the_panel_asks_again_until_all_is_in_step(here, as_person, enrolment):
    client = as_person(here.registrar)
    made = submission(enrolment, "waiting")
    seconds, address = asking(client.get(f"/students/{enrolment.student.pk}/").content.decode())
    assert seconds == 2
    assert client.get(address).status_code == 204  # nothing new: nothing is drawn again
    Submission.objects.filter(pk=made.pk).update(status="rejected", rejections=[{"code": "10016", "message": "x"}])
    answer = client.get(address).content.decode()
    assert "(10016)" in answer
    seconds, address = asking(answer)
    assert seconds == 10
    Submission.objects.filter(pk=made.pk).update(status="accepted", rejections=[])
    answer = client.get(address).content.decode()
    assert "In step with PASI" in answer
    assert asking(answer) is None


@pytest.mark.parametrize("state", ["down", "not_authorized"])
def test_it_names_since_when_pasi_has_been_away(panel, enrolment, state):
    submission(enrolment, "waiting")
    since = clock.now().replace(microsecond=0)
    LinkState.objects.update(state=state, since=since)
    assert f"PASI has been unavailable since {localtime(since):%H:%M}." in panel(enrolment.student)
    LinkState.objects.update(state="up")
    assert "PASI has been unavailable" not in panel(enrolment.student)


def test_of_a_foreign_student_there_is_no_panel(here, as_person, enrolment):
    assert as_person(here.stranger).get(f"/students/{enrolment.student.pk}/pasi/").status_code == 404
