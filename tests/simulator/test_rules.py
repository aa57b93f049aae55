"""The rejections as a table: one change to a good enrolment, the codes it must bring."""

from __future__ import annotations

import dataclasses

import pytest

from pasi_simulator.codes import FIXED
from pasi_simulator.rules.case import Case, failed
from pasi_simulator.rules.enrolment import (
    REJECTIONS,
    START_OUTSIDE_YEAR,
    TOO_MANY_VALUES,
    UNKNOWN_KEY,
    VALUE_NOT_ALLOWED,
    YEAR_NOT_ACCEPTED,
)
from pasi_simulator.rules.structure import caller_problems, enrolment_problems
from tests.simulator.program import enrolment, extended

ASN = "123456789"
GOOD = Case(
    enrolment=enrolment(ASN),
    current=None,
    student={"StateProvinceId": ASN},
    school={"SchoolCode": "9101"},
    accepted_years=range(2025, 2029),
    owns_submitted=True,
    owns_current=True,
)


def codes(case: Case) -> list[str]:
    return [rejection.code for rejection in failed(REJECTIONS, case)]


def with_changes(**changes) -> Case:
    return dataclasses.replace(GOOD, enrolment=GOOD.enrolment | changes)


def with_pairs(*pairs, **changes) -> Case:
    return with_changes(ExtendedSchoolEnrolmentInfo=extended(*pairs), **changes)


def test_a_good_enrolment_passes():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"RegistrationExitDate": "2026-09-02"}, []),  # the same day is allowed
        ({"RegistrationExitDate": "2026-09-01"}, ["10016"]),
        ({"RegistrationExitDate": "2027-12-31"}, []),
        ({"RegistrationExitDate": "2028-01-01"}, ["10088"]),
        ({"RegistrationStartDate": "2026-01-01"}, []),
        ({"RegistrationStartDate": "2025-12-31"}, [START_OUTSIDE_YEAR]),
        ({"SchoolYear": 2029}, [YEAR_NOT_ACCEPTED, START_OUTSIDE_YEAR, "10088"]),
        ({"SchoolProvidedProgramPercentage": 50}, ["10064"]),
        ({"SchoolProvidedProgramPercentage": 101}, ["9013", "10064"]),
        ({"SchoolProvidedProgramPercentage": -1}, ["9013", "10064"]),
    ],
)
def test_dates_years_and_percentage(changes, expected):
    assert codes(with_changes(**changes)) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("LocalStudentId", "1234567890abcde")], []),
        ([("LocalStudentId", "1234567890abcdef")], [VALUE_NOT_ALLOWED]),
        ([("LocalStudentId", "")], [VALUE_NOT_ALLOWED]),
        ([("LocalStudentId", "1"), ("LocalStudentId", "2")], [TOO_MANY_VALUES]),
        ([("ResidentBoard", "0001")], []),
        ([("ResidentBoard", "0000")], [VALUE_NOT_ALLOWED]),
        ([("FrancophoneBoard", "12")], [VALUE_NOT_ALLOWED]),
        ([("FrenchHoursOfInstruction", "9999")], []),
        ([("FrenchHoursOfInstruction", "0")], [VALUE_NOT_ALLOWED]),
        ([("FNMIDeclaration", "333")], []),
        ([("FNMIDeclaration", "999")], [VALUE_NOT_ALLOWED]),
        ([("EnrolmentTypeCodes", "121"), ("EnrolmentTypeCodes", "600"), ("EnrolmentTypeCodes", "418")], []),
        ([("ExceptionCodes", code) for code in ("51", "52", "53")], [TOO_MANY_VALUES]),
        ([("GrantsProgramCodes", code) for code in ("211", "230", "500", "600")], [TOO_MANY_VALUES]),
        ([("GrantsProgramCodes", "999")], [VALUE_NOT_ALLOWED]),
        ([("ShoeSize", "7")], [UNKNOWN_KEY]),
        ([("ShoeSize", "7"), ("ResidentBoard", "x")], [UNKNOWN_KEY, VALUE_NOT_ALLOWED]),
    ],
)
def test_extended_information(pairs, expected):
    assert codes(with_pairs(*pairs)) == expected


def test_unknown_list_name():
    other = extended(("LocalStudentId", "1"), name="SISV2")
    assert codes(with_changes(ExtendedSchoolEnrolmentInfo=other)) == [UNKNOWN_KEY]


@pytest.mark.parametrize(("program", "passes"), [("610", True), ("612", True), ("611", False)])
def test_percentage_needs_610_or_612(program, passes):
    case = with_pairs(("GrantsProgramCodes", program), SchoolProvidedProgramPercentage=50)
    assert codes(case) == ([] if passes else ["10064"])


@pytest.mark.parametrize(("grade", "program", "refused"), [
    ("09", "413", False), ("10", "413", True), ("12", "460", True), ("10", "415", False), ("11", "211", False),
    (None, "413", False),
])  # fmt: skip
def test_language_programs_end_before_grade_10(grade, program, refused):
    case = with_pairs(("GrantsProgramCodes", program), Grade=grade)
    assert codes(case) == (["10133"] if refused else [])


def test_lookups():
    assert codes(dataclasses.replace(GOOD, student=None)) == ["9002"]
    assert codes(dataclasses.replace(GOOD, school=None)) == ["9003"]
    assert codes(dataclasses.replace(GOOD, student={"StateProvinceId": ASN, "IsDeactivated": True})) == ["9009"]
    secondary = {"StateProvinceId": ASN, "PrimaryStateProvinceId": "987654321"}
    [rejection] = failed(REJECTIONS, dataclasses.replace(GOOD, student=secondary))
    assert rejection.code == "9011"
    assert "987654321" in rejection.message
    primary = {"StateProvinceId": ASN, "PrimaryStateProvinceId": ASN}
    assert codes(dataclasses.replace(GOOD, student=primary)) == []


def test_ownership_of_either_school():
    assert codes(dataclasses.replace(GOOD, owns_submitted=False)) == ["10058"]
    taken = dataclasses.replace(GOOD, current=enrolment(ASN, school="9201"), owns_current=False)
    [rejection] = failed(REJECTIONS, taken)
    assert (rejection.code, "9201" in rejection.message) == ("10058", True)


def test_nothing_changed_ignores_what_pasi_sets_and_the_order_of_the_list():
    pairs = (("GrantsProgramCodes", "211"), ("LocalStudentId", "7"))
    stored = GOOD.enrolment | {
        "ExtendedSchoolEnrolmentInfo": extended(*reversed(pairs)),
        "PASICoreVersion": 8_800_001,
        "EffectiveUtc": "2026-11-20T00:00:00Z",
        "LastUpdate": {"UserName": "A", "OrganizationCode": "O.1"},
    }
    assert codes(dataclasses.replace(with_pairs(*pairs), current=stored)) == ["9023"]
    assert codes(dataclasses.replace(with_pairs(*pairs, Grade="10"), current=stored)) == []


def test_deleting_asks_only_for_what_still_matters():
    wrong = with_pairs(("ShoeSize", "7"), RegistrationExitDate="2020-01-01", IsDeleted=True)
    assert codes(wrong) == []
    assert codes(dataclasses.replace(wrong, owns_submitted=False, student=None)) == ["9002", "10058"]


def test_every_failing_rule_is_listed():
    case = with_pairs(("ShoeSize", "7"), RegistrationExitDate="2024-01-01", SchoolProvidedProgramPercentage=5)
    assert codes(dataclasses.replace(case, student=None)) == ["9002", "10016", "10064", "10088", UNKNOWN_KEY]


def test_the_table_is_fit_to_be_printed():
    assert len({rule.number for rule in REJECTIONS}) == len(REJECTIONS)
    for rule in REJECTIONS:
        assert rule.number.isdigit()
        assert rule.title and rule.source and rule.member


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"ExitDateType": None}, "ExitDateType"),
        ({"RegistrationExitDate": None}, "RegistrationExitDate"),
        ({"ProgrammingType": ""}, "ProgrammingType"),
        ({"ProgrammingType": "Irregular"}, "ProgrammingType"),
        ({"Grade": "13"}, "Grade"),
        ({"StateProvinceId": "12345678x"}, "StateProvinceId"),
        ({"SchoolCode": "91"}, "SchoolCode"),
    ],
)
def test_structure_names_the_member(changes, member):
    [(path, _)] = list(enrolment_problems(GOOD.enrolment | changes))
    assert path == f"StudentSchoolEnrolment.{member}"


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("Zoë Müller-O'Neil", True), (" Ana", False), ("Ana ", False), ("Ana  Moreau", False), ("Ana\tM", False),
        ("Łucja", False), ("Kēhaulani", False), ("ᐊᓄᕌᖅ", False), ("Ana\x85M", False), ("", False), ("ÿ", True),
    ],
)  # fmt: skip
def test_content_rule_on_the_callers_name(text, passes):
    problems = list(caller_problems({"ClientMessageID": "x", "User": {"Name": text}}))
    assert problems == [] if passes else problems[0][0] == "CallerInfo.User.Name"


def test_content_rule_on_submitted_text():
    [(path, _)] = list(enrolment_problems(with_pairs(("LocalStudentId", "Ł7")).enrolment))
    assert path == "StudentSchoolEnrolment.ExtendedSchoolEnrolmentInfo.KeyValues[0].Value"


def test_code_values_keep_their_lengths():
    for code in FIXED:
        assert len(code.code_class) <= 30
        assert len(code.text) <= 50
        assert max(len(code.english), len(code.french)) <= 160
