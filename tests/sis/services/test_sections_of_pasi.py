"""The doors through which PASI's values come to sections, one and many, and what an undo would run into."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry
from sis.models import DataEvent, Section
from sis.models.event import Origin
from sis.rules.school_year import SchoolYear
from sis.services import sections
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)
THEIRS = {
    "course_codes": "MAT3791 SST3771", "start_date": dt.date(2026, 9, 2), "end_date": dt.date(2027, 1, 29),
    "term_code": "S1", "language": "FR", "delivery": "", "schedule": "REG", "credits_offered": 5, "minutes_offered": None,
    "local_section_id": "417", "description": "Two courses", "deleted": False,
}  # fmt: skip


@pytest.fixture
def actor():
    return of_user(factories.UserFactory())


@pytest.fixture
def term():
    return factories.TermFactory(calendar__school_year=YEAR, alternate_code="S1")


@pytest.fixture
def courses():
    return [factories.CourseFactory(code=code) for code in ("MAT3791", "SST3771")]


def of_pasi(actor, term, **changes):
    return sections.create_from_pasi(actor, term.calendar.school, YEAR, {**THEIRS, **changes})


def test_a_section_that_was_made_in_pasi(actor, term, courses):
    made = of_pasi(actor, term)
    made.refresh_from_db()
    assert {name: getattr(made, name) for name in THEIRS} == THEIRS
    assert (made.term, made.course, made.number, set(made.courses.all())) == (term, courses[0], "417", set(courses))
    event = DataEvent.objects.get()
    assert (event.origin, event.subject_id) == (Origin.PASI, made.pk)
    assert [of_pasi(actor, term).number for _ in range(2)] == ["417-2", "417-3"]


def test_days_that_pasi_leaves_to_the_term_are_those_of_the_term_here(actor, term, courses):
    made = of_pasi(actor, term, start_date=None, end_date=None)
    assert (made.start_date, made.end_date) == (term.first_day, term.last_day)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term_code": "S2"}, "term_code"),
        ({"term_code": ""}, "term_code"),
        ({"course_codes": "ABC1234"}, "course_codes"),
        ({"course_codes": "MAT3791 ABC1234"}, "course_codes"),
        ({"course_codes": ""}, "course_codes"),
        ({"end_date": dt.date(2026, 9, 2)}, "end_date"),
        ({"start_date": "0001-01-01"}, "start_date"),
        ({"description": "x" * 256}, "description"),
        ({"credits_offered": -1}, "credits_offered"),
        ({"minutes_offered": 2**31}, "minutes_offered"),
    ],
)
def test_what_cannot_be_held_here_is_said_at_its_field(actor, term, courses, changes, field):
    with pytest.raises(ValidationError) as refused:
        of_pasi(actor, term, **changes)
    assert list(refused.value.message_dict) == [field]
    assert not Section.objects.exists()


def test_the_nearest_of_a_deleted_one(actor, term, courses):
    odd = {**THEIRS, "start_date": None, "description": "x" * 300, "credits_offered": None, "minutes_offered": -1}
    near = sections.nearest(odd, YEAR)
    made = sections.create_from_pasi(actor, term.calendar.school, YEAR, {**near, "deleted": True})
    assert (made.start_date, len(made.description), made.credits_offered, made.minutes_offered) == (
        term.first_day, 255, 0, None,
    )  # fmt: skip
    assert made.deleted


@pytest.fixture
def three(term, courses):
    return [
        factories.SectionFactory(school=term.calendar.school, school_year=YEAR, term=term, course=courses[0])
        for _ in range(3)
    ]


def test_many_sections_take_pasis_values_in_a_handful_of_statements(actor, three, courses):
    wanted = {one.pk: {"description": f"PASI {one.pk}", "course_codes": "SST3771 MAT3791"} for one in three}
    with CaptureQueriesContext(connection) as one:
        sections.change_many(actor, {three[0].pk: wanted[three[0].pk]}, origin=Origin.PASI)
    with CaptureQueriesContext(connection) as rest:
        done = sections.change_many(actor, wanted, origin=Origin.PASI, compared=True, reason="Theirs")
    assert len(rest) <= len(one) + 1
    assert (set(done.changed), set(done.unchanged)) == ({three[1].pk, three[2].pk}, {three[0].pk})
    for section in three:
        section.refresh_from_db()
        assert (section.description, set(section.courses.all())) == (f"PASI {section.pk}", set(courses))
        assert section.revision == 2
    assert AuditEntry.objects.filter(reason="Theirs").count() == 2
    assert {event.collected_at is None for event in DataEvent.objects.order_by("-pk")[:2]} == {False}


def test_of_many_those_that_moved_or_break_a_rule_are_left(actor, three):
    wanted = {
        three[0].pk: {"teacher": "O. Frost"},
        three[1].pk: {"end_date": dt.date(2020, 1, 1)},
        three[2].pk: {"number": three[0].number},
    }
    done = sections.change_many(actor, wanted, revisions={three[0].pk: 7})
    assert (done.moved, set(done.refused), done.changed) == ({three[0].pk}, {three[1].pk, three[2].pk}, {})
    assert not DataEvent.objects.exists()


def test_two_of_one_set_may_not_become_the_same(actor, three):
    wanted = {one.pk: {"number": "77", "local_section_id": "77"} for one in three}
    assert len(sections.change_many(actor, wanted).refused) == 2


def test_what_an_undo_would_run_into(actor, three):
    first, second, third = three
    back = {first.pk: {"local_section_id": second.local_section_id, "description": second.description}}
    assert list(sections.twins(back)) == [first.pk]
    assert sections.twins({first.pk: {"description": "Its own"}}) == {}
    assert sections.twins({**back, second.pk: {"deleted": True}}) == {}
    factories.CourseEnrolmentFactory(section=third, enrolment__school=third.school)
    assert list(sections.with_students([one.pk for one in three])) == [third.pk]
