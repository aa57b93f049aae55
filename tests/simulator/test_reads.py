"""Code values, statuses and the Get services."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.simulator.program import V9, enrolment, keys, ref_ids, student

RECORDS = "/control/records"


def code_values(pasi, version: int) -> dict:
    request = f'<LastKnownSourceVersion xmlns="{V9}">{version}</LastKnownSourceVersion>'
    return pasi.call("GetCodeValues", request).result


def load_pupil(pasi, school="9101", year=2027, pupil=None, **changes) -> tuple[dict, dict]:
    pupil = pupil or student()
    record = enrolment(pupil["StateProvinceId"], school=school, year=year, **changes)
    pasi.control("POST", "/control/load/", {"Student": [pupil], "StudentSchoolEnrolment": [record]})
    return pupil, record


def test_code_values_all_or_nothing(pasi):
    full = code_values(pasi, 0)
    classes = {row["CodeClassName"] for row in full["CodeValues"]}
    assert {"ExitDateType", "ProgrammingType", "Grade", "GrantsProgramCode", "SchoolYearType"} <= classes
    [accepted] = [
        r for r in full["CodeValues"] if (r["CodeClassName"], r["CodeText"]) == ("SchoolYearType", "Accepted")
    ]
    assert (accepted["FirstSchoolYear"], accepted["LastSchoolYear"]) == ("2017", "2028")  # historical years too
    assert all(row["FrenchDescription"] for row in full["CodeValues"])
    version = int(full["SourceVersion"])
    assert len(code_values(pasi, version - 1)["CodeValues"]) == len(full["CodeValues"])
    assert code_values(pasi, version)["CodeValues"] == []


def test_another_school_year_makes_the_code_values_newer(pasi):
    before = int(code_values(pasi, 0)["SourceVersion"])
    pasi.knobs(today="2027-08-31")
    assert int(code_values(pasi, before)["SourceVersion"]) == before
    pasi.knobs(today="2027-09-01")
    after = code_values(pasi, before)
    assert int(after["SourceVersion"]) > before
    assert after["CodeValues"]


def test_accepted_registration_status(pasi):
    rows = pasi.call("GetAcceptedRegistrationStatus").result["AcceptedRegistrationStatuses"]
    assert [row["SchoolYear"] for row in rows] == ["2025", "2026", "2027", "2028"]
    assert [row["SchoolYear"] for row in rows if row["IsCurrentSchoolYear"] == "true"] == ["2027"]
    assert "Active" not in rows[0]["RegistrationStatuses"]
    assert "Active" in rows[2]["RegistrationStatuses"]
    assert "Registered" in rows[3]["RegistrationStatuses"]


def test_schools_and_authorities(pasi):
    [known, unknown] = pasi.call("GetSchoolInformation", keys("SchoolCodes", ("9201", 0), ("9999", 0))).result
    assert known["AvailabilityStatus"] == "Normal"
    assert known["School"]["SchoolAuthorityCode"] == "9002"
    assert unknown["AvailabilityStatus"] == "Unknown"
    assert unknown["School"]["SchoolCode"] == "9999"
    assert unknown["School"]["IsActive"] == "false"
    assert unknown["School"]["Name"] is None
    [authority] = pasi.call("GetSchoolAuthorityInformation", keys("SchoolAuthorityCodes", ("9001", 0))).result
    assert authority["SchoolAuthority"]["Name"] == "Example School Division"


def test_unknown_records_are_shells_not_nil(pasi):
    ref_id = str(uuid.uuid4())
    [answer] = pasi.get_enrolment(ref_id).result
    assert answer["AvailabilityStatus"] == "Unknown"
    shell = answer["StudentSchoolEnrolment"]
    assert shell["RefId"] == ref_id
    assert shell["IsDeleted"] == "false"
    assert shell["StateProvinceId"] is None
    newest = pasi.control("GET", "/control/health/")["version"]
    assert len(pasi.get_enrolment(ref_id, newest).result) == 1
    assert pasi.get_enrolment(ref_id, newest + 1).result == []  # announced by another node, it may yet come
    [answer] = pasi.call("GetStudent", keys("StateProvinceIds", ("999999999", 0))).result
    assert answer["Student"]["StateProvinceId"] == "999999999"
    assert answer["Student"]["IdentificationRecord"] is None


def test_get_by_expected_version(pasi):
    _, first = load_pupil(pasi)
    _, second = load_pupil(pasi)
    shown = pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{first['RefId']}/")
    current = shown["PASICoreVersion"]
    for expected in (0, current - 1, current):
        [answer] = pasi.get_enrolment(first["RefId"].upper(), expected).result
        assert answer["StudentSchoolEnrolment"]["PASICoreVersion"] == str(current)
    wanted = ref_ids((second["RefId"], 0), (first["RefId"], current + 1), (second["RefId"], 0))
    answers = pasi.call("GetStudentSchoolEnrolment", wanted).result
    assert [a["StudentSchoolEnrolment"]["RefId"] for a in answers] == [second["RefId"]]


def test_a_lagging_node_knows_what_was_before(pasi):
    _, record = load_pupil(pasi)
    path = f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/"
    old = pasi.control("GET", path)["PASICoreVersion"]
    time.sleep(2.1)
    pasi.knobs(node_lag_ms=2000)
    new = pasi.control("PATCH", path, {"Grade": "08"})["PASICoreVersion"]
    assert pasi.get_enrolment(record["RefId"], new).result == []
    [stale] = pasi.get_enrolment(record["RefId"], old).result
    assert stale["StudentSchoolEnrolment"]["Grade"] == "09"
    _, fresh = load_pupil(pasi)
    assert pasi.get_enrolment(fresh["RefId"], 0).result == []
    time.sleep(2.1)
    [answer] = pasi.get_enrolment(record["RefId"], new).result
    assert answer["StudentSchoolEnrolment"]["Grade"] == "08"


def status(pasi, pupil, record, **caller) -> tuple[str, str]:
    [one] = pasi.call("GetStudent", keys("StateProvinceIds", (pupil["StateProvinceId"], 0)), **caller).result
    [two] = pasi.get_enrolment(record["RefId"], **caller).result
    return one["AvailabilityStatus"], two["AvailabilityStatus"]


def test_other_schools_students_are_no_access(pasi):
    pupil, record = load_pupil(pasi, school="9201")
    assert status(pasi, pupil, record) == ("NoAccess", "NoAccess")
    [shell] = pasi.get_enrolment(record["RefId"]).result
    assert shell["StudentSchoolEnrolment"]["SchoolCode"] is None


def test_an_own_enrolment_opens_the_students_other_enrolments(pasi):
    pupil, elsewhere = load_pupil(pasi, school="9201")
    _, own = load_pupil(pasi, school="9101", pupil=pupil)
    assert status(pasi, pupil, elsewhere) == ("Normal", "Normal")
    assert status(pasi, pupil, elsewhere, organization="S.9102") == ("NoAccess", "NoAccess")
    assert status(pasi, pupil, elsewhere, organization="S.9101") == ("Normal", "Normal")
    pasi.control("DELETE", f"{RECORDS}/StudentSchoolEnrolment/{own['RefId']}/")
    assert status(pasi, pupil, elsewhere) == ("NoAccess", "NoAccess")
    assert status(pasi, pupil, own) == ("NoAccess", "Normal")  # one's own stays one's own


@pytest.mark.parametrize(
    ("exit_date", "expected"), [("2025-11-20", "Normal"), ("2025-11-19", "NoAccess"), (None, "NoAccess")]
)
def test_an_association_lasts_12_months(pasi, exit_date, expected):
    pupil, elsewhere = load_pupil(pasi, school="9201")
    load_pupil(pasi, year=2025, pupil=pupil, RegistrationExitDate=exit_date)
    assert status(pasi, pupil, elsewhere) == (expected, expected)
