"""Sections the whole way round, against the simulator: made here, changed on either side, decided, undone, deleted, held."""

import datetime as dt

import pytest

from operations.actor import of_user
from pasi_connect import entities
from pasi_connect.models import Discrepancy, Link, SectionCopy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions, states
from pasi_connect.services.queue import collecting, forcing, reviews, submissions
from sis.models import Section
from sis.models.organization import State
from sis.services import organizations, sections
from tests import factories
from tests.pasi_connect.world import SCHOOL_CODES, YEAR

SECTION = entities.SECTION
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def term(world):
    School = type(world.school)
    School.objects.update(course_marks_integration=State.ACTIVE)
    calendar = factories.CalendarFactory(school=world.school, school_year=YEAR)
    return factories.TermFactory(calendar=calendar, name="Semester 1", alternate_code="S1", store_code="S1")


@pytest.fixture
def section(world, term):
    """Made here and sent: both sides hold it."""
    course = factories.CourseFactory(code="MAT3791", name="Mathematics 30-1")
    made = sections.create(world.actor, term, course, {"number": "1", "minutes_offered": 7500})
    assert sent(world, made).status == Status.ACCEPTED
    return made


def sent(world, section):
    """Takes up what changed, and sends it."""
    collecting.collect(SECTION.kind, section.pk)
    submission = Submission.objects.filter(entity=SECTION.kind, subject_id=section.pk).latest("pk")
    return world.send(submission)


def link(section):
    return SECTION.links.get(subject_id=section.pk)


def theirs(world, section):
    return world.pasi.get(f"/control/records/Section/{link(section).key}/")


def changed_there(world, section, **members):
    world.pasi.change_other("Section", link(section).key, **members)
    world.pull()
    return Discrepancy.objects.get(entity=SECTION.kind, key=link(section).key, status="open")


def test_a_new_section_is_in_pasi_as_it_stands_here(world, section):
    record = theirs(world, section)
    assert record["CourseCodes"] == ["MAT3791"]
    assert (record["SchoolCode"], record["SchoolYear"]) == (world.school.code, YEAR.ending)
    assert (record["SectionTerm"], record["DeliverySchedule"], record["InstructionalLanguage"]) == ("S1", "REG", "EN")
    assert (record["CreditsOffered"], record["InstructionalMinutesOffered"]) == (5, 7500)
    assert record["LocalSectionId"] == section.local_section_id
    world.pull()
    assert states.state_of(section).state == states.IN_STEP
    assert not Discrepancy.objects.exists()
    assert SectionCopy.objects.get().course_codes == "MAT3791"


def test_a_lane_of_its_own_and_no_student(world, section):
    submission = Submission.objects.get()
    assert submission.lane == f"section:{section.pk}"
    assert (submission.school_code, submission.key) == (world.school.code, link(section).key)


def test_the_api_tells_of_a_difference_in_the_form_of_the_resource(world, section, client):
    factories.CourseFactory(code="MAT3792", name="Mathematics 30-2")
    item = changed_there(world, section, CourseCodes=["MAT3791", "MAT3792"])
    client.force_login(factories.UserFactory(role="District officer"))
    told = client.get(f"/api/v1/discrepancies/{item.pk}/").json()
    (field,) = told["fields"]
    assert (field["name"], field["sis"], field["pasi"]) == ("course_codes", ["MAT3791"], ["MAT3791", "MAT3792"])
    assert client.get(f"/api/v1/sections/{told['subject_id']}/").json()["course_codes"] == field["sis"]


def test_a_change_here_replaces_the_record_there(world, section):
    factories.CourseFactory(code="MAT3792")
    sections.change(world.actor, section.pk, {"course_codes": "MAT3791 MAT3792", "minutes_offered": None})
    assert sent(world, section).status == Status.ACCEPTED
    record = theirs(world, section)
    assert record["CourseCodes"] == ["MAT3791", "MAT3792"]
    assert record.get("InstructionalMinutesOffered") is None


def test_what_pasi_does_not_hold_is_not_sent(world, section):
    sections.change(world.actor, section.pk, {"teacher": "A. Varga"})
    collecting.collect(SECTION.kind, section.pk)
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("accept", [True, False])
def test_a_change_in_pasi_is_decided(world, section, accept):
    item = changed_there(world, section, InstructionalMinutesOffered=6000)
    assert (item.kind, item.asn, item.school_code) == ("changed_in_pasi", "", world.school.code)
    assert [row["name"] for row in item.fields] == ["minutes_offered"]
    if accept:
        decision = decisions.accept(world.actor, item.pk)
        section.refresh_from_db()
        assert section.minutes_offered == 6000
        decisions.undo(world.actor, decision.pk)
        section.refresh_from_db()
        assert section.minutes_offered == 7500
        assert Discrepancy.objects.get(pk=item.pk).is_open
    else:
        decisions.reject(world.actor, item.pk, reason="The timetable says so.")
        assert sent(world, section).status == Status.ACCEPTED
        assert theirs(world, section)["InstructionalMinutesOffered"] == 7500
        assert not Discrepancy.objects.get(pk=item.pk).is_open


def test_changed_on_both_sides(world, section):
    sections.change(world.actor, section.pk, {"minutes_offered": 7000})
    item = changed_there(world, section, InstructionalMinutesOffered=6000)
    assert item.kind == "changed_on_both"
    collecting.collect(SECTION.kind, section.pk)
    assert Submission.objects.latest("pk").reason == "undecided"
    decisions.accept(world.actor, item.pk)
    section.refresh_from_db()
    assert section.minutes_offered == 6000


def test_created_in_pasi_is_entered_in_the_term_of_its_code(world, section):
    factories.CourseFactory(code="SST3771", name="Social Studies 30-1")
    like = {**theirs(world, section), "RefId": "7d1d7a0e-3c52-4b54-9a3b-0a8f8b7c1d11", "CourseCodes": ["SST3771"]}
    like |= {"LocalSectionId": "77", "Description": "SST3771.4 - Social Studies 30-1"}
    world.pasi.load(
        Section=[{name: value for name, value in like.items() if name not in ("EffectiveUtc", "LastUpdate")}]
    )
    world.pull()
    item = Discrepancy.objects.get(status="open")
    assert item.kind == "created_in_pasi"
    decision = decisions.accept(world.actor, item.pk)
    made = Section.objects.exclude(pk=section.pk).get()
    assert (made.course.code, made.term, made.local_section_id) == ("SST3771", section.term, "77")
    assert states.state_of(made).state == states.IN_STEP
    decisions.undo(world.actor, decision.pk)
    assert Section.objects.get(pk=made.pk).deleted
    assert not Link.objects.filter(entity=SECTION.kind, subject_id=made.pk).exists()


def test_deleted_here_and_deleted_there(world, section):
    sections.change(world.actor, section.pk, {"deleted": True})
    assert sent(world, section).status == Status.ACCEPTED
    assert theirs(world, section)["IsDeleted"]
    item = changed_there(world, section, IsDeleted=False)
    assert item.kind == "restored_in_pasi"


def test_a_rejection_keeps_pasis_words(world, section):
    world.pasi.load(
        Section=[
            {**_plain(theirs(world, section)), "RefId": "7d1d7a0e-3c52-4b54-9a3b-0a8f8b7c1d12", "LocalSectionId": "99"}
        ]
    )
    Section.objects.filter(pk=section.pk).update(local_section_id="98")
    sections.change(world.actor, section.pk, {"local_section_id": "99"})
    submission = sent(world, section)
    assert (submission.status, submission.reason) == (Status.REJECTED, "40104")
    reviews.take_pasi(world.actor, submission.pk)
    section.refresh_from_db()
    assert section.local_section_id != "99"


def _plain(record):
    return {name: value for name, value in record.items() if name not in ("EffectiveUtc", "LastUpdate")}


def test_the_course_marks_integration_status_holds_and_stops_comparing(world, section):
    organizations.set_state(world.actor, world.school.pk, "course_marks_integration", State.INACTIVE)
    sections.change(world.actor, section.pk, {"minutes_offered": 7000})
    collecting.collect(SECTION.kind, section.pk)
    held = Submission.objects.latest("pk")
    assert (held.status, held.reason) == (Status.HELD, "course_marks_inactive")
    world.pasi.change_other("Section", link(section).key, Description="Other words")
    world.pull()
    assert SectionCopy.objects.get().description == "Other words", "stored"
    assert not Discrepancy.objects.filter(status="open").exists(), "not compared"
    organizations.set_state(world.actor, world.school.pk, "course_marks_integration", State.ACTIVE)
    assert Submission.objects.latest("pk").status == Status.HELD, "until the tick looks again"
    assert submissions.release_held() == 1


def test_enrolments_obey_their_own_switch(world, section):
    enrolment = world.in_step()
    organizations.set_state(world.actor, world.school.pk, "course_marks_integration", State.INACTIVE)
    assert world.sync(enrolment, grade="09" if enrolment.grade != "09" else "08").status == Status.ACCEPTED


def test_an_answer_that_was_lost_is_read_back(world, section):
    sections.change(world.actor, section.pk, {"minutes_offered": 7000})
    world.pasi.knobs(answer_dropped=1)
    submission = sent(world, section)
    assert (submission.status, submission.reason) == (Status.ACCEPTED, "read_back")
    assert theirs(world, section)["InstructionalMinutesOffered"] == 7000


def test_a_school_is_sent_at_once(world, section):
    officer = factories.UserFactory(role="District officer")

    job = forcing.start(of_user(officer), world.school, SECTION)
    assert job.inputs == {"school": SCHOOL_CODES[0], "entity": "section"}
    assert forcing.records(SECTION, world.school.code).count() == 1


def test_days_are_compared_as_days(world, section):
    item = changed_there(world, section, EndDate="2027-01-28")
    [row] = item.fields
    assert (row["name"], row["pasi"]) == ("end_date", "2027-01-28")
    decisions.accept(world.actor, item.pk)
    section.refresh_from_db()
    assert section.end_date == dt.date(2027, 1, 28)
