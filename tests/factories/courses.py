"""Courses, sections and who sits in them. Only the SIS records: no event, no audit entry."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from operations import clock
from sis.models import Course, CourseEnrolment, SchoolCalendar, Section, SectionCourse, StoredGrade, Term
from sis.rules.section import description_of
from tests.factories.organizations import SchoolFactory
from tests.factories.students import EnrolmentFactory, this_year


class CalendarFactory(DjangoModelFactory):
    """A school's year, September to 26 June; asked again, the same row."""

    class Meta:
        model = SchoolCalendar
        django_get_or_create = ("school", "school_year")

    school = factory.SubFactory(SchoolFactory)
    school_year = factory.LazyFunction(this_year)
    first_day = factory.LazyAttribute(lambda made: dt.date(made.school_year.ending - 1, 9, 1))
    last_day = factory.LazyAttribute(lambda made: dt.date(made.school_year.ending, 6, 26))


class TermFactory(DjangoModelFactory):
    """The whole year, stored as Y1; asked again by the same name, the same row."""

    class Meta:
        model = Term
        django_get_or_create = ("calendar", "name")

    calendar = factory.SubFactory(CalendarFactory)
    name = "Full year"
    portion = "1"
    store_code = "Y1"
    alternate_code = "FY"
    first_day = factory.LazyAttribute(lambda term: term.calendar.first_day)
    last_day = factory.LazyAttribute(lambda term: term.calendar.last_day)


class CourseFactory(DjangoModelFactory):
    class Meta:
        model = Course

    code = factory.Sequence(lambda n: f"LAN{1000 + n:04d}")
    name = factory.LazyAttribute(lambda course: f"Lantern Studies {course.code[3:]}")
    credits_offered = 5


class SectionFactory(DjangoModelFactory):
    """A year-long section at `school`, or in `term` where one is given."""

    class Meta:
        model = Section
        skip_postgeneration_save = True

    school = factory.SubFactory(SchoolFactory)
    school_year = factory.LazyFunction(this_year)
    course = factory.SubFactory(CourseFactory)
    term = factory.SubFactory(
        TermFactory,
        calendar=factory.SubFactory(
            CalendarFactory,
            school=factory.SelfAttribute("...school"),
            school_year=factory.SelfAttribute("...school_year"),
        ),
    )
    number = factory.Sequence(lambda n: f"{n + 1}")
    teacher = "C. Whitlock"
    start_date = factory.LazyAttribute(lambda section: section.term.first_day)
    end_date = factory.LazyAttribute(lambda section: section.term.last_day)
    term_code = factory.SelfAttribute("term.alternate_code")
    credits_offered = factory.SelfAttribute("course.credits_offered")
    course_codes = factory.SelfAttribute("course.code")
    local_section_id = factory.Sequence(lambda n: f"L{n + 1}")
    description = factory.LazyAttribute(
        lambda section: description_of(section.course.code, section.number, section.course.name)
    )

    @factory.post_generation
    def taught(section, create, extracted, **kwargs):
        """The rows of its courses."""
        if create:
            codes = section.course_codes.split()
            SectionCourse.objects.bulk_create(
                SectionCourse(section=section, course=course) for course in Course.objects.filter(code__in=codes)
            )


class SectionCourseFactory(DjangoModelFactory):
    """A further course of a section; the factory of the section makes the row of its first."""

    class Meta:
        model = SectionCourse

    section = factory.SubFactory(SectionFactory)
    course = factory.SubFactory(CourseFactory)


class CourseEnrolmentFactory(DjangoModelFactory):
    """Active since the section began. `CourseEnrolmentFactory(enrolment=stay)` makes the section at the stay's school."""

    class Meta:
        model = CourseEnrolment

    enrolment = factory.SubFactory(EnrolmentFactory)
    student = factory.SelfAttribute("enrolment.student")
    section = factory.SubFactory(
        SectionFactory,
        school=factory.SelfAttribute("..enrolment.school"),
        school_year=factory.SelfAttribute("..enrolment.school_year"),
    )
    entry_date = factory.LazyAttribute(lambda made: max(made.section.start_date, made.enrolment.start_date))
    credits_attempted = factory.SelfAttribute("section.course.credits_offered")


class StoredGradeFactory(DjangoModelFactory):
    """The final mark of a course enrolment."""

    class Meta:
        model = StoredGrade

    course_enrolment = factory.SubFactory(CourseEnrolmentFactory)
    student = factory.SelfAttribute("course_enrolment.student")
    course = factory.SelfAttribute("course_enrolment.section.course")
    school = factory.SelfAttribute("course_enrolment.section.school")
    school_year = factory.SelfAttribute("course_enrolment.section.school_year")
    term = factory.SelfAttribute("course_enrolment.section.term")
    store_code = factory.SelfAttribute("term.store_code")
    mark = "78"
    credits = factory.SelfAttribute("course_enrolment.credits_attempted")
    stored_at = factory.LazyFunction(clock.now)
