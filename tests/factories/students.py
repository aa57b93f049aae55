import datetime as dt

import factory
from factory.django import DjangoModelFactory

from operations import clock
from sis.models import DataEvent, SchoolEnrolment, Student
from sis.rules import names
from sis.rules.school_year import SchoolYear
from tests.factories.organizations import SchoolFactory


def this_year() -> SchoolYear:
    return SchoolYear.of(clock.today())


class StudentFactory(DjangoModelFactory):
    class Meta:
        model = Student

    asn = factory.Sequence(lambda n: f"{700000000 + n}")
    local_number = factory.Sequence(lambda n: f"L{n:05d}")
    legal_first_name = "Ines"
    legal_last_name = factory.Sequence(lambda n: f"Varga {n}")
    birth_date = dt.date(2012, 3, 4)
    gender = "Female"
    search_name = factory.LazyAttribute(
        lambda student: names.fold(f"{student.legal_last_name} {student.legal_first_name}")
    )


class EnrolmentFactory(DjangoModelFactory):
    """A Regular/Day enrolment of the current school year, September to June. Only the SIS record: no event, no link."""

    class Meta:
        model = SchoolEnrolment

    student = factory.SubFactory(StudentFactory)
    school = factory.SubFactory(SchoolFactory)
    school_year = factory.LazyFunction(this_year)
    grade = "08"
    start_date = factory.LazyAttribute(lambda stay: dt.date(stay.school_year.ending - 1, 9, 1))
    exit_date = factory.LazyAttribute(lambda stay: dt.date(stay.school_year.ending, 6, 26))


class DataEventFactory(DjangoModelFactory):
    """ "Look at this record again", of an enrolment: nobody has taken it up."""

    class Meta:
        model = DataEvent
        exclude = ("enrolment",)

    enrolment = factory.SubFactory(EnrolmentFactory)
    at = factory.LazyFunction(clock.now)
    entity = "school_enrolment"
    subject_id = factory.SelfAttribute("enrolment.pk")
    student = factory.SelfAttribute("enrolment.student")
    school_code = factory.SelfAttribute("enrolment.school.code")
    fields = ["exit_date"]
    actor_name = "Rhea Molnar"
    actor_local_id = "rmolnar"
    actor_ip = "10.1.2.3"
