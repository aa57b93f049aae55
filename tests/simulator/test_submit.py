"""SubmitStudentSchoolEnrolment over the wire: lock, replacement, rejections, trouble on the way."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lxml import etree

from tests.simulator.program import enrolment, enrolment_xml, envelope, extended, student
from tests.simulator.test_reads import RECORDS


@pytest.fixture
def pupil(pasi):
    made = student()
    pasi.control("POST", "/control/load/", {"Student": [made]})
    return made["StateProvinceId"]


def stored(pasi, record) -> dict:
    return pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")


def created(pasi, pupil, **changes) -> dict:
    """A submitted enrolment with its version, ready to be changed and sent again."""
    record = enrolment(pupil, **changes)
    result = pasi.submit(record).result
    assert result["Rejections"] == []
    return record | {"PASICoreVersion": int(result["PASICoreVersion"])}


def test_create_and_update(pasi, pupil):
    record = enrolment(pupil, ExtendedSchoolEnrolmentInfo=extended(("LocalStudentId", "77")))
    result = pasi.submit(record, organization="S.9101").result
    assert result["Id"] == record["RefId"]
    found = stored(pasi, record)
    assert found["PASICoreVersion"] == int(result["PASICoreVersion"]) > 8_800_000
    assert found["LastUpdate"] == {"UserName": "Ana Moreau", "OrganizationCode": "S.9101"}
    assert found["ExtendedSchoolEnrolmentInfo"] == extended(("LocalStudentId", "77"))
    again = record | {"PASICoreVersion": found["PASICoreVersion"], "RegistrationExitDate": "2027-03-01"}
    second = pasi.submit(again).result
    assert int(second["PASICoreVersion"]) > found["PASICoreVersion"]
    [one, two] = pasi.calls(key=record["RefId"])
    assert [one["outcome"], two["outcome"]] == ["accepted", "accepted"]
    assert two["applied"] and two["version"] == int(second["PASICoreVersion"])
    assert two["request"]["StudentSchoolEnrolment"]["RegistrationExitDate"] == "2027-03-01"


def test_a_submit_replaces_the_whole_record(pasi, pupil):
    record = created(pasi, pupil, ExtendedSchoolEnrolmentInfo=extended(("ResidentBoard", "0017")))
    del record["ExtendedSchoolEnrolmentInfo"], record["Grade"]
    pasi.submit(record)
    found = stored(pasi, record)
    assert (found["Grade"], found["ExtendedSchoolEnrolmentInfo"]) == (None, None)


def test_version_conflicts(pasi, pupil):
    fresh = enrolment(pupil, PASICoreVersion=5)
    result = pasi.submit(fresh).result
    assert result["PASICoreVersion"] == "0"
    assert result["Rejections"] == [{"Code": "3004", "Message": "Core (0) and Client (5) versions are not equal"}]
    record = created(pasi, pupil)
    version = record["PASICoreVersion"]
    for wrong in (0, version - 1):
        result = pasi.submit(record | {"PASICoreVersion": wrong, "Grade": "10"}).result
        assert result["PASICoreVersion"] == str(version)
        [rejection] = result["Rejections"]
        assert rejection["Message"] == f"Core ({version}) and Client ({wrong}) versions are not equal"
    assert stored(pasi, record)["Grade"] == "09"


def test_version_conflict_as_fault(pasi, pupil):
    record = created(pasi, pupil)
    pasi.knobs(version_conflict_as_fault=True)
    answer = pasi.submit(record | {"PASICoreVersion": 0})
    assert answer.fault == "3004"
    assert f"Core ({record['PASICoreVersion']}) and Client (0)" in answer.fault_text
    assert pasi.calls(key=record["RefId"])[-1]["outcome"] == "fault"


def test_deleting_and_undeleting(pasi, pupil):
    record = created(pasi, pupil)
    deleted = int(pasi.submit(record | {"IsDeleted": True}).result["PASICoreVersion"])
    assert stored(pasi, record)["IsDeleted"] is True
    result = pasi.submit(record | {"PASICoreVersion": deleted - 1}).result
    assert "Core (0) and Client" in result["Rejections"][0]["Message"]
    undeleted = int(pasi.submit(record | {"PASICoreVersion": 0}).result["PASICoreVersion"])
    assert stored(pasi, record)["IsDeleted"] is False
    deleted = pasi.submit(record | {"IsDeleted": True, "PASICoreVersion": undeleted}).result["PASICoreVersion"]
    assert pasi.submit(record | {"PASICoreVersion": int(deleted)}).codes == []


def test_an_empty_update_makes_no_version(pasi, pupil):
    record = created(pasi, pupil, ExtendedSchoolEnrolmentInfo=extended(("LocalStudentId", "1")))
    result = pasi.submit(record).result
    assert [r["Code"] for r in result["Rejections"]] == ["9023"]
    assert int(result["PASICoreVersion"]) == record["PASICoreVersion"] == stored(pasi, record)["PASICoreVersion"]
    call = pasi.calls(key=record["RefId"])[-1]
    assert (call["outcome"], call["applied"]) == ("no_change", False)


def test_rejections_over_the_wire(pasi, pupil):
    secondary, gone = student(PrimaryStateProvinceId=pupil), student(IsDeactivated=True)
    pasi.control("POST", "/control/load/", {"Student": [secondary, gone]})
    good = enrolment(pupil)
    for changes, expected in (
        ({"StateProvinceId": "999999999"}, ["9002"]),
        ({"SchoolCode": "9999"}, ["9003", "10058"]),
        ({"StateProvinceId": gone["StateProvinceId"]}, ["9009"]),
        ({"StateProvinceId": secondary["StateProvinceId"]}, ["9011"]),
        ({"SchoolCode": "9201"}, ["10058"]),
        ({"RegistrationExitDate": "2026-09-01"}, ["10016"]),
        ({"RegistrationExitDate": "2028-02-01", "SchoolProvidedProgramPercentage": 40}, ["10064", "10088"]),
        ({"Grade": "10", "ExtendedSchoolEnrolmentInfo": extended(("GrantsProgramCodes", "413"))}, ["10133"]),
    ):
        result = pasi.submit(good | changes).result
        assert [r["Code"] for r in result["Rejections"]] == expected
        assert result["PASICoreVersion"] == "0"
    assert {call["outcome"] for call in pasi.calls(key=good["RefId"])} == {"rejected"}
    pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{good['RefId']}/", status=404)


def test_a_rejected_update_names_the_current_version(pasi, pupil):
    record = created(pasi, pupil)
    result = pasi.submit(record | {"RegistrationExitDate": "2026-08-01"}).result
    assert [r["Code"] for r in result["Rejections"]] == ["10016"]
    assert int(result["PASICoreVersion"]) == record["PASICoreVersion"]


def test_a_school_acts_for_itself_only(pasi, pupil):
    assert pasi.submit(enrolment(pupil, school="9102"), organization="S.9101").codes == ["10058"]
    record = created(pasi, pupil, school="9102")
    assert pasi.submit(record | {"SchoolCode": "9101"}, organization="S.9101").codes == ["10058"]
    assert pasi.submit(record | {"SchoolCode": "9101"}).codes == []


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"RegistrationExitDate": None}, "RegistrationExitDate"),
        ({"Grade": "13"}, "Grade"),
        ({"ExitDateType": "Vanished"}, "ExitDateType"),
        ({"StateProvinceId": "12345"}, "StateProvinceId"),
        ({"RegistrationStartDate": "2026-02-30"}, "RegistrationStartDate"),
        ({"RefId": "not-a-guid"}, "RefId"),
        ({"SchoolYear": "soon"}, "SchoolYear"),
        ({"ExtendedSchoolEnrolmentInfo": extended(("LocalStudentId", "Ł7"))}, "KeyValues[0].Value"),
    ],
)
def test_structure_of_a_submit(pasi, pupil, changes, member):
    answer = pasi.submit(enrolment(pupil) | changes)
    assert answer.fault == "3002"
    assert member in answer.fault_text


def test_a_dropped_answer_is_applied_once_and_logged(pasi, pupil):
    record = enrolment(pupil)
    pasi.knobs(answer_dropped=1)
    with pytest.raises(requests.ConnectionError):
        pasi.submit(record)
    version = stored(pasi, record)["PASICoreVersion"]
    [call] = pasi.calls(key=record["RefId"])
    assert (call["outcome"], call["applied"], call["version"]) == ("accepted", True, version)
    assert pasi.control("GET", "/control/knobs/")["answer_dropped"] == 0
    assert pasi.submit(record).codes == ["3004"]
    assert stored(pasi, record)["PASICoreVersion"] == version


def test_a_cut_answer_is_applied(pasi, pupil):
    record = enrolment(pupil)
    pasi.knobs(truncated={"times": 1, "operation": "SubmitStudentSchoolEnrolment"})
    assert pasi.call("HelloWorld").fault is None
    with pytest.raises(etree.XMLSyntaxError):
        pasi.submit(record)
    assert stored(pasi, record)["Grade"] == "09"


def test_an_html_page_stands_in_front(pasi, pupil):
    record = enrolment(pupil)
    pasi.knobs(html=2)
    pasi.available(("School", 0))  # long polls do not use it up
    for left in (1, 0):
        response = pasi.post(envelope("SubmitStudentSchoolEnrolment", enrolment_xml(record)))
        assert (response.status_code, response.headers["Content-Type"][:9]) == (200, "text/html")
        assert pasi.control("GET", "/control/knobs/")["html"] == left
    pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", status=404)
    assert pasi.submit(record).codes == []


def test_unavailable_closes_connections_and_ends(pasi, pupil):
    pasi.call("HelloWorld")
    pasi.knobs(unavailable=True)
    with pytest.raises(requests.ConnectionError):
        pasi.call("HelloWorld")
    with pytest.raises(requests.ConnectionError):
        pasi.submit(enrolment(pupil))
    with socket.create_connection(("127.0.0.1", pasi.port), timeout=2) as bare:
        assert bare.recv(1) == b""  # closed before TLS begins
    pasi.knobs(unavailable=False)
    assert pasi.call("HelloWorld").fault is None


def test_delay(pasi):
    pasi.knobs(delay_ms=300)
    started = time.monotonic()
    pasi.call("HelloWorld")
    assert time.monotonic() - started >= 0.3


def test_the_node_waits_for_a_version_and_then_gives_up(pasi, pupil):
    record = created(pasi, pupil)
    pasi.knobs(node_lag_ms=400)
    current = pasi.control("PATCH", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", {"Grade": "08"})
    started = time.monotonic()
    assert pasi.submit(record | {"PASICoreVersion": current["PASICoreVersion"], "Grade": "07"}).codes == []
    assert time.monotonic() - started > 0.2
    pasi.knobs(node_wait_ms=100, node_lag_ms=60_000)
    current = pasi.control("PATCH", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", {"Grade": "06"})
    assert pasi.submit(record | {"PASICoreVersion": current["PASICoreVersion"], "Grade": "05"}).fault == "9014"


def test_of_many_at_once_exactly_one_wins(pasi, pupil):
    record = created(pasi, pupil)
    grades = [f"{n:02d}" for n in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda grade: pasi.submit(record | {"Grade": grade}).codes, grades))
    assert sorted(codes) == [[]] + [["3004"]] * 7
    assert stored(pasi, record)["Grade"] == grades[codes.index([])]


def test_historical_years_are_taken_and_read_but_not_announced(pasi, pupil):
    """2022 on 20 November 2026: behind the window of news, still written and read by the services."""
    pasi.knobs(today="2026-11-20")
    record = created(
        pasi, pupil, SchoolYear=2022, RegistrationStartDate="2021-09-02", RegistrationExitDate="2022-06-24"
    )
    version = pasi.submit(record | {"Grade": "08"}).result["PASICoreVersion"]
    assert stored(pasi, record)["Grade"] == "08"
    announced = pasi.available(("StudentSchoolEnrolment.2022", 0)).result["TypeInfos"][0]["IdVersions"]
    assert record["RefId"] not in [pair["Id"] for pair in announced]
    ancient = enrolment(pupil, year=2016)
    assert [row["Code"] for row in pasi.submit(ancient).result["Rejections"]] == ["10001"]
    assert int(version) > record["PASICoreVersion"]
