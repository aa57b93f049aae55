"""What becomes of course enrolments when a stay ends: examples as a table, and what must hold of any."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sis.rules import course_enrolment as course_rules
from sis.rules.carrying import REASONS, NewStay, Place, Seat, carry, ending
from sis.rules.school_year import SchoolYear
from sis.rules.terms import TermShape

SEPTEMBER, JANUARY, FEBRUARY, JUNE = (
    dt.date(2026, 9, 1),
    dt.date(2027, 1, 29),
    dt.date(2027, 2, 1),
    dt.date(2027, 6, 26),
)
LAST, NEXT = dt.date(2026, 11, 20), dt.date(2026, 11, 23)  # a Friday and the Monday after it
FIRST_TERM = TermShape("Semester 1", "1/2", SEPTEMBER, JANUARY, "S1")
SECOND_TERM = TermShape("Semester 2", "1/2", FEBRUARY, JUNE, "S2")
HERE = Place(1, "MAT3791", "7103", FIRST_TERM, SEPTEMBER, JANUARY)
LATER = Place(2, "SST3771", "7103", SECOND_TERM, FEBRUARY, JUNE)
OVER = Place(3, "PED0770", "7103", FIRST_TERM, SEPTEMBER, dt.date(2026, 10, 30))
THERE = Place(11, "MAT3791", "7101", FIRST_TERM, SEPTEMBER, JANUARY)
STAY = NewStay("7103", NEXT, JUNE)


def seat(place=HERE, entry=None, exit=None, status="Active", id=100):
    return Seat(id, place, entry or place.start, exit, status)


@pytest.mark.parametrize(
    ("one", "becomes"),
    [
        (seat(), "ended"),
        (seat(entry=LAST), "ended"),
        (seat(exit=NEXT), "ended"),
        (seat(exit=NEXT, status="Withdrawn"), "ended"),
        (seat(LATER, status="Registered"), "removed"),
        (seat(entry=NEXT, status="Registered"), "removed"),
        (seat(exit=LAST), ""),
        (seat(exit=LAST, status="Withdrawn"), ""),
        (seat(OVER), ""),
        (seat(exit=JANUARY, status="Completed"), ""),
    ],
)
def test_the_end_of_a_stay(one, becomes):
    assert ending(one, LAST) == becomes


@pytest.mark.parametrize(
    ("one", "old", "target", "entry", "exit", "reason"),
    [
        (seat(), "ended", 1, NEXT, None, ""),
        (seat(exit=dt.date(2026, 12, 18)), "ended", 1, NEXT, dt.date(2026, 12, 18), ""),
        (seat(LATER, status="Registered"), "moved", 2, FEBRUARY, None, ""),
        (seat(OVER), "", None, None, None, "section_ended"),
        (seat(exit=LAST, status="Withdrawn"), "", None, None, None, "withdrawn"),
        (seat(exit=JANUARY, status="Completed"), "", None, None, None, "completed"),
        (seat(exit=LAST), "", None, None, None, "ended"),
        (seat(exit=LAST + dt.timedelta(days=1)), "ended", None, None, None, "ended"),
        (seat(THERE), "ended", None, None, None, "no_section"),
    ],
)
def test_carried_on_at_the_same_school(one, old, target, entry, exit, reason):
    [step] = carry([one], LAST, STAY)
    assert (step.old, step.target, step.entry, step.exit, step.reason) == (old, target, entry, exit, reason)


@pytest.mark.parametrize(
    ("offered", "target", "reason"),
    [
        ([HERE], 1, ""),
        ([HERE, LATER, THERE], 1, ""),
        ([Place(5, "MAT3791", "7103", SECOND_TERM, FEBRUARY, JUNE)], None, "no_section"),
        ([Place(5, "MAT3791", "7103", FIRST_TERM, SEPTEMBER, LAST)], None, "no_section"),
        ([HERE, Place(5, "MAT3791", "7103", FIRST_TERM, SEPTEMBER, JANUARY)], None, "several"),
        ([], None, "no_section"),
    ],
)
def test_carried_on_at_another_school(offered, target, reason):
    [step] = carry([seat(THERE)], LAST, STAY, offered)
    assert (step.old, step.target, step.reason) == ("ended", target, reason)


def test_two_courses_do_not_land_in_one_section():
    both = [seat(THERE), seat(Place(12, "MAT3791", "7101", FIRST_TERM, SEPTEMBER, JANUARY), id=101)]
    assert [(step.target, step.reason) for step in carry(both, LAST, STAY, [HERE])] == [(1, ""), (None, "already")]


def test_a_section_in_which_the_student_sits_otherwise_is_left():
    [step] = carry([seat()], LAST, STAY, taken={1})
    assert (step.old, step.target, step.reason) == ("ended", None, "already")


def test_a_planned_pause_in_one_section_is_kept():
    until, again = dt.date(2026, 12, 1), dt.date(2027, 1, 4)
    first, second = carry([seat(exit=until), seat(entry=again, status="Registered", id=101)], LAST, STAY)
    assert (first.old, first.entry, first.exit) == ("ended", NEXT, until)
    assert (second.old, second.entry, second.exit) == ("moved", again, None)


def test_a_new_stay_that_is_too_short():
    short = NewStay("7103", NEXT, dt.date(2026, 12, 18))
    [step] = carry([seat(LATER, status="Registered")], LAST, short)
    assert (step.old, step.reason) == ("removed", "outside")


days = st.dates(SEPTEMBER, JUNE)
courses = st.sampled_from(["MAT3791", "SST3771", "PED0770"])
terms = st.sampled_from([FIRST_TERM, SECOND_TERM])


@st.composite
def places(draw, schools, first_id=1):
    start, end = sorted(draw(st.lists(days, min_size=2, max_size=2, unique=True)))
    return Place(draw(st.integers(first_id, first_id + 5)), draw(courses), draw(schools), draw(terms), start, end)


@st.composite
def situations(draw):
    """(seats, last day, new stay, sections offered): seats as the product could have made them."""
    place = {one.id: one for one in draw(st.lists(places(st.just("7103")), min_size=1, max_size=5))}
    away = {one.id: one for one in draw(st.lists(places(st.just("7101"), 20), max_size=3))}
    same = draw(st.booleans())
    seats, spans = [], {}
    for number in range(draw(st.integers(0, 6))):
        where = draw(st.sampled_from(sorted((place if same or not away else away).values(), key=lambda one: one.id)))
        entry = draw(st.dates(where.start, where.end))
        exit = draw(st.one_of(st.none(), st.dates(entry, where.end)))
        status = draw(
            st.sampled_from(["Registered", "Active"] if exit is None else ["Active", "Completed", "Withdrawn"])
        )
        span = (entry, exit or where.end)
        if any(course_rules.overlap(span, other) for other in spans.get(where.id, [])):
            continue
        spans.setdefault(where.id, []).append(span)
        seats.append(Seat(number, where, entry, exit, status))
    last = draw(days)
    first = last + dt.timedelta(days=draw(st.integers(1, 5)))
    until = first + dt.timedelta(days=draw(st.integers(0, 200)))
    return seats, last, NewStay("7103", first, until), list(place.values())


@given(situations())
def test_whatever_is_carried_is_sound_and_nothing_is_lost(situation):
    seats, last, stay, offered = situation
    steps = carry(seats, last, stay, offered)
    assert [step.seat for step in steps] == seats
    known = {place.id: place for place in [*offered, *(one.place for one in seats)]}
    spans: dict[int, list] = {}
    for step in steps:
        assert (step.target is None) == (step.reason in REASONS) and (step.target is not None) == (step.reason == "")
        old = step.seat
        if step.old == "ended":
            assert old.entry <= last < old.last_day
        elif step.old in ("removed", "moved"):
            assert old.entry > last
        else:
            assert old.status == "Completed" or old.last_day <= last
        if step.target is None:
            continue
        assert old.status in course_rules.OPEN
        place = known[step.target]
        assert place.course == old.place.course and place.school == stay.school
        end = step.exit or place.end
        record = {
            "entry_date": step.entry,
            "exit_date": step.exit,
            "status": course_rules.ACTIVE,
            "section_start": place.start,
            "section_end": place.end,
            "section_school": place.school,
            "school_year": SchoolYear(2027),
            "enrolment_start": stay.first_day,
            "enrolment_exit": stay.exit,
            "enrolment_school": stay.school,
            "enrolment_year": SchoolYear(2027),
        }
        assert course_rules.faults(record) == []
        assert not any(course_rules.overlap((step.entry, end), other) for other in spans.get(place.id, []))
        spans.setdefault(place.id, []).append((step.entry, end))


@given(situations())
def test_a_second_time_nothing_ends(situation):
    seats, last, *_ = situation
    left = [
        Seat(one.id, one.place, one.entry, last if how == "ended" else one.exit, "Withdrawn" if how else one.status)
        for one in seats
        if (how := ending(one, last)) != "removed"
    ]
    assert {ending(one, last) for one in left} <= {""}
