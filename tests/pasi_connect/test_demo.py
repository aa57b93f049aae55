"""The made-up district, on whatever day it is made: sound, the same on both sides, and with something to show."""

import datetime as dt
from collections import Counter, defaultdict

import pytest
from django.db.models import Count, F, OuterRef, Subquery

from operations import clock
from pasi_connect.demo import district, making, samples, work
from pasi_connect.entities import SCHOOL_ENROLMENT, SECTION
from reconciliation.engine.running import Options, Run
from reconciliation.rules.notes import Refused
from sis import selectors
from sis.models import Course, CourseEnrolment, DataEvent, School, SchoolCalendar, SchoolEnrolment, Section, StoredGrade
from sis.rules import stays
from sis.rules.school_year import SchoolYear
from sis.services import course_enrolments

pytestmark = pytest.mark.django_db

NOVEMBER = dt.date(2026, 11, 22)


def made_on(day, folder):
    with clock.moved_to(dt.datetime(day.year, day.month, day.day, 18, tzinfo=dt.UTC)):
        assert making.prepare(7443, folder)


@pytest.mark.parametrize(
    "day", [dt.date(2026, 9, 1), NOVEMBER, dt.date(2027, 2, 10), dt.date(2027, 7, 20), dt.date(2027, 8, 31)]
)
def test_course_data_are_sound_on_any_day(day, tmp_path):
    made_on(day, tmp_path)
    found = CourseEnrolment.objects.select_related(
        "section__school", "section__course", "section__term__calendar", "enrolment"
    )
    assert len(found) > 600
    for one in found:
        course_enrolments.check(one)
        assert one.section.term.calendar.school_id == one.section.school_id == one.enrolment.school_id
        assert one.student_id == one.enrolment.student_id
    over = {one.pk for one in found if one.status == "Completed"}
    assert set(StoredGrade.objects.exclude(course_enrolment=None).values_list("course_enrolment_id", flat=True)) == over
    assert not DataEvent.objects.exists()


def test_there_is_something_to_show(tmp_path):
    made_on(NOVEMBER, tmp_path)
    year = SchoolYear(2027)
    statuses = Counter(CourseEnrolment.objects.values_list("status", flat=True))
    assert min(statuses[name] for name in ("Active", "Registered", "Withdrawn", "Completed")) >= 1
    assert Course.objects.filter(active=False).exists()
    challenges = CourseEnrolment.objects.filter(challenge=True, section__school__code=district.SCHOOL_D)
    lacks = [
        selectors.challenge_lacks(one.student, one.section.school, year, one.section.course.code) for one in challenges
    ]
    assert sorted(lacks) == [[], ["mark"]]
    a, b, c, d = School.objects.order_by("code")
    for home, other in ((a, c), (c, a), (c, d), (d, a)):
        assert selectors.term_mismatches(home, other, year) == []
    assert [one.what for one in selectors.term_mismatches(a, b, year)] == ["store_code"]
    summer = d.calendars.get(school_year=year).terms.get(is_summer=True)
    assert summer.last_day == dt.date(2027, 7, 31)


def test_each_concurrent_student_has_courses_at_both_schools(tmp_path):
    made_on(NOVEMBER, tmp_path)
    both = SchoolEnrolment.objects.filter(concurrent=True, school__code=district.SCHOOL_C)
    assert len(both) == 12
    for stay in both:
        schools = set(stay.student.course_enrolments.values_list("section__school__code", flat=True))
        assert schools == {district.SCHOOL_A, district.SCHOOL_C}


def test_open_concurrent_enrolments_run_past_the_closing_date(tmp_path):
    made_on(NOVEMBER, tmp_path)
    closing = SchoolCalendar.objects.filter(school=OuterRef("school"), school_year=OuterRef("school_year"))
    late = (
        SchoolEnrolment.objects.filter(concurrent=True, deleted=False, exit_date_type="CompletionDate")
        .annotate(closing=Subquery(closing.values("last_day")))
        .filter(exit_date__gt=F("closing"))
    )
    assert Counter(late.values_list("school__code", flat=True)) == {district.SCHOOL_C: 3, district.SCHOOL_D: 4}


def test_pasi_gets_the_same_records(tmp_path):
    made_on(NOVEMBER, tmp_path)
    documents = making.documents(district.Builder(NOVEMBER).build(), SECTION.links_along.order_by("pk"))
    theirs = {str(one["RefId"]): one for one in documents["StudentSchoolEnrolment"]}
    keys = dict(SCHOOL_ENROLMENT.links.values_list("subject_id", "key"))
    for stay in SchoolEnrolment.objects.select_related("student", "school"):
        one = theirs[keys[stay.pk]]
        assert (one["SchoolCode"], one["StateProvinceId"]) == (stay.school.code, stay.student.asn)
        assert (one["RegistrationStartDate"], one["RegistrationExitDate"]) == (stay.start_date, stay.exit_date)
    sections = {str(one["RefId"]): one for one in documents["Section"]}
    taught = list(SECTION.links_along)
    assert len(taught) == len(sections) == Section.objects.count() > 20
    for link in taught:
        one = sections[link.key]
        assert (one["SchoolCode"], one["LocalSectionId"]) == (link.record.school.code, link.record.local_section_id)
        assert one["CourseCodes"] == link.record.course_codes.split()


def test_it_is_made_by_few_statements(tmp_path, django_assert_max_num_queries):
    with django_assert_max_num_queries(130):
        made_on(NOVEMBER, tmp_path)


def first_plain(order):
    """The first 60 live, regular enrolments of this year at school 7101 that are their student's only stay."""
    plain = SchoolEnrolment.objects.filter(school__code="7101", school_year=2027, deleted=False, concurrent=False)
    alone = plain.annotate(stays=Count("student__enrolments")).filter(stays=1, programming_type="Regular")
    return list(alone.order_by(*order)[:60])


@pytest.mark.parametrize("day", [dt.date(2026, 9, 1), NOVEMBER, dt.date(2027, 7, 20)])
def test_the_work_of_the_demo_leaves_the_plain_enrolments_alone(day, tmp_path):
    made_on(day, tmp_path)
    free = list(work._free(SchoolYear(2027)))
    assert len(free) >= 5
    for order in (("id",), ("-id",), ("student__legal_last_name", "student__legal_first_name", "id")):
        first = first_plain(order)
        assert len(first) == 60
        assert not {one.pk for one in free} & {one.pk for one in first}
        assert not {one.student_id for one in free} & {one.student_id for one in first}


def test_sample_exports_are_read_by_the_reconciliation(tmp_path):
    made_on(NOVEMBER, tmp_path)
    folder = samples.write(tmp_path / "samples", SchoolYear(2027))
    assert all(place.stat().st_mode & 0o077 == 0 for place in folder.iterdir())
    outcomes = {}
    for name in (samples.CLEAN, samples.SPREADSHEET, samples.CUT):
        (tmp_path / f"out-{name}").mkdir()
        before, after = (next((folder / name).glob(f"*-{kind}.csv")) for kind in ("BeforeDelete", "AfterUpload"))
        try:
            outcomes[name] = Run(Options("CM"))(before, after, tmp_path / f"out-{name}").summary()
        except Refused as refusal:
            outcomes[name] = refusal
    clean, spreadsheet, cut = outcomes.values()
    assert clean["school"] == "7103"
    assert clean["repaired_cells"] == 0
    assert clean["counts"]["Matched with Data Differences"] == 3
    for name in ("Missing from PASI", "Added New to PASI"):
        assert clean["counts"][name] == spreadsheet["counts"][name] == 1
    assert spreadsheet["repaired_cells"] > 0
    assert isinstance(cut, Refused) or cut["warnings"]


def test_sample_exports_are_the_same_each_time(tmp_path):
    made_on(NOVEMBER, tmp_path)
    texts = []
    for name in ("one", "two"):
        folder = samples.write(tmp_path / name, SchoolYear(2027))
        texts.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.csv")})
    assert texts[0] == texts[1]
    assert len(texts[0]) == 6


@pytest.mark.parametrize("day", [dt.date(2026, 9, 1), NOVEMBER, dt.date(2027, 8, 31)])
def test_the_districts_stays_keep_the_rules_for_stays(day):
    """Each entered beside those before it, as people would: with its planned last day first, then withdrawn."""
    entered = defaultdict(list)
    for one in district.Builder(day).build().stays:
        beside = entered[one.person.number]
        record = {**one.values, "school_year": one.year, "deleted": False}
        begun = {**record, "exit_date_type": "CompletionDate"}
        assert stays.faults(stays.Case(None, begun, one.school, beside, day), guided=False) == []
        assert stays.faults(stays.Case(begun, record, one.school, beside, day), guided=True) == []
        if not one.values.get("deleted"):
            days = (record["start_date"], record["exit_date"])
            program = (record["programming_type"], record["programming_timeframe"])
            beside.append(stays.Stay(one.school, one.year, *days, *program))
