"""Technical codes: each in its place in the order of checks."""

from __future__ import annotations

import pytest
import requests

from tests.simulator.certificates import Authority
from tests.simulator.program import ROLES, V9, enrolment, envelope, keys, student

CODE_VALUES = f'<LastKnownSourceVersion xmlns="{V9}">0</LastKnownSourceVersion>'


def test_hello_world(pasi):
    answer = pasi.call("HelloWorld")
    assert answer.status == 200
    assert answer.result["Message"]
    [call] = pasi.calls(operation="HelloWorld")
    assert (call["outcome"], call["user"], call["organization"]) == ("accepted", "Ana Moreau", "A.9001")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"certificate_sha256": "00" * 32}, "1001"),
        ({"certificate_active": False}, "1002"),
        ({"client_active": False}, "1003"),
        ({"organizations": []}, "1004"),
        ({"ip_addresses": ["10.9.9.9"]}, "1006"),
        ({"roles": ["PASI Client Role"]}, "1007"),
        ({"organizations": ["A.9002"]}, "1008"),
        ({"ip_addresses": ["127.0.0.1"]}, None),
        ({"organizations": ["O.1", "A.9001"]}, None),
    ],
)
def test_client_and_certificate(pasi, changes, code):
    pasi.write_clients(pasi.client(**changes))
    answer = pasi.call("HelloWorld")
    assert answer.fault == code
    if code:
        assert answer.status == 500
        assert answer.fault_text.startswith(f"{code}: ")
        assert pasi.calls(outcome="fault")[-1]["fault_code"] == code


def test_a_certificate_registered_twice(pasi):
    pasi.write_clients(pasi.client(), pasi.client(name="Other"))
    assert pasi.call("HelloWorld").fault == "1004"


def test_certificates_that_tls_refuses(pasi, tmp_path):
    body = envelope("HelloWorld")
    for pair in (Authority(tmp_path, "Foreign").issue("foreign"), pasi.authority.issue("expired", expired=True)):
        with pytest.raises(requests.ConnectionError):
            pasi.post(body, pair)
    with pytest.raises(requests.ConnectionError):
        requests.post(pasi.url, data=body, verify=str(pasi.authority.path), timeout=5)


@pytest.mark.parametrize(
    ("organization", "code"),
    [("A.9001", None), ("S.9101", None), ("S.9201", "1008"), ("S.0000", "1008"), ("A.9002", "1008"), ("O.1", "1008")],
)
def test_organizations_that_the_client_may_name(pasi, organization, code):
    assert pasi.call("HelloWorld", organization=organization).fault == code


@pytest.mark.parametrize(("operation", "request_xml", "role"), [
    ("HelloWorld", "", 0), ("GetCodeValues", CODE_VALUES, 0), ("GetAcceptedRegistrationStatus", "", 1),
    ("GetStudent", keys("StateProvinceIds"), 1), ("GetSchoolInformation", keys("SchoolCodes"), 1),
    ("GetSchoolAuthorityInformation", keys("SchoolAuthorityCodes"), 1),
])  # fmt: skip
def test_role_of_each_operation(pasi, operation, request_xml, role):
    pasi.write_clients(pasi.client(roles=[ROLES[role]]))
    assert pasi.call(operation, request_xml).fault is None
    pasi.write_clients(pasi.client(roles=[r for r in ROLES if r != ROLES[role]]))
    assert pasi.call(operation, request_xml).fault == "1007"


def test_role_of_enrolment_operations(pasi):
    pasi.write_clients(pasi.client(roles=ROLES[:2]))
    assert pasi.get_enrolment("11111111-1111-1111-1111-111111111111").fault == "1007"
    assert pasi.submit(enrolment("123456789")).fault == "1007"


def test_role_comes_before_organization_and_organization_before_structure(pasi):
    pasi.write_clients(pasi.client(roles=[]))
    assert pasi.call("HelloWorld", organization="A.9002").fault == "1007"
    pasi.write_clients(pasi.client())
    assert pasi.call("HelloWorld", organization="A.9002", name="").fault == "1008"
    assert pasi.call("HelloWorld", name="").fault == "3002"


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<a/>",
        envelope("HelloWorld").replace(b"HelloWorld", b"GoodbyeWorld"),
        envelope("HelloWorld").replace(b"<Product>", b"<Extra>1</Extra><Product>"),
        envelope("HelloWorld", "<More/>"),
        envelope("HelloWorld").replace(b"urn:pasi:core:service:2020", b"urn:other"),
        b'<!DOCTYPE x [<!ENTITY e "boom">]>' + envelope("HelloWorld", name="&e;"),
    ],
)
def test_what_does_not_match_the_schema(pasi, body):
    response = pasi.post(body)
    assert response.status_code == 500
    assert b"<v9:FaultCode>3001<" in response.content


@pytest.mark.parametrize(
    ("old", "new", "member"),
    [
        (b"<Product>SIS</Product>", b"", "CallerInfo.Software.Product"),
        (b"<Product>SIS<", b"<Product><", "CallerInfo.Software.Product"),
        (b">SIS<", b">" + b"x" * 101 + b"<", "CallerInfo.Software.Product"),
        (b">Ana Moreau<", "> Ana Łucja<".encode(), "CallerInfo.User.Name"),
        (b">2026-11-20T15:00:00Z<", b">yesterday<", "CallerInfo.SentUtcTime"),
        (b">A.9001<", b"><", "CallerInfo.User.OrganizationCode"),
        (b"<User>", b'<User i:nil="true">', "CallerInfo.User"),
    ],
)
def test_structure_says_which_member(pasi, old, new, member):
    body = envelope("HelloWorld")
    assert old in body
    response = pasi.post(body.replace(old, new))
    assert b"<v9:FaultCode>3002<" in response.content
    assert member.encode() in response.content


def test_long_organization_code_is_not_valid(pasi):
    assert pasi.call("HelloWorld", organization="A.9001x").fault == "1008"


def test_requests_over_64_kb_break_the_connection(pasi):
    small = envelope("HelloWorld")
    fits = small.replace(b"</s:Body>", b" " * (65_536 - len(small)) + b"</s:Body>")
    assert len(fits) == 65_536
    assert pasi.post(fits).status_code == 200
    with pytest.raises(requests.ConnectionError):
        pasi.post(fits + b"\n")
    with pytest.raises(requests.ConnectionError):
        pasi.post(iter([fits, b"\n"]))  # in chunks, without a length
    assert len(pasi.calls(operation="HelloWorld")) == 1


@pytest.mark.parametrize("code", ["2001", "4001", "4002", "9001"])
def test_injected_faults_count_down(pasi, code):
    pasi.knobs(fault={"code": code, "operation": "HelloWorld", "times": 2})
    assert pasi.call("GetAcceptedRegistrationStatus").fault is None
    assert pasi.call("HelloWorld").fault == code
    assert pasi.control("GET", "/control/knobs/")["fault"] == {"code": code, "operation": "HelloWorld", "times": 1}
    assert pasi.call("HelloWorld").fault == code
    assert pasi.call("HelloWorld").fault is None
    assert pasi.control("GET", "/control/knobs/")["fault"] is None


def test_an_injected_fault_saves_nothing(pasi):
    pupil = student()
    pasi.control("POST", "/control/load/", {"Student": [pupil]})
    pasi.knobs(fault={"code": "4001"})
    record = enrolment(pupil["StateProvinceId"])
    assert pasi.submit(record).fault == "4001"
    pasi.control("GET", f"/control/records/StudentSchoolEnrolment/{record['RefId']}/", status=404)


def test_wsdl_names_the_real_address(pasi):
    answer = pasi.http.get(
        f"{pasi.url}?wsdl", cert=(str(pasi.pair.cert), str(pasi.pair.key)), verify=str(pasi.authority.path), timeout=5
    )
    assert f'location="{pasi.url}"'.encode() in answer.content


@pytest.mark.parametrize("content_type", ["application/json", "application/soap+xml"])
def test_only_soap_1_1(pasi, content_type):
    pair = (str(pasi.pair.cert), str(pasi.pair.key))
    answer = pasi.http.post(
        pasi.url,
        data=b"{}",
        headers={"Content-Type": content_type},
        cert=pair,
        verify=str(pasi.authority.path),
        timeout=5,
    )
    assert answer.status_code == 415
