"""The one door to students: what is written, what it leaves, what it refuses."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations.actor import SYNC
from operations.models import AuditEntry
from sis.models import DataEvent, Student
from sis.models.event import Origin
from sis.services import students
from tests.factories import StudentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    return StudentFactory(legal_first_name="Ines", legal_last_name="Varga")


def test_a_change_leaves_an_event_an_audit_entry_and_another_name_to_find(ines):
    changed = students.change(
        SYNC, ines.pk, {"legal_last_name": "Quill", "preferred_first_name": "Mim", "preferred_last_name": "Quill"}
    )
    assert (changed.revision, changed.search_name) == (2, "quill ines mim")
    event = DataEvent.objects.get()
    assert (event.entity, event.subject_id, event.student_id, event.school_code) == (
        "student",
        ines.pk,
        ines.pk,
        "",
    )
    assert event.fields == ["legal_last_name", "preferred_first_name", "preferred_last_name"]
    assert (event.origin, event.collected_at) == (Origin.SIS, None)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.entity, entry.changes["legal_last_name"]) == (
        "student changed",
        "student",
        ["Varga", "Quill"],
    )


def test_nothing_is_written_where_nothing_differs(ines):
    assert students.change(SYNC, ines.pk, {"legal_first_name": "Ines"}).revision == 1
    assert not DataEvent.objects.exists() and not AuditEntry.objects.exists()


def test_what_a_person_enters_is_held_against_the_rules(ines):
    for wanted, field in (
        ({"legal_first_name": ""}, "legal_first_name"),
        ({"preferred_first_name": "Mim"}, "preferred_last_name"),
        ({"identity_document_number": "41A7"}, "identity_document_type"),
        ({"identity_document_type": "Passport", "identity_document_number": "12345"}, "identity_document_number"),
        ({"legal_first_name": "In\x00es"}, "legal_first_name"),
        ({"asn": "700000001"}, "asn"),
    ):
        with pytest.raises(ValidationError) as refused:
            students.change(SYNC, ines.pk, wanted)
        assert field in refused.value.message_dict
    assert not DataEvent.objects.exists()


def test_what_comes_from_pasi_is_refused_only_where_it_cannot_be_held(ines):
    changed = students.change(SYNC, ines.pk, {"preferred_first_name": "Mi--m"}, origin=Origin.PASI)
    assert changed.preferred_first_name == "Mi--m"
    assert DataEvent.objects.get().origin == Origin.PASI
    with pytest.raises(ValidationError):
        students.change(SYNC, ines.pk, {"birth_date": None}, origin=Origin.PASI)


def test_a_change_of_what_is_no_longer_so_is_stale(ines):
    students.change(SYNC, ines.pk, {"legal_suffix": "Jr."})
    with pytest.raises(students.StaleStudent) as stale:
        students.change(SYNC, ines.pk, {"legal_suffix": "III"}, expected_revision=1)
    assert stale.value.current.legal_suffix == "Jr."
    assert Student.objects.get().legal_suffix == "Jr."


def test_names_as_people_read_them():
    student = StudentFactory.build(
        legal_first_name="Ines", legal_middle_name="Ana", legal_last_name="Varga", legal_suffix="Jr."
    )
    assert (student.legal_name, student.preferred_name) == ("Ines Ana Varga Jr.", "")
    student.preferred_first_name, student.preferred_last_name, student.preferred_suffix = "Mim", "Quill", "III"
    assert (student.preferred_name, student.name) == ("Mim Quill III", "Mim Quill")
    assert students.values(student)["birth_date"] == dt.date(2012, 3, 4)
