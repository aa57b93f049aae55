import datetime as dt
import importlib

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from operations.actor import of_user
from operations.models import AuditEntry
from sis import selectors
from sis.models import DataEvent, Section, StoredGrade
from sis.rules.school_year import SchoolYear
from sis.services import events, grades, sections
from sis.services.grades import Mark
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)


@pytest.fixture
def actor():
    return of_user(factories.UserFactory())


@pytest.fixture
def term():
    return factories.TermFactory(calendar__school_year=YEAR)


@pytest.fixture
def sitting():
    return factories.CourseEnrolmentFactory(enrolment__school_year=YEAR)


def written():
    return AuditEntry.objects.count(), DataEvent.objects.count()


def test_a_new_section_takes_school_year_and_dates_from_its_term(actor, term):
    made = sections.create(actor, term, factories.CourseFactory(), {"number": "2", "teacher": "B. Strand"})
    assert (made.school, made.school_year) == (term.calendar.school, YEAR)
    assert (made.start_date, made.end_date) == (term.first_day, term.last_day)
    event = DataEvent.objects.get()
    assert (event.entity, event.subject_id, event.student) == (events.SECTION, made.pk, None)
    assert AuditEntry.objects.get().changes["number"] == [None, "2"]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"number": ""}, ["number"]),
        ({"number": "7"}, ["number"]),
        ({"number": "2", "end_date": dt.date(2026, 9, 1)}, ["end_date"]),
        ({"number": "2", "start_date": dt.date(2025, 9, 1)}, ["start_date"]),
        ({"number": "2", "minutes_offered": 2**31, "credits_offered": 2**15}, ["credits_offered", "minutes_offered"]),
    ],
)
def test_a_broken_rule_is_told_at_its_field_and_no_section_is_made(actor, term, given, fields):
    twin = factories.SectionFactory(school=term.calendar.school, school_year=YEAR, term=term, number="7")
    with pytest.raises(ValidationError) as refused:
        sections.create(actor, term, twin.course, given)
    assert sorted(refused.value.message_dict) == fields
    assert (written(), Section.objects.count()) == ((0, 0), 1)


def test_changing_a_section(actor, sitting):
    section = sitting.section
    changed = sections.change(actor, section.pk, {"teacher": "O. Frost", "number": section.number})
    assert (changed.teacher, changed.revision) == ("O. Frost", 2)
    assert AuditEntry.objects.get().changes == {"teacher": ["C. Whitlock", "O. Frost"]}
    assert sections.change(actor, section.pk, {"teacher": "O. Frost"}).revision == 2
    with pytest.raises(ValidationError, match="40125"):
        sections.change(actor, section.pk, {"deleted": True})
    with pytest.raises(ValidationError):
        sections.change(actor, section.pk, {"school": 4})
    assert written() == (1, 1)


def test_what_a_new_section_is_not_given_follows_from_its_term_and_course(actor, term):
    type(term).objects.filter(pk=term.pk).update(alternate_code="SU", is_summer=True)
    term.refresh_from_db()
    course = factories.CourseFactory(code="MAT3791", name="Mathematics 30-1", credits_offered=5)
    second = factories.CourseFactory(code="MAT3700")
    made = sections.create(actor, term, course, {"number": "2", "course_codes": "MAT3791, MAT3700"})
    assert (made.term_code, made.schedule, made.credits_offered) == ("SU", "SUM", 5)
    assert (made.local_section_id, made.description) == (str(made.pk), "MAT3791.2 - Mathematics 30-1")
    assert (made.course_codes, set(made.courses.all())) == ("MAT3700 MAT3791", {course, second})
    assert (made.course, made.language, made.delivery, made.minutes_offered) == (course, "EN", "REG", None)


@pytest.mark.parametrize("codes", ["MAT9999", "LAN0000 MAT9999"])
def test_a_section_has_only_courses_that_there_are(actor, term, codes):
    course = factories.CourseFactory(code="LAN0000")
    with pytest.raises(ValidationError) as refused:
        sections.create(actor, term, course, {"number": "2", "course_codes": codes})
    assert list(refused.value.message_dict) == ["course_codes"]
    assert not Section.objects.exists()


def test_the_courses_of_a_section_change_and_students_keep_their_own(actor, term):
    section = factories.SectionFactory(school=term.calendar.school, school_year=YEAR, term=term)
    own, other = section.course, factories.CourseFactory(code="MAT3791")
    sections.change(actor, section.pk, {"course_codes": f"MAT3791 {own.code}"})
    assert set(section.courses.all()) == {own, other}
    seat = factories.CourseEnrolmentFactory(section=section)
    with pytest.raises(ValidationError) as refused:
        sections.change(actor, section.pk, {"course_codes": "MAT3791"})
    assert list(refused.value.message_dict) == ["course_codes"]
    type(seat).objects.update(deleted=True)
    changed = sections.change(actor, section.pk, {"course_codes": "MAT3791"})
    assert (changed.course, list(changed.courses.all()), changed.revision) == (other, [other], 3)
    assert DataEvent.objects.latest("id").fields == ["course_codes"]


def test_two_sections_that_pasi_could_not_tell_apart(actor, term):
    first = factories.SectionFactory(school=term.calendar.school, school_year=YEAR, term=term)
    second = factories.SectionFactory(school=term.calendar.school, school_year=YEAR, term=term)
    same = {"local_section_id": first.local_section_id, "description": first.description}
    with pytest.raises(ValidationError, match="40104"):
        sections.change(actor, second.pk, same)
    assert sections.change(actor, second.pk, {**same, "delivery": "VTL"}).revision == 2
    taken = sections.change(actor, second.pk, {"delivery": first.delivery}, origin="pasi")  # as PASI holds it
    assert taken.delivery == first.delivery


def test_a_section_that_somebody_else_changed_is_left_alone(actor, sitting):
    section = sitting.section
    sections.change(actor, section.pk, {"teacher": "O. Frost"}, expected_revision=1)
    with pytest.raises(sections.StaleSection) as stale:
        sections.change(actor, section.pk, {"teacher": "B. Strand"}, expected_revision=1)
    assert stale.value.current.teacher == "O. Frost"


def test_the_sections_of_before_are_carried_over():
    carried = importlib.import_module("sis.migrations.0010_sections_carried_over")
    course = factories.CourseFactory(code="MAT3791", name="Mathematics  30-1", credits_offered=5)
    old = {
        "course": course, "course_codes": "", "schedule": "REG", "credits_offered": 0, "local_section_id": "",
        "description": "",
    }  # fmt: skip
    summer = factories.TermFactory(name="Summer", is_summer=True)
    made = [
        factories.SectionFactory(**old, number="1", language="English", delivery="Distance"),
        factories.SectionFactory(**old, number="2", language="French", delivery="Lanterns", term=summer),
    ]
    carried.carry_over(apps, None)
    for section in made:
        section.refresh_from_db()
    assert [(one.language, one.delivery, one.schedule) for one in made] == [
        ("EN", "DSL", "REG"),
        ("FR", "Lanterns", "SUM"),
    ]
    assert {(one.course_codes, one.credits_offered, one.local_section_id == str(one.pk)) for one in made} == {
        ("MAT3791", 5, True)
    }
    assert [one.description for one in made] == ["MAT3791.1 - Mathematics 30-1", "MAT3791.2 - Mathematics 30-1"]
    assert [list(one.courses.all()) for one in made] == [[course], [course]]
    carried.carry_over(apps, None)
    assert [one.taught.count() for one in made] == [1, 1]
    carried.put_back(apps, None)
    made[0].refresh_from_db()
    assert (made[0].language, made[0].delivery) == ("English", "Distance")


def test_a_mark_is_stored_under_the_code_of_its_term_and_overwritten(actor, sitting):
    first = grades.store(actor, sitting.pk, Mark("71", 5))
    assert (first.store_code, first.school, first.school_year) == ("Y1", sitting.section.school, YEAR)
    assert (first.term, first.course) == (sitting.section.term, sitting.section.course)
    again = grades.store(actor, sitting.pk, Mark("74", 5), reason="Marked again")
    assert (again.pk, again.mark, again.revision) == (first.pk, "74", 2)
    assert [entry.changes.get("mark") for entry in AuditEntry.objects.order_by("id")] == [[None, "71"], ["71", "74"]]
    before = written()
    assert grades.store(actor, sitting.pk, Mark("74", 5)).revision == 2
    assert written() == before == (2, 2)
    assert DataEvent.objects.latest("id").entity == events.STORED_GRADE
    other = grades.store(actor, sitting.pk, Mark("68", 0), store_code="Q1")
    assert other.pk != first.pk


def test_a_mark_earned_elsewhere(actor, sitting):
    course, school = factories.CourseFactory(), sitting.section.school
    stored = [
        grades.store_elsewhere(actor, sitting.student, course, school, YEAR, code, Mark("83", 5))
        for code in ("Y1", "Y1", "OLD")
    ]
    assert stored[0] == stored[1] != stored[2]
    assert (stored[0].term, stored[2].term) == (sitting.section.term, None)
    assert stored[0].course_enrolment is None


@pytest.mark.parametrize(
    ("mark", "code", "fields"),
    [
        (Mark("", 5), "", ["mark"]),
        (Mark("x" * 11, 5), "", ["mark"]),
        (Mark("71", -1), "", ["credits"]),
        (Mark(" ", 100), "", ["credits", "mark"]),
    ],
)
def test_an_unsound_mark_is_refused(actor, sitting, mark, code, fields):
    with pytest.raises(ValidationError) as refused:
        grades.store(actor, sitting.pk, mark, store_code=code)
    assert sorted(refused.value.message_dict) == fields
    assert not StoredGrade.objects.exists()


def test_a_term_without_a_store_code_stores_nothing(actor, sitting):
    type(sitting.section.term).objects.update(store_code="")
    with pytest.raises(ValidationError) as refused:
        grades.store(actor, sitting.pk, Mark("71", 5))
    assert list(refused.value.message_dict) == ["store_code"]


def test_the_database_keeps_one_mark_a_course_enrolment_and_code(sitting):
    factories.StoredGradeFactory(course_enrolment=sitting)
    with pytest.raises(DatabaseError), transaction.atomic():
        factories.StoredGradeFactory(course_enrolment=sitting)


def test_terms_of_two_schools_are_compared_as_they_stand(term):
    other = factories.TermFactory(calendar__school_year=YEAR)
    home, there = term.calendar.school, other.calendar.school
    assert selectors.term_mismatches(home, there, YEAR) == []
    type(other).objects.filter(pk=other.pk).update(store_code="F1")
    assert [one.what for one in selectors.term_mismatches(home, there, YEAR)] == ["store_code"]
    assert [one.what for one in selectors.term_mismatches(home, there, YEAR + 1)] == ["no_calendar"]
    assert selectors.term_remarks(home, there, YEAR) == [
        "Full year: the Final Mark Store Code is Y1 at one school and F1 at the other."
    ]


def test_what_a_challenge_lacks_at_the_school_where_it_is_taken(actor, sitting):
    course, school = sitting.section.course, sitting.section.school

    def lacks(at=school, code=course.code):
        return selectors.challenge_lacks(sitting.student, at, YEAR, code)

    assert lacks(code="XYZ1000") == ["course", "section", "course_enrolment", "mark"]
    assert lacks(at=factories.SchoolFactory()) == ["section", "course_enrolment", "mark"]
    assert lacks() == ["mark"]
    grades.store(actor, sitting.pk, Mark("90", 5))
    assert lacks() == []
