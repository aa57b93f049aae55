"""The door for records of another system: what becomes of each line."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import SYNC
from operations.models import AuditEntry
from sis.models import (
    Authority,
    Course,
    CourseEnrolment,
    DataEvent,
    Delivery,
    School,
    SchoolCalendar,
    SchoolEnrolment,
    Section,
    StoredGrade,
    Student,
    Term,
)
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from sis.services.loading import door
from sis.services.loading.resources import RESOURCES
from tests import factories

pytestmark = pytest.mark.django_db
YEAR = "2026-2027"
DAYS = {"start_date": "2026-09-01", "exit_date": "2027-06-25"}


def put(resource, *records, source=""):
    rows = [
        (number, record if isinstance(record, bytes) else json.dumps(record).encode())
        for number, record in enumerate(records, 1)
    ]
    return door.take(SYNC, RESOURCES[resource], source, rows)


def counts(outcome):
    return outcome.created, outcome.changed, outcome.unchanged, len(outcome.refused)


def faults(outcome):
    return {row.line: sorted({error["field"] for error in row.errors}) for row in outcome.refused}


def student(external_id="st-1", **more):
    return {
        "external_id": external_id, "legal_first_name": "Ada", "legal_last_name": "Varga", "birth_date": "2011-03-04", **more,
    }  # fmt: skip


def stay(external_id="en-1", **more):
    return {
        "external_id": external_id, "student_external_id": "st-1", "school_external_id": "sc-1", "school_year": YEAR, "grade": "09",
        **DAYS, **more,
    }  # fmt: skip


@pytest.fixture
def district(on_a_fixed_day):
    """A school and a student, both loaded."""
    factories.AuthorityFactory()
    assert counts(put("schools", {"external_id": "sc-1", "code": "4101", "name": "Cottonwood Hill"})) == (1, 0, 0, 0)
    assert counts(put("students", student(asn="1234-5678-9"))) == (1, 0, 0, 0)


def test_a_whole_district_is_loaded_line_by_line(district):
    where = {"school_external_id": "sc-1", "school_year": YEAR}
    assert counts(
        put("calendars", {"external_id": "ca-1", **where, "first_day": "2026-09-01", "last_day": "2027-06-26"})
    ) == (1, 0, 0, 0)
    term = {
        "name": "Semester 1",
        "portion": "1/2",
        "first_day": "2026-09-01",
        "last_day": "2027-01-29",
        "store_code": "S1",
    }
    assert counts(put("terms", {"external_id": "te-1", **where, **term, "alternate_code": "SEM1"})) == (1, 0, 0, 0)
    assert counts(put("enrolments", stay())) == (1, 0, 0, 0)
    assert counts(put("courses", {"external_id": "co-1", "code": "MAT3791", "name": "Math", "credits_offered": 5})) == (
        1,
        0,
        0,
        0,
    )
    section = {"external_id": "se-1", "term_external_id": "te-1", "course_external_id": "co-1", "number": "1"}
    assert counts(put("sections", section)) == (1, 0, 0, 0)
    sitting = {
        "external_id": "ce-1",
        "student_external_id": "st-1",
        "section_external_id": "se-1",
        "entry_date": "2026-09-01",
    }
    assert counts(put("course-enrolments", sitting)) == (1, 0, 0, 0)
    grade = {"external_id": "gr-1", "course_enrolment_external_id": "ce-1", "mark": "78", "credits": 5}
    assert counts(put("stored-grades", grade)) == (1, 0, 0, 0)
    assert Authority.objects.get() == School.objects.get().authority
    assert Term.objects.get().calendar == SchoolCalendar.objects.get()
    assert Section.objects.get().course == Course.objects.get()
    assert CourseEnrolment.objects.get().enrolment == SchoolEnrolment.objects.get()
    assert (StoredGrade.objects.get().mark, StoredGrade.objects.get().store_code) == ("78", "S1")
    # The same again is nothing; another mark is a change.
    for name, record in (
        ("sections", section),
        ("course-enrolments", sitting),
        ("stored-grades", grade),
        ("enrolments", stay()),
    ):
        assert counts(put(name, record)) == (0, 0, 1, 0), name
    assert counts(put("stored-grades", {**grade, "mark": "81"})) == (0, 1, 0, 0)
    assert counts(put("course-enrolments", {**sitting, "exit_date": "2027-01-20"})) == (0, 1, 0, 0)
    assert counts(put("sections", {**section, "teacher": "A. Varga"})) == (0, 1, 0, 0)
    assert counts(put("terms", {"external_id": "te-1", "name": "Fall", "alternate_code": "FALL"})) == (0, 1, 0, 0)
    assert (Term.objects.get().name, Section.objects.get().term_code) == ("Fall", "FALL")
    assert counts(put("calendars", {"external_id": "ca-1", "last_day": "2026-08-01"})) == (0, 0, 0, 1)


def test_a_line_writes_record_audit_event_and_delivery(district):
    put("enrolments", stay())
    enrolment = SchoolEnrolment.objects.get()
    assert (enrolment.external_id, enrolment.source, enrolment.grade) == ("en-1", "", "09")
    assert DataEvent.objects.filter(entity="school_enrolment", subject_id=enrolment.pk, origin="sis").count() == 1
    entry = AuditEntry.objects.get(entity="school_enrolment", subject_id=str(enrolment.pk))
    assert (entry.action, entry.school_code, entry.reason) == ("enrolment created", "4101", "Loaded by a bulk load.")
    delivery = Delivery.objects.get(entity="school_enrolment")
    assert (delivery.subject_id, delivery.created) == (enrolment.pk, True)
    assert delivery.values["start_date"] == "2026-09-01"


def test_what_the_source_has_not_changed_never_overwrites_a_later_change_here(district):
    put("enrolments", stay())
    enrolment = SchoolEnrolment.objects.get()
    enrolments.change(SYNC, enrolment.pk, {"grade": "10"}, origin="pasi")  # accepted in the morning
    events = DataEvent.objects.count()
    again = put("enrolments", stay())
    assert counts(again) == (0, 0, 1, 0)
    assert [(one.difference.field, one.difference.delivered, one.difference.here) for one in again.kept] == [
        ("grade", "09", "10")
    ]
    enrolment.refresh_from_db()
    assert enrolment.grade == "10"
    assert DataEvent.objects.count() == events, "nothing to send"
    # What the source changes is its to change.
    assert counts(put("enrolments", stay(grade="11"))) == (0, 1, 0, 0)
    enrolment.refresh_from_db()
    assert enrolment.grade == "11"


def test_absent_stays_and_null_clears(district):
    put("students", student(preferred_first_name="Addie", preferred_last_name="Varga", gender="Female"))
    assert counts(put("students", {"external_id": "st-1"})) == (0, 0, 1, 0)
    assert counts(
        put("students", {"external_id": "st-1", "preferred_first_name": None, "preferred_last_name": None})
    ) == (0, 1, 0, 0)
    one = Student.objects.get()
    assert (one.preferred_first_name, one.gender, one.asn) == ("", "Female", "123456789")
    assert faults(put("students", {"external_id": "st-1", "legal_last_name": None})) == {1: ["legal_last_name"]}


def test_a_line_that_is_refused_keeps_no_other_from_being_loaded(district):
    done = put(
        "students",
        student("st-2"),
        b"not json",
        [],
        student(""),
        student("st-3", birth_date="2011-02-31"),
        student("st-4", asn="12345678X"),
        student("st-5", shoe_size=42),
        student("st-6", legal_first_name=7),
        {"external_id": "st-7", "legal_first_name": "Ada"},
        student("st-8", legal_first_name="A\u0000da"),
        student("st-9", legal_last_name="x" * 51),
        student("st-10"),
    )
    assert counts(done) == (2, 0, 0, 10)
    assert faults(done) == {
        2: [""], 3: [""], 4: ["external_id"], 5: ["birth_date"], 6: ["asn"], 7: ["shoe_size"], 8: ["legal_first_name"],
        9: ["birth_date", "legal_last_name"], 10: ["legal_first_name"], 11: ["legal_last_name"],
    }  # fmt: skip
    assert not Delivery.objects.filter(external_id__in=["st-3", "st-9"]).exists()


def test_rules_hold_for_loads_as_for_people(district):
    assert faults(put("enrolments", stay(exit_date="2026-08-01"))) == {1: ["exit_date"]}
    done = put("enrolments", stay(), stay("en-2", start_date="2026-10-01"))  # two stays that share days (10069)
    assert (counts(done), faults(done)) == ((1, 0, 0, 1), {2: ["start_date"]})
    assert faults(put("students", student("st-2", legal_first_name="A.B"))) == {1: ["legal_first_name"]}


def test_what_a_line_points_to_must_be_there(district):
    done = put(
        "enrolments",
        stay(student_external_id="st-9"),
        stay(school_external_id="x"),
        {**stay(), "student_external_id": None},
    )
    assert faults(done) == {1: ["student_external_id"], 2: ["school_external_id"], 3: ["student_external_id"]}
    record = {name: value for name, value in stay().items() if not name.endswith("_external_id")}
    by_key = {**record, "external_id": "en-1", "asn": "123456789", "school": "4101"}
    assert counts(put("enrolments", by_key)) == (1, 0, 0, 0)
    factories.StudentFactory(asn="987654321")
    assert faults(put("enrolments", {**stay(), "asn": "987654321"})) == {1: ["asn"]}


def test_a_record_stays_with_its_student_school_and_year(district):
    put("enrolments", stay())
    put("students", student("st-2"))
    done = put("enrolments", stay(student_external_id="st-2"), stay(school_year="2027-2028"))
    assert faults(done) == {1: ["student_external_id"], 2: ["school_year"]}


def test_a_load_never_deletes(district):
    put("enrolments", stay())
    assert faults(put("enrolments", stay(deleted=True))) == {1: ["deleted"]}
    assert counts(put("enrolments", stay(deleted=False))) == (0, 0, 1, 0)
    assert not SchoolEnrolment.objects.get().deleted


def test_a_record_that_is_here_already_gets_the_external_id(district):
    here = factories.StudentFactory(asn="222333444", legal_first_name="Ines")
    done = put("students", student("st-2", asn="222333444"))
    here.refresh_from_db()
    assert (counts(done), here.external_id, here.legal_first_name) == ((0, 1, 0, 0), "st-2", "Ada")
    assert not Delivery.objects.get(external_id="st-2").created
    assert faults(put("students", student("st-3", asn="222333444"))) == {1: ["external_id"]}
    own = factories.EnrolmentFactory(
        student=here, school=School.objects.get(), school_year=SchoolYear(2027), start_date=dt.date(2026, 9, 1)
    )
    assert counts(put("enrolments", stay("en-2", student_external_id="st-2"))) == (0, 1, 0, 0)
    own.refresh_from_db()
    assert own.external_id == "en-2"


def test_two_sources_name_their_records_by_themselves(district):
    assert counts(put("students", student("st-1", legal_first_name="Bo"), source="Foxglove")) == (1, 0, 0, 0)
    assert set(Student.objects.values_list("source", "legal_first_name")) == {("", "Ada"), ("Foxglove", "Bo")}
    assert faults(put("students", student("st-7", asn="123456789"), source="Foxglove")) == {1: ["external_id"]}


def test_of_two_lines_for_one_record_the_later_one_counts(district):
    done = put("students", student("st-2", gender="Female"), student("st-2", gender="Male"))
    assert counts(done) == (1, 1, 0, 0)
    assert Student.objects.get(external_id="st-2").gender == "Male"
    done = put("students", student("st-4", asn="555555555"), student("st-5", asn="555555555"))
    assert (counts(done), faults(done)) == ((1, 0, 0, 1), {2: ["external_id"]})


def test_an_asn_is_added_and_never_replaced(district):
    put("students", student("st-2"))
    put("enrolments", stay("en-2", student_external_id="st-2"))
    DataEvent.objects.all().delete()
    assert counts(put("students", student("st-2", asn="222333444"))) == (0, 1, 0, 0)
    assert set(DataEvent.objects.values_list("entity", flat=True)) == {"student", "school_enrolment"}
    assert faults(put("students", student("st-2", asn="222333445"))) == {1: ["asn"]}


def test_a_line_that_raises_is_refused_alone(district, monkeypatch):
    made, refused = Student.make_search_name, []

    def make_search_name(self):
        if self.legal_first_name == "Boom":
            refused.append(self)
            raise RuntimeError("no name")
        return made(self)

    monkeypatch.setattr(Student, "make_search_name", make_search_name)
    done = put(
        "students",
        *(student(f"st-{n}") for n in range(2, 9)),
        student("st-9", legal_first_name="Boom"),
        student("st-10"),
    )
    assert (counts(done), faults(done)) == ((8, 0, 0, 1), {8: [""]})


def test_a_set_costs_as_many_statements_as_one_line(district):
    def statements(first, number):
        people = [student(f"p-{n}") for n in range(first, first + number)]
        stays = [stay(f"e-{n}", student_external_id=f"p-{n}") for n in range(first, first + number)]
        with CaptureQueriesContext(connection) as asked:
            put("students", *people)
            put("enrolments", *stays)
            put("enrolments", *({**one, "grade": "10"} for one in stays))
            put("enrolments", *({**one, "grade": "10"} for one in stays))
        return len(asked)

    few = statements(100, 3)
    assert statements(200, 40) <= few + 2, "no statement a line"


def test_a_preview_leaves_nothing(district):
    rows = [(1, json.dumps(student("st-2")).encode())]
    assert door.preview(SYNC, RESOURCES["students"], "", rows).created == 1
    assert not Student.objects.filter(external_id="st-2").exists()
