"""Identification and names of a student over the wire: one version for the whole student, what a submit makes of the names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from lxml import html

from pasi_simulator.rules.documents import QUALITY
from tests.simulator.program import keys, student
from tests.simulator.test_reads import RECORDS, load_pupil
from tests.simulator.xml import members_xml

IDENTIFY, NAME, PREFER = "SubmitIdentificationInformation", "SubmitName", "SubmitPreferredName"


@pytest.fixture
def pupil(pasi) -> str:
    """The ASN of a student of ours who is identified by a birth certificate, and whose names PASI keeps since long."""
    made = student(CreatedOnUtc="2020-01-15T08:00:00Z")
    made["IdentificationRecord"]["DocumentType"] = "AlbertaBirthCertificate"
    load_pupil(pasi, pupil=made)
    return made["StateProvinceId"]


def stored(pasi, asn: str) -> dict:
    return pasi.control("GET", f"{RECORDS}/Student/{asn}/")


def names_of(pasi, asn: str) -> dict[int, str]:
    return {name["RefId"]: name["FirstName"] for name in stored(pasi, asn)["StudentNames"] if not name["IsDeleted"]}


def identification(pasi, asn: str, version: int | None = None, **changes) -> dict:
    """The submit of the identification as it is, with changes."""
    now = stored(pasi, asn)
    record = {name: value for name, value in now["IdentificationRecord"].items() if value is not None}
    for name in ("Gender", "NameRefId", "EffectiveUtc"):
        record.pop(name, None)
    record |= changes
    return {
        "StateProvinceId": asn,
        "StudentPASICoreVersion": now["PASICoreVersion"] if version is None else version,
        "NewIdentificationInformation": record,
    }


def alias(pasi, asn: str, first: str, ref_id: int = 0, preferred=False, delete=False, **changes) -> dict:
    now = stored(pasi, asn)
    name = {"RefId": ref_id, "FirstName": first, "LastName": "Quill", "IsNameExact": True, "Type": "Alias"} | changes
    return {
        "StateProvinceId": asn,
        "StudentPASICoreVersion": now["PASICoreVersion"],
        "NewName": name,
        "IsPreferred": preferred,
        "DeleteName": delete,
    }


def pointer(pasi, asn: str, ref_id: int) -> dict:
    version = stored(pasi, asn)["PASICoreVersion"]
    return {"StateProvinceId": asn, "StudentPASICoreVersion": version, "PreferredNameRefId": ref_id}


def test_a_corrected_identification_is_given_back_by_get_student(pasi, pupil):
    sent = identification(pasi, pupil, BirthDate="2012-03-05", DocumentNumber="41A7", DocumentIssueDate="2012-04-01")
    result = pasi.submit_part(IDENTIFY, sent, organization="S.9101").result
    assert result["Rejections"] == []
    [answer] = pasi.call("GetStudent", keys("StateProvinceIds", (pupil, int(result["PASICoreVersion"])))).result
    record = answer["Student"]["IdentificationRecord"]
    assert (record["BirthDate"], record["DocumentNumber"], record["DocumentIssueDate"]) == (
        "2012-03-05",
        "41A7",
        "2012-04-01",
    )
    assert (record["Gender"], record["RefId"]) == ("Female", result["Id"])
    assert answer["Student"]["PASICoreVersion"] == result["PASICoreVersion"]
    [call] = pasi.calls(operation=IDENTIFY)
    assert (call["outcome"], call["applied"], call["key"]) == ("accepted", True, pupil)


def test_a_new_name_with_a_new_document_leaves_the_old_one_as_an_alias(pasi, pupil):
    sent = identification(pasi, pupil, FirstName="Maren", DocumentType="CanadianPassport")
    assert pasi.submit_part(IDENTIFY, sent).codes == []
    now = stored(pasi, pupil)
    assert {name["FirstName"]: name["Type"] for name in now["StudentNames"]} == {"Mara": "Alias", "Maren": "Legal"}
    assert now["OriginalNameRefId"] == now["StudentNames"][0]["RefId"]
    assert now["PreferredNameRefId"] == now["IdentificationRecord"]["NameRefId"] == now["StudentNames"][1]["RefId"]
    assert [name["FirstName"] for name in now["OtherNames"]] == ["Mara"]
    back = identification(pasi, pupil, FirstName="Mara", DocumentType="AlbertaBirthCertificate")
    assert pasi.submit_part(IDENTIFY, back).codes == []
    assert len(stored(pasi, pupil)["StudentNames"]) == 2  # the name that is there already is taken again


def test_another_name_with_the_same_document_corrects_in_place_but_never_the_old_original(pasi, pupil):
    assert pasi.submit_part(IDENTIFY, identification(pasi, pupil, FirstName="Marah")).codes == []
    assert list(names_of(pasi, pupil).values()) == ["Mara", "Marah"]
    assert pasi.submit_part(IDENTIFY, identification(pasi, pupil, FirstName="Marra")).codes == []
    assert list(names_of(pasi, pupil).values()) == ["Mara", "Marra"]


def test_within_thirty_days_the_original_name_is_corrected_in_place(pasi):
    made = student(CreatedOnUtc="2026-11-01T08:00:00Z")
    made["IdentificationRecord"]["DocumentType"] = "AlbertaBirthCertificate"
    load_pupil(pasi, pupil=made)
    asn = made["StateProvinceId"]
    assert pasi.submit_part(IDENTIFY, identification(pasi, asn, FirstName="Marah")).codes == []
    assert list(names_of(pasi, asn).values()) == ["Marah"]


def test_parts_are_chained_by_the_returned_version(pasi, pupil):
    first = pasi.submit_part(IDENTIFY, identification(pasi, pupil, DocumentNumber="1234")).result
    stale = identification(pasi, pupil, version=int(first["PASICoreVersion"]) - 1, DocumentNumber="5678")
    result = pasi.submit_part(IDENTIFY, stale).result
    assert [row["Code"] for row in result["Rejections"]] == ["3004"]
    assert (result["PASICoreVersion"], result["Id"]) == (first["PASICoreVersion"], "0")
    request = alias(pasi, pupil, "Mim") | {"StudentPASICoreVersion": int(first["PASICoreVersion"])}
    second = pasi.submit_part(NAME, request).result
    assert int(second["PASICoreVersion"]) > int(first["PASICoreVersion"])


def test_of_many_submits_at_one_version_exactly_one_wins(pasi, pupil):
    requests_made = [identification(pasi, pupil, DocumentNumber=f"000{n}") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda request: pasi.submit_part(IDENTIFY, request).codes, requests_made))
    assert sorted(codes) == [[]] + [["3004"]] * 5


def test_an_empty_update_makes_no_version(pasi, pupil):
    before = stored(pasi, pupil)["PASICoreVersion"]
    for operation, request in (
        (IDENTIFY, identification(pasi, pupil)),
        (PREFER, pointer(pasi, pupil, stored(pasi, pupil)["PreferredNameRefId"])),
    ):
        assert pasi.submit_part(operation, request).codes == ["9023"]
        assert pasi.calls(operation=operation)[-1]["outcome"] == "no_change"
    assert stored(pasi, pupil)["PASICoreVersion"] == before


def test_a_preferred_name_in_one_call_and_back_to_the_legal_one(pasi, pupil):
    legal = stored(pasi, pupil)["IdentificationRecord"]["NameRefId"]
    made = pasi.submit_part(NAME, alias(pasi, pupil, "Mim", preferred=True)).result
    now = stored(pasi, pupil)
    assert now["PreferredNameRefId"] == int(made["Id"])
    assert (now["PreferredName"]["FirstName"], now["PreferredName"]["IsPreferred"]) == ("Mim", True)
    assert pasi.submit_part(PREFER, pointer(pasi, pupil, legal)).codes == []
    now = stored(pasi, pupil)
    assert now["PreferredName"] is None
    assert [name["FirstName"] for name in now["OtherNames"]] == ["Mim"]
    assert pasi.submit_part(PREFER, pointer(pasi, pupil, 17)).codes == ["9006"]


def test_names_are_changed_deleted_and_protected(pasi, pupil):
    now = stored(pasi, pupil)
    legal = now["IdentificationRecord"]["NameRefId"]
    made = int(pasi.submit_part(NAME, alias(pasi, pupil, "Mim")).result["Id"])
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mimi", ref_id=made)).codes == []
    assert names_of(pasi, pupil)[made] == "Mimi"
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mimi")).codes == ["11201"]
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mo", ref_id=legal)).codes == ["11227", "9049"]
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mo", ref_id=17)).codes == ["9006"]
    assert pasi.submit_part(PREFER, pointer(pasi, pupil, made)).codes == []
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mimi", ref_id=made, delete=True)).codes == ["11236"]
    assert pasi.submit_part(PREFER, pointer(pasi, pupil, legal)).codes == []
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mimi", ref_id=made, delete=True)).codes == []
    assert made not in names_of(pasi, pupil)
    assert pasi.submit_part(PREFER, pointer(pasi, pupil, made)).codes == ["9006"]


def test_rejections_over_the_wire(pasi, pupil):
    twin, gone = student(), student(IsDeactivated=True)
    for other in (twin, gone):
        load_pupil(pasi, pupil=other)
    same = twin["IdentificationRecord"]
    for changes, expected in (
        ({"DocumentType": None}, ["65031"]),
        ({"DocumentReferenceId": "0f8fad5b-d9cb-469f-a165-70867728950e"}, ["9006", "65093"]),
        ({"DocumentType": "StudentDocumentVerified"}, ["12006"]),
        ({"DocumentType": "FromSIS"}, ["11225", "11210"]),
        ({"DocumentType": "ParentDeclaration"}, ["11210"]),
        ({"DocumentIssueDate": "2012-03-03"}, ["11233"]),
        ({"FirstName": "Ma.ra", "LastName": "Qu--ill", "Suffix": ".Jr"}, ["11203", "11220", "11224"]),
        ({"RefId": 17}, ["9006"]),
        ({"FirstName": same["FirstName"], "LastName": same["LastName"], "BirthDate": same["BirthDate"]}, ["11406"]),
    ):
        result = pasi.submit_part(IDENTIFY, identification(pasi, pupil, **changes)).result
        assert [row["Code"] for row in result["Rejections"]] == expected, changes
        assert int(result["PASICoreVersion"]) == stored(pasi, pupil)["PASICoreVersion"]
    body = identification(pasi, gone["StateProvinceId"], DocumentType="Unverified")
    assert pasi.submit_part(IDENTIFY, body).codes == ["9010"]
    unknown = body | {"StateProvinceId": "999999999"}
    assert pasi.submit_part(IDENTIFY, unknown).codes == ["9002"]


def test_a_student_of_others_and_a_secondary_number_are_refused(pasi, pupil):
    foreign = student()
    load_pupil(pasi, school="9201", pupil=foreign)
    asn = foreign["StateProvinceId"]
    assert pasi.submit_part(NAME, alias(pasi, asn, "Mim")).codes == ["9010"]
    pasi.control("PATCH", f"{RECORDS}/Student/{pupil}/", {"PrimaryStateProvinceId": asn})
    result = pasi.submit_part(NAME, alias(pasi, pupil, "Mim")).result
    assert "9011" in [row["Code"] for row in result["Rejections"]]
    assert asn in result["Rejections"][0]["Message"]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"FirstName": ""}, "FirstName"),
        ({"LastName": None}, "LastName"),
        ({"FirstName": "Łucja"}, "FirstName"),
        ({"BirthDate": "2012-02-30"}, "BirthDate"),
        ({"DocumentType": "LibraryCard"}, "DocumentType"),
        ({"DocumentNumber": "12345"}, "DocumentNumber"),
        ({"Suffix": "x" * 16}, "Suffix"),
    ],
)
def test_structure_of_an_identification(pasi, pupil, changes, member):
    answer = pasi.submit_part(IDENTIFY, identification(pasi, pupil, **changes))
    assert answer.fault == "3002"
    assert member in answer.fault_text


def test_structure_of_a_name_and_of_a_number(pasi, pupil):
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mim", Type="Nickname")).fault == "3002"
    assert pasi.submit_part(NAME, alias(pasi, pupil, "Mim") | {"StateProvinceId": "12"}).fault == "3002"


def test_the_service_needs_its_role(pasi, pupil):
    roles = ["Hello World User", "PASI Client Role"]
    pasi.write_clients(pasi.client(roles=roles))
    assert pasi.submit_part(IDENTIFY, identification(pasi, pupil, DocumentNumber="1")).fault == "1007"


def test_a_dropped_answer_is_applied_and_the_version_protects_from_a_second_one(pasi, pupil):
    sent = alias(pasi, pupil, "Mim")
    pasi.knobs(answer_dropped=1)
    with pytest.raises(requests.ConnectionError):
        pasi.submit_part(NAME, sent)
    assert pasi.submit_part(NAME, sent).codes == ["3004"]
    assert list(names_of(pasi, pupil).values()) == ["Mara", "Mim"]


def test_qualities_of_documents_all_or_nothing(pasi):
    def qualities(version: int) -> dict:
        request = members_xml({"LastKnownSourceVersion": version})
        return pasi.call("GetSourceDocumentTypeQualityValues", request).result

    full = qualities(0)
    rows = {row["CodeText"]: int(row["QualityValue"]) for row in full["SourceDocumentTypeQualityValues"]}
    assert rows == QUALITY
    assert qualities(int(full["SourceVersion"]))["SourceDocumentTypeQualityValues"] == []


# By hand -------------------------------------------------------------------------------------------------------------


def test_a_record_by_hand_gets_its_list_of_names(pasi):
    names = {"FirstName": "Mim", "LastName": "Quill", "IsNameExact": True, "IsPreferred": True}
    made = student(PreferredName=names, OtherNames=[names | {"FirstName": "Mo", "IsPreferred": False}])
    pasi.control("POST", "/control/load/", {"Student": [made]})
    asn = made["StateProvinceId"]
    now = stored(pasi, asn)
    assert [(name["FirstName"], name["Type"]) for name in now["StudentNames"]] == [
        ("Mara", "Legal"),
        ("Mim", "Alias"),
        ("Mo", "Alias"),
    ]
    changed = pasi.control("PATCH", f"{RECORDS}/Student/{asn}/", {"PreferredName": None})
    assert changed["PreferredNameRefId"] == changed["IdentificationRecord"]["NameRefId"]
    changed = pasi.control("PATCH", f"{RECORDS}/Student/{asn}/", {"OtherNames": []})
    assert [name["FirstName"] for name in changed["StudentNames"] if not name["IsDeleted"]] == ["Mara"]


def test_the_pasiprep_page_of_a_student(pasi):
    base = f"http://127.0.0.1:{pasi.control_port}"
    pupil, record = load_pupil(pasi)
    asn = pupil["StateProvinceId"]
    enrolment_page = html.fromstring(requests.get(f"{base}/enrolments/{record['RefId']}/", timeout=5).text)
    [path] = [link for link in enrolment_page.xpath("//a/@href") if link.startswith("/students/")]
    assert asn not in path

    def post(**changes) -> requests.Response:
        tree = html.fromstring(requests.get(f"{base}{path}", timeout=5).text)
        entered = dict(tree.forms[0].form_values()) | {"name": "Rosa Lund", "organization": "S.9101"} | changes
        return requests.post(f"{base}{path}", data=entered, timeout=5, headers={"Origin": base})

    answer = post(action="identification", Suffix="Jr.", DocumentType="CanadianPassport", DocumentNumber="77AB")
    assert answer.status_code == 200, answer.text
    now = stored(pasi, asn)
    assert (now["IdentificationRecord"]["Suffix"], now["IdentificationRecord"]["DocumentNumber"]) == ("Jr.", "77AB")
    refused = post(action="identification", DocumentType="ParentDeclaration")
    assert refused.status_code == 400
    problem = html.fromstring(refused.text).get_element_by_id("f-DocumentType-problem").text_content()
    assert "11210" in problem
    assert post(**{"action": "alias", "alias.FirstName": "Mim", "alias.LastName": "Quill"}).status_code == 200
    ref_id = stored(pasi, asn)["StudentNames"][-1]["RefId"]
    assert post(action=f"prefer.{ref_id}").status_code == 200
    assert stored(pasi, asn)["PreferredName"]["FirstName"] == "Mim"
    assert "11236" in post(action=f"remove.{ref_id}").text
    assert post(action="identification", version="1").status_code == 400
    assert requests.get(f"{base}/students/999999999/", timeout=5).status_code == 404
