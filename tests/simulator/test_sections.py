"""Sections over the wire: batches with an outcome each, reading, notifications, the control API and the pages."""

from __future__ import annotations

import uuid

import pytest
import requests
from lxml import html

from tests.simulator.program import V1204, ref_ids, section
from tests.simulator.test_reads import RECORDS


def path_of(record: dict) -> str:
    return f"{RECORDS}/Section/{record['RefId']}/"


def loaded(pasi, **changes) -> dict:
    record = section(**changes)
    pasi.control("POST", "/control/load/", {"Section": [record]})
    return record | {"PASICoreVersion": pasi.control("GET", path_of(record))["PASICoreVersion"]}


def names(pasi, year=2027, after=0, **caller) -> dict[str, int]:
    [info] = pasi.available((f"Section.{year}", after), **caller).result["TypeInfos"]
    return {pair["Id"]: int(pair["Version"]) for pair in info["IdVersions"]}


def test_a_batch_is_judged_record_by_record(pasi):
    good, bad, other = section(), section(CourseCodes=["MAT3791", "MAT3791"]), section(LocalSectionId="12")
    answer = pasi.submit_sections(good, bad, other)
    assert answer.codes_each == [[], ["40135"], []]
    assert [row["Id"] for row in answer.result["SubmitResponses"]] == [row["RefId"] for row in (good, bad, other)]
    assert [row["PASICoreVersion"] == "0" for row in answer.result["SubmitResponses"]] == [False, True, False]
    stored = pasi.control("GET", path_of(good))
    assert (stored["CourseCodes"], stored["CreditsOffered"]) == (["MAT3791"], 5)
    assert stored["LastUpdate"] == {"UserName": "Ana Moreau", "OrganizationCode": "A.9001"}
    pasi.control("GET", path_of(bad), status=404)
    [call] = pasi.calls(operation="SubmitSection")
    assert (call["outcome"], call["applied"], [row["Code"] for row in call["rejections"]]) == (
        "partly",
        True,
        ["40135"],
    )
    assert pasi.calls(key=other["RefId"].upper()) == [call]


def test_two_of_one_batch_that_are_the_same(pasi):
    first = section()
    second = first | {"RefId": str(uuid.uuid4()), "CourseCodes": ["SST3771"]}
    assert pasi.submit_sections(first, second, first).codes_each == [[], ["40104"], ["3004"]]


def test_lock_replacement_deletion_and_undeletion(pasi):
    record = loaded(pasi, Description="Before")
    version = record["PASICoreVersion"]
    stale = pasi.submit_sections(record | {"PASICoreVersion": version - 1})
    assert stale.codes_each == [["3004"]]
    assert stale.result["SubmitResponses"][0]["PASICoreVersion"] == str(version)
    changed = pasi.submit_sections(record | {"Description": None, "InstructionalLanguage": None}).result
    version = int(changed["SubmitResponses"][0]["PASICoreVersion"])
    now = pasi.control("GET", path_of(record))
    assert (now["Description"], now["InstructionalLanguage"]) == (None, "EN")
    gone = pasi.submit_sections(record | {"IsDeleted": True, "PASICoreVersion": version})
    assert gone.codes_each == [[]] and pasi.control("GET", path_of(record))["IsDeleted"]
    twin = section(**{n: record[n] for n in record if n != "RefId"} | {"PASICoreVersion": 0})
    assert pasi.submit_sections(twin).codes_each == [[]]
    assert pasi.submit_sections(record | {"PASICoreVersion": 0}).codes_each == [["40104"]]
    assert pasi.submit_sections(record | {"PASICoreVersion": 0, "LocalSectionId": "9"}).codes_each == [[]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"LocalSectionId": "123456789"}, "LocalSectionId"),
        ({"SectionTerm": "S3"}, "SectionTerm"),
        ({"CourseCodes": []}, "CourseCodes"),
        ({"Description": "x" * 256}, "Description"),
    ],
)
def test_a_structure_that_is_not_right_ends_the_whole_call(pasi, changes, said):
    good = section()
    answer = pasi.submit_sections(good, section(**changes))
    assert (answer.fault, said in answer.fault_text) == ("3002", True)
    pasi.control("GET", path_of(good), status=404)


def test_a_school_of_another_authority_is_refused(pasi):
    assert pasi.submit_sections(section(school="9201")).codes_each == [["9020"]]
    assert pasi.submit_sections(section(), organization="S.9102").codes_each == [["9020"]]
    assert pasi.submit_sections(section(), organization="S.9101").codes_each == [[]]


def test_an_empty_batch_and_a_version_that_nobody_knows(pasi):
    assert pasi.submit_sections().result["SubmitResponses"] in ([], "")
    pasi.knobs(node_wait_ms=50)
    newest = pasi.control("GET", "/control/health/")["version"]
    assert pasi.submit_sections(section(), section(PASICoreVersion=newest + 1)).fault == "9014"


def test_the_roles_of_marks_are_needed(pasi):
    pasi.write_clients(pasi.client(roles=["PASI Client Role", "View Enrolment User", "Submit Enrolment User"]))
    assert pasi.submit_sections(section()).fault == "1007"
    assert pasi.get_section(str(uuid.uuid4())).fault == "1007"


def test_every_client_reads_a_section_and_only_its_owner_is_told_of_it(pasi):
    own, foreign = loaded(pasi), loaded(pasi, school="9201")
    told = names(pasi)
    assert own["RefId"] in told and foreign["RefId"] not in told
    assert own["RefId"] not in names(pasi, organization="S.9102")
    [mine], [theirs] = pasi.get_section(own["RefId"]).result, pasi.get_section(foreign["RefId"]).result
    assert (mine["AvailabilityStatus"], theirs["AvailabilityStatus"]) == ("Normal", "Normal")
    assert mine["Section"]["CourseCodes"] == ["MAT3791"]
    assert mine["Section"]["LastUpdate"]["UserName"] == "PASIprep user"
    assert theirs["Section"]["LastUpdate"] is None


def test_unknown_keys_and_versions_that_are_yet_to_come(pasi):
    record, unknown = loaded(pasi), str(uuid.uuid4())
    wanted = ref_ids((unknown, 0), (record["RefId"], record["PASICoreVersion"] + 1), space=V1204)
    [answer] = pasi.call("GetSection", wanted).result
    assert (answer["AvailabilityStatus"], answer["Section"]["RefId"]) == ("Unknown", unknown)
    assert (answer["Section"]["IsDeleted"], answer["Section"]["SchoolCode"]) == ("false", None)


def test_sections_are_notified_by_year(pasi):
    record = loaded(pasi, year=2026)
    assert record["RefId"] in names(pasi, 2026) and record["RefId"] not in names(pasi, 2027)
    assert pasi.available(("Section", 0)).fault == "3008"
    version = names(pasi, 2026)[record["RefId"]]
    pasi.control("PATCH", path_of(record), {"CreditsOffered": 3})
    assert list(names(pasi, 2026, after=version)) == [record["RefId"]]


def test_the_control_api(pasi):
    record = loaded(pasi, school="9102")
    [row] = pasi.control("GET", f"{RECORDS}/Section/?SchoolCode=9102&SchoolYear=2026-2027")["results"]
    assert row["RefId"] == record["RefId"]
    assert pasi.control("DELETE", path_of(record))["IsDeleted"] is True
    pasi.control("PATCH", path_of(record), {"LocalSectionId": "123456789"}, status=400)
    pasi.control("DELETE", path_of(record) + "?physical=1")
    pasi.control("GET", path_of(record), status=404)


# The pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def base(pasi):
    return f"http://127.0.0.1:{pasi.control_port}"


def post(base, record, **entered) -> requests.Response:
    path = f"{base}/sections/{record['RefId']}/"
    shown = dict(html.fromstring(requests.get(path, timeout=5).text).forms[0].form_values())
    return requests.post(path, data=shown | entered, timeout=5, headers={"Origin": base})


def test_the_list_of_sections(pasi, base):
    record = loaded(pasi, Description="A <b> section")
    found = requests.get(f"{base}/sections/?school=9101&year=2026-2027", timeout=5)
    links = html.fromstring(found.text).xpath("//table//th/a")
    assert ["A <b> section", f"/sections/{record['RefId']}/"] in [[one.text, one.get("href")] for one in links]
    assert requests.get(f"{base}/sections/?year=2026-2028", timeout=5).status_code == 400
    pages = [requests.get(f"{base}/sections/?school=9202", timeout=5).text]
    assert "Nothing here." in pages[0]


def test_the_pages_of_the_list_follow_each_other(pasi, base):
    records = [loaded(pasi, school="9102", year=2025) for _ in range(51)]
    first = html.fromstring(requests.get(f"{base}/sections/?school=9102&year=2025", timeout=5).text)
    assert len(first.xpath("//tbody/tr")) == 50
    [after] = first.xpath("//nav[@aria-label='More records']/a/@href")
    assert "school=9102" in after
    second = html.fromstring(requests.get(base + after, timeout=5).text)
    assert second.xpath("//table//th/a/@href") == [f"/sections/{records[-1]['RefId']}/"]


def test_a_section_is_changed_by_hand(pasi, base):
    record = loaded(pasi)
    answer = post(base, record, CourseCodes="MAT3791, SST3771", InstructionalMinutesOffered="7500", name="Rosa Lund")
    assert answer.url.endswith("?done=save")
    now = pasi.control("GET", path_of(record))
    assert (now["CourseCodes"], now["InstructionalMinutesOffered"]) == (["MAT3791", "SST3771"], 7500)
    assert now["LastUpdate"]["UserName"] == "Rosa Lund"
    assert post(base, record, action="delete").url.endswith("?done=delete")
    assert pasi.control("GET", path_of(record))["IsDeleted"]
    pasi.submit_sections(record)
    shown = requests.get(f"{base}/sections/{record['RefId']}/", timeout=5).text
    assert "SubmitSection" in shown and f'href="/sections/{record["RefId"]}/"' in requests.get(base + "/calls/").text


@pytest.mark.parametrize(
    ("entered", "place", "said"),
    [
        ({"EndDate": "2026-09-01"}, "EndDate", "40108"),
        ({"CourseCodes": "MAT3791 MAT3791"}, "CourseCodes", "40135"),
        ({"CourseCodes": ""}, "CourseCodes", "mandatory"),
        ({"SchoolCode": "9102"}, "SchoolCode", "40112"),
        ({"CreditsOffered": "many"}, "CreditsOffered", "whole number"),
        ({"LocalSectionId": "123456789"}, "LocalSectionId", "8 characters"),
        ({"organization": "S.9201"}, "SchoolCode", "9020"),
    ],
)
def test_bad_input_is_shown_at_its_field(pasi, base, entered, place, said):
    record = loaded(pasi)
    answer = post(base, record, **entered)
    assert answer.status_code == 400
    assert said in html.fromstring(answer.text).get_element_by_id(f"f-{place}-problem").text_content()
    assert pasi.control("GET", path_of(record))["PASICoreVersion"] == record["PASICoreVersion"]
