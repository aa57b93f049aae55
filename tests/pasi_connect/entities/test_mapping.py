"""PASI's members against our fields: there and back, and what is not ours survives."""

import dataclasses
import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.entities import mapping as generic
from pasi_connect.entities.definition import Submit
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.rules.fields import Field, Type
from pasi_connect.services.pull import copies
from sis.rules.school_year import SchoolYear
from tests.factories import documents as mapping

REF_ID = uuid.UUID("6b0c1f4e-58a1-4c8e-9a57-0d2f7f7f1a11")
BASE = mapping.new_document(REF_ID, "123456789", "4801", SchoolYear(2027))

days = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
text = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=15)
codes = st.lists(st.from_regex(r"[0-9]{3}", fullmatch=True), max_size=3, unique=True).map(
    lambda found: " ".join(sorted(found))
)
VALUES = {
    "grade": st.sampled_from(["", "EC", "01", "12"]),
    "start_date": days,
    "exit_date": days,
    "exit_date_type": st.sampled_from(["CompletionDate", "WithdrawalDate"]),
    "programming_type": st.sampled_from(["Regular", "HomeEducation"]),
    "programming_timeframe": st.sampled_from(["Day", "Evening"]),
    "program_percentage": st.none() | st.integers(0, 100),
    "local_student_id": text,
    "resident_board": st.sampled_from(["", "1750"]),
    "francophone_board": st.sampled_from(["", "0005"]),
    "fnmi_declaration": st.sampled_from(["", "331"]),
    "french_hours": st.sampled_from(["", "120"]),
    "enrolment_type_codes": codes,
    "exception_codes": codes,
    "grants_program_codes": codes,
    "deleted": st.booleans(),
}
records = st.fixed_dictionaries(VALUES)


def pairs(document):
    return [
        (pair["Key"], pair["Value"])
        for pair in (document.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues", [])
    ]


def test_every_compared_field_has_a_row():
    assert mapping.NAMES == COMPARED
    assert set(VALUES) == set(COMPARED), "values of each field in VALUES"


@given(records)
def test_what_is_laid_on_is_read_again(record):
    assert mapping.values(mapping.lay_on(BASE, record, mapping.NAMES)) == record


@given(records, records)
def test_laying_on_replaces_whatever_was_there(before, after):
    document = mapping.lay_on(mapping.lay_on(BASE, before, mapping.NAMES), after, mapping.NAMES)
    assert mapping.values(document) == after


@given(records, records, st.sets(st.sampled_from(COMPARED)))
def test_only_the_named_fields_are_laid_on(before, after, names):
    document = mapping.lay_on(mapping.lay_on(BASE, before, mapping.NAMES), after, names)
    assert mapping.values(document) == {name: (after if name in names else before)[name] for name in COMPARED}


@given(records, st.sets(st.sampled_from(COMPARED)))
def test_what_is_not_ours_goes_back_as_it_came(record, names):
    foreign = {
        **mapping.lay_on(BASE, record, mapping.NAMES),
        "RegistrationStatus": "Active",
        "DiplomaCourse": None,
    }
    listed = [
        {"Key": "FutureKey", "Value": "x"},
        *(foreign.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues", []),
    ]
    foreign["ExtendedSchoolEnrolmentInfo"] = {
        "Name": "SISV1",
        "KeyValues": [*listed, {"Key": "FutureKey", "Value": "y"}],
    }
    laid = mapping.lay_on(foreign, record, names)
    assert (laid["RegistrationStatus"], laid["DiplomaCourse"]) == ("Active", None)
    assert [value for key, value in pairs(laid) if key == "FutureKey"] == ["x", "y"]
    assert sorted(pairs(laid)) == sorted(pairs(foreign))
    assert laid["RefId"] == str(REF_ID)


@given(records)
def test_laying_on_leaves_the_given_document_alone(record):
    document = mapping.lay_on(BASE, record, mapping.NAMES)
    copy = {
        **document,
        "ExtendedSchoolEnrolmentInfo": {"KeyValues": [{"Key": k, "Value": v} for k, v in pairs(document)]},
    }
    mapping.lay_on(document, {**record, "grade": "07", "local_student_id": "other", "deleted": True}, mapping.NAMES)
    assert pairs(document) == pairs(copy)
    assert document.get("Grade") == copy.get("Grade")


@given(records)
def test_a_document_survives_its_xml(record):
    document = mapping.lay_on(BASE, record, mapping.NAMES)
    assert copies.to_document(copies.pack(copies.to_xml(document, ENTITY)), ENTITY) == document


def test_absent_and_nil_read_alike_but_stay_apart_on_the_wire():
    absent = {name: value for name, value in BASE.items() if name != "Grade"}
    nil = {**absent, "Grade": None, "SchoolProvidedProgramPercentage": None, "ExtendedSchoolEnrolmentInfo": None}
    assert mapping.values(absent) == mapping.values(nil)
    assert b"nil" not in copies.to_xml(absent, ENTITY)
    again = copies.to_document(copies.pack(copies.to_xml(nil, ENTITY)), ENTITY)
    assert (again["Grade"], "Grade" in copies.to_document(copies.pack(copies.to_xml(absent, ENTITY)), ENTITY)) == (
        None,
        False,
    )


def test_an_emptied_optional_member_is_left_out_and_deleted_is_always_said():
    document = mapping.lay_on({**BASE, "Grade": "07"}, {"grade": "", "deleted": False}, ["grade", "deleted"])
    assert "Grade" not in document
    assert document["IsDeleted"] is False


def test_a_list_that_was_there_stays_even_when_it_is_emptied():
    had = mapping.lay_on(BASE, {"local_student_id": "L1"}, ["local_student_id"])
    assert mapping.lay_on(had, {"local_student_id": ""}, ["local_student_id"])["ExtendedSchoolEnrolmentInfo"] == {
        "Name": "SISV1",
        "KeyValues": [],
    }
    assert "ExtendedSchoolEnrolmentInfo" not in mapping.lay_on(BASE, {"local_student_id": ""}, ["local_student_id"])


def test_codes_of_pasi_in_any_order_and_twice_are_one_value():
    listed = [{"Key": "GrantsProgramCodes", "Value": code} for code in ("500", "301", "500")]
    document = {**BASE, "ExtendedSchoolEnrolmentInfo": {"Name": "SISV1", "KeyValues": listed}}
    assert mapping.values(document)["grants_program_codes"] == "301 500"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"PASICoreVersion": 99, "EffectiveUtc": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, True),
        ({"RefId": str(REF_ID).upper()}, True),
        ({"Grade": "10"}, False),
        ({"SchoolCode": "4802"}, False),
        ({"StateProvinceId": "987654321"}, False),
        ({"SchoolYear": 2026}, False),
        ({"IsDeleted": True}, False),
        ({"Grade": None}, False),
    ],
)
def test_whether_pasi_holds_what_was_sent(changes, same):
    sent = {**BASE, "Grade": "09"}
    assert mapping.same_content(sent, {**sent, **changes}) is same


def test_columns_of_a_bare_record():
    found = mapping.columns({"RefId": str(REF_ID), "PASICoreVersion": 1, "IsDeleted": False})
    assert (found["key"], found["school_year"], found["updated_by"], found["start_date"]) == (
        str(REF_ID),
        None,
        "",
        None,
    )


def test_codes_that_are_a_member_of_their_own_go_there_and_back():
    """As the courses of a section: a list of texts, in no order of PASI's."""
    entity = dataclasses.replace(
        ENTITY, fields=(Field("course_codes", "CourseCodes", Type.CODES),), submit=Submit("SubmitSection", "Section")
    )
    theirs = {"CourseCodes": ["SST3771", "MAT3791"], "Description": "kept"}
    assert generic.values(entity, theirs) == {"course_codes": "MAT3791 SST3771"}
    assert generic.values(entity, {"CourseCodes": None}) == generic.values(entity, {}) == {"course_codes": ""}
    ours = generic.lay_on(entity, theirs, {"course_codes": "LAN1000 MAT3791"}, ["course_codes"])
    assert ours == {"CourseCodes": ["LAN1000", "MAT3791"], "Description": "kept"}
    assert generic.lay_on(entity, theirs, {"course_codes": ""}, ["course_codes"]) == {"Description": "kept"}
