"""Both sides of the wire against a SOAP stack that shares no code with ours, over mutual TLS.

What two readers of one WSDL make of each other's XML shows what a golden file cannot: that namespaces, order, nil, dates
and faults are the contract's, not our habit.
"""

import datetime as dt
from typing import Any

import pytest

from operations.actor import SYNC
from pasi_connect.models import ConnectionSettings, ContractChange
from pasi_connect.soap import answers, gateway
from pasi_connect.soap.contract import contract
from pasi_connect.soap.gateway import Purpose
from tests.contract.soap.node import as_read, to_write
from tests.contract.soap.records import (
    AWKWARD,
    BARE,
    CANNED,
    GET,
    GET_SECTIONS,
    NIL,
    PARTS,
    SUBMIT,
    SUBMIT_SECTIONS,
    UNKNOWN,
    caller,
    enrolment,
    section,
)
from tests.pasi_connect.world import SCHOOL_CODES, pasi_student
from tests.simulator_process import AUTHORITY, new_asn

pytestmark = [pytest.mark.slow_process, pytest.mark.django_db]

OPERATIONS = contract().operations
READS = sorted(set(OPERATIONS) - {SUBMIT, SUBMIT_SECTIONS, *PARTS})
PURPOSE = Purpose(SYNC, f"A.{AUTHORITY}")


class Wire:
    """node-soap's client, spoken to in our values."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.answer = b""  # the XML of the last answer

    def ask(self, operation: str, request: dict[str, Any], **who: str) -> dict[str, Any]:
        members = {"CallerInfo": caller(), **request}
        members["CallerInfo"]["User"].update(who)
        told = self.client.tell(operation=operation, request=to_write(members, OPERATIONS[operation].request))
        self.answer = told["answer"].encode()
        return told

    def call(self, operation: str, request: dict[str, Any]) -> Any:
        """The result as node-soap read it."""
        told = self.ask(operation, request)
        assert "fault" not in told, told["fault"]
        return told["value"][f"{operation}Result"]

    def in_our_reading(self, operation: str) -> answers.Answer:
        """The same bytes, taken in as the gateway takes them in: schema check and decoding."""
        return answers.read(OPERATIONS[operation], 200, self.answer, True)


@pytest.fixture
def wire(client) -> Wire:
    return Wire(client)


# node-soap as a client of the simulator --------------------------------------------------------------------------


def test_the_served_contract_names_every_operation_and_its_own_address(world, client):
    assert set(client.about["operations"]) == set(OPERATIONS)
    assert client.about["location"] == world.pasi.url


@pytest.fixture
def district(world) -> dict[str, dict[str, Any]]:
    """Records with full, nil and awkward members; per operation a request that finds them."""
    pasi, asn, other = world.pasi, new_asn(), new_asn()
    names = {"FirstName": AWKWARD, "LastName": "Varga", "IsNameExact": False, "IsPreferred": True}
    pasi.load(
        Student=[
            pasi_student(other),
            pasi_student(
                asn,
                SecondaryStateProvinceIds=[other],
                PreferredName=names,
                OtherNames=[names, {**names, "IsPreferred": False, "MiddleName": "Ève"}],
            ),
        ]
    )
    pasi._ask(
        "PATCH",
        f"/control/records/School/{SCHOOL_CODES[0]}/",
        {"Address": {"City": "Trois-Pins", "StreetAddress": "1 < 2"}, "Classifications": ["Public", "K-9"]},
    )
    kept = {**enrolment(asn), "ExtendedSchoolEnrolmentInfo": {"KeyValues": [], "Name": "SISV1"}}
    kept["ExtendedSchoolEnrolmentInfo"]["KeyValues"] += [
        {"Key": "ResidentBoard", "Value": "0017"},
        {"Key": "GrantsProgramCode1", "Value": "610"},
    ]
    bare = enrolment(other, ExitDateType=None, RegistrationExitDate=None)
    pasi.load(StudentSchoolEnrolment=[kept, bare])
    lesson = section(CourseCodes=["MAT3791", "SST3771"], InstructionalMinutesOffered=0, Description="Zoë's & co")
    pasi.load(Section=[{n: v.isoformat() if isinstance(v, dt.date) else v for n, v in lesson.items()}])
    version = pasi.enrolment(kept["RefId"])["PASICoreVersion"]
    return {
        "HelloWorld": {},
        "GetCodeValues": {"LastKnownSourceVersion": 0},
        "GetAcceptedRegistrationStatus": {},
        "IsDataAvailable": {
            "TypeInfos": [
                {"Hash": None, "MaxPASICoreVersion": 0, "NotificationType": "StudentSchoolEnrolment.2027"},
                {"Hash": "AAAA", "MaxPASICoreVersion": 0, "NotificationType": "StudentSchoolEnrolment.2026"},
                {"MaxPASICoreVersion": version, "NotificationType": "School"},
            ],
            "WaitTimeInMinutes": 0,
        },
        "GetSchoolInformation": {
            "SchoolCodes": [{"ExpectedVersion": 0, "Key": code} for code in (*SCHOOL_CODES, "0000")]
        },
        "GetSchoolAuthorityInformation": {"SchoolAuthorityCodes": [{"ExpectedVersion": 0, "Key": AUTHORITY}]},
        "GetStudent": {"StateProvinceIds": [{"ExpectedVersion": 0, "Key": key} for key in (asn, other, "999999999")]},
        "GetSourceDocumentTypeQualityValues": {"LastKnownSourceVersion": 0},
        GET: {
            "RefIds": [
                {"ExpectedVersion": expected, "RefId": key}
                for expected, key in ((version, kept["RefId"]), (0, bare["RefId"]), (0, UNKNOWN))
            ]
        },
        GET_SECTIONS: {
            "RefIds": [{"ExpectedVersion": 0, "RefId": lesson["RefId"]}, {"ExpectedVersion": 0, "RefId": UNKNOWN}]
        },
    }


@pytest.mark.parametrize("operation", READS)
def test_both_stacks_read_the_same_answer_to_the_same_request(world, wire, district, operation):
    theirs = wire.call(operation, district[operation])
    ours = gateway.call(operation, district[operation], PURPOSE)
    same = wire.in_our_reading(operation)
    assert ours.outcome == same.outcome == "accepted"
    assert same.value, "an empty answer would show nothing"
    assert theirs == as_read(same.value, OPERATIONS[operation].answer)
    if operation != "HelloWorld":  # which tells the time
        assert ours.value == same.value
    by_node, by_us = (dict(call["request"]) for call in world.pasi.calls(operation)[-2:])
    assert by_node.pop("CallerInfo")["User"]["Name"] == "Ana Moreau"
    assert by_us.pop("CallerInfo")["User"]["Name"] != "Ana Moreau"
    assert by_node == by_us


def test_an_awkward_text_comes_through_whole(wire, district):
    [full, _, unknown] = wire.call("GetStudent", district["GetStudent"])["StudentResponse"]
    assert full["Student"]["PreferredName"]["FirstName"] == AWKWARD
    assert full["Student"]["IdentificationRecord"]["BirthDate"] == {"$date": "2012-03-04T00:00:00.000Z"}
    assert unknown["AvailabilityStatus"] == "Unknown"
    assert unknown["Student"]["IdentificationRecord"] is None


@pytest.fixture
def new(world) -> dict[str, Any]:
    """A record that PASI does not hold yet, of a student that it knows."""
    asn = new_asn()
    world.pasi.load(Student=[pasi_student(asn)])
    return enrolment(asn, LastUpdate=None)


def submit(wire: Wire, record: dict[str, Any]) -> tuple[Any, gateway.Answer]:
    theirs = wire.call(SUBMIT, {"StudentSchoolEnrolment": record})
    same = wire.in_our_reading(SUBMIT)
    assert theirs == as_read(same.value, OPERATIONS[SUBMIT].answer)
    return theirs, same


def test_a_submit_of_node_soap_is_accepted_and_then_read_by_ours(world, wire, new):
    extended = {"KeyValues": [{"Key": "ResidentBoard", "Value": "0017"}], "Name": "SISV1"}
    theirs, _ = submit(wire, {**new, "ExtendedSchoolEnrolmentInfo": extended})
    assert (theirs["Id"].lower(), theirs["Rejections"]) == (new["RefId"], None)
    request = {"RefIds": [{"ExpectedVersion": theirs["PASICoreVersion"], "RefId": new["RefId"]}]}
    [row] = gateway.call(GET, request, PURPOSE).value
    got = row["StudentSchoolEnrolment"]
    wanted = {**new, "ExtendedSchoolEnrolmentInfo": extended, "PASICoreVersion": theirs["PASICoreVersion"]}
    del wanted["LastUpdate"]
    assert {name: got[name] for name in wanted} == wanted
    assert got["LastUpdate"] == {"OrganizationCode": f"A.{AUTHORITY}", "UserName": "Ana Moreau"}


def test_the_same_submit_of_both_stacks_reaches_pasi_alike(world, wire, new):
    submit(wire, new)
    gateway.call(SUBMIT, {"StudentSchoolEnrolment": new}, PURPOSE, writes=True)
    by_node, by_us = (call["request"]["StudentSchoolEnrolment"] for call in world.pasi.calls(SUBMIT)[-2:])
    assert by_node == by_us


def test_a_batch_of_node_soap_is_judged_record_by_record_and_then_read_by_ours(world, wire):
    good, twin = section(), section(CourseCodes=["SST3771"])
    theirs = wire.call(SUBMIT_SECTIONS, {"Sections": [good, twin]})
    same = wire.in_our_reading(SUBMIT_SECTIONS)
    assert theirs == as_read(same.value, OPERATIONS[SUBMIT_SECTIONS].answer)
    made, refused = theirs["SubmitResponses"]["SubmitResponse"]
    assert (made["Id"].lower(), made["Rejections"]) == (good["RefId"], None)
    assert [row["Code"] for row in refused["Rejections"]["RejectionInfo"]] == ["40104"]
    request = {"RefIds": [{"ExpectedVersion": made["PASICoreVersion"], "RefId": good["RefId"]}]}
    [row] = gateway.call(GET_SECTIONS, request, PURPOSE).value
    wanted = {**good, "PASICoreVersion": made["PASICoreVersion"]}
    assert {name: row["Section"][name] for name in wanted} == wanted
    ours = gateway.call(SUBMIT_SECTIONS, {"Sections": [good, twin]}, PURPOSE, writes=True)
    assert [[one["Code"] for one in each["Rejections"]] for each in ours.value["SubmitResponses"]] == [
        ["3004"],
        ["40104"],
    ]
    by_node, by_us = (call["request"]["Sections"] for call in world.pasi.calls(SUBMIT_SECTIONS)[-2:])
    assert by_node == by_us


def test_the_parts_of_a_student_by_node_soap_reach_pasi_like_ours(world, wire):
    """Three submits, each at the version that the one before has answered; every other one by our gateway."""
    asn = new_asn()
    world.pasi.load(Student=[pasi_student(asn)], StudentSchoolEnrolment=[enrolment(asn)])
    student = world.pasi.get(f"/control/records/Student/{asn}/")
    identity = {
        "BirthDate": dt.date(2012, 3, 4),
        "DocumentType": "CanadianPassport",
        "FirstName": "Zoë",
        "IsNameExact": False,
        "LastName": "Varga",
        "RefId": 0,
    }
    name = {"FirstName": "Zo", "IsNameExact": True, "LastName": "Varga", "RefId": 0, "Type": "Alias"}
    at = {"StateProvinceId": asn, "StudentPASICoreVersion": student["PASICoreVersion"]}
    theirs = wire.call("SubmitIdentificationInformation", {**at, "NewIdentificationInformation": identity})
    assert theirs["Rejections"] is None
    at["StudentPASICoreVersion"] = theirs["PASICoreVersion"]
    request = {**at, "NewName": name, "IsPreferred": True, "DeleteName": False}
    ours = gateway.call("SubmitName", request, PURPOSE, writes=True)
    assert ours.outcome == "accepted"
    at["StudentPASICoreVersion"] = ours.value["PASICoreVersion"]
    stored = world.pasi.get(f"/control/records/Student/{asn}/")
    assert (stored["PreferredNameRefId"], stored["PreferredName"]["FirstName"]) == (int(ours.value["Id"]), "Zo")
    pointer = {**at, "PreferredNameRefId": stored["IdentificationRecord"]["NameRefId"]}
    theirs = wire.call("SubmitPreferredName", pointer)
    assert (theirs["Rejections"], theirs["Id"]) == (None, str(pointer["PreferredNameRefId"]))
    again = gateway.call("SubmitPreferredName", pointer, PURPOSE, writes=True)
    assert again.outcome == "version_conflict"


def test_a_rejected_submit_tells_node_soap_the_rule(world, wire, new):
    theirs, same = submit(wire, {**new, "RegistrationExitDate": dt.date(2026, 9, 1)})
    assert "10016" in [row["Code"] for row in theirs["Rejections"]["RejectionInfo"]]
    assert (theirs["PASICoreVersion"], same.outcome) == (0, "rejected")
    assert not world.pasi.calls(SUBMIT)[-1]["applied"]


def test_a_submit_with_an_old_version_is_a_conflict_for_node_soap(wire, new):
    first, _ = submit(wire, new)
    theirs, same = submit(wire, {**new, "Grade": "10"})
    assert [row["Code"] for row in theirs["Rejections"]["RejectionInfo"]] == ["3004"]
    assert theirs["PASICoreVersion"] == first["PASICoreVersion"]
    assert same.outcome == "version_conflict"
    again, _ = submit(wire, {**new, "Grade": "10", "PASICoreVersion": first["PASICoreVersion"]})
    assert again["PASICoreVersion"] > first["PASICoreVersion"]


@pytest.mark.parametrize(
    ("code", "side"),
    [("1008", "Client"), ("2001", "Server"), ("3004", "Client"), ("9001", "Server"), ("9014", "Server")],
)
def test_a_fault_of_the_simulator_is_read_alike(world, wire, code, side):
    world.pasi.knobs(fault={"code": code, "operation": "HelloWorld", "times": 2})
    told = wire.ask("HelloWorld", {})
    ours = gateway.call("HelloWorld", {}, PURPOSE)
    fault = told["fault"]["detail"]["PASIFault"]
    assert (told["status"], told["fault"]["faultcode"].split(":")[1]) == (500, side)
    assert told["fault"]["faultstring"] == f"{code}: {fault['FaultString']}"
    assert (ours.code, ours.detail) == (code, fault["FaultString"]) == (fault["FaultCode"], ours.detail)


def test_node_soap_is_told_that_it_may_not_act_for_another_authority(wire):
    told = wire.ask("HelloWorld", {}, OrganizationCode="A.9999")
    assert told["fault"]["detail"]["PASIFault"]["FaultCode"] == "1008"
    assert wire.call("HelloWorld", {})["Message"] == "Hello from PASI Core"


# node-soap as PASI, our gateway as the client --------------------------------------------------------------------


def answering(server: Any, operation: str, value: Any) -> None:
    told = {f"{operation}Result": to_write(value, OPERATIONS[operation].answer)}
    assert server.tell(value=told) == {"ready": True}


def test_node_soap_serves_every_operation_of_our_file(server):
    assert set(server.about["operations"]) == set(CANNED) == set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(CANNED))
def test_the_gateway_and_node_soap_as_pasi_understand_each_other(server, operation):
    request, value = CANNED[operation]
    answering(server, operation, value)
    said = gateway.call(operation, request, PURPOSE, seconds=10)
    assert (said.outcome, said.detail) == ("accepted", "")
    assert said.value == value
    heard = server.heard()
    assert (heard["operation"], heard["client"]) == (operation, "client")
    members = heard["request"]["request"]
    assert members.pop("CallerInfo")["User"]["OrganizationCode"] == f"A.{AUTHORITY}"
    assert members == (as_read(request, OPERATIONS[operation].request) or {})


def test_nil_and_absent_stay_apart_in_an_answer(server):
    rows = [{"AvailabilityStatus": "Normal", "StudentSchoolEnrolment": row} for row in (BARE, NIL)]
    answering(server, GET, rows)
    absent, nil = (row["StudentSchoolEnrolment"] for row in gateway.call(GET, CANNED[GET][0], PURPOSE).value)
    assert set(nil) - set(absent) == {"Grade", "RegistrationExitDate", "LastUpdate", "ExtendedSchoolEnrolmentInfo"}
    assert nil["Grade"] is None


def test_nil_and_absent_stay_apart_in_a_request(server):
    answering(server, SUBMIT, CANNED[SUBMIT][1])
    for record in (BARE, NIL):
        gateway.call(SUBMIT, {"StudentSchoolEnrolment": record}, PURPOSE, writes=True)
        assert server.heard()["request"]["request"]["StudentSchoolEnrolment"] == record


@pytest.mark.parametrize(
    ("codes", "outcome"), [(["10016", "10088"], "rejected"), (["3004"], "version_conflict"), (["9023"], "no_change")]
)
def test_rejections_of_node_soap_are_understood(server, codes, outcome):
    rows = [{"Code": code, "Message": f"{AWKWARD} {code}"} for code in codes]
    answering(server, SUBMIT, {"Id": UNKNOWN, "PASICoreVersion": 3, "Rejections": rows})
    said = gateway.call(SUBMIT, CANNED[SUBMIT][0], PURPOSE, writes=True)
    assert (said.outcome, said.value["PASICoreVersion"]) == (outcome, 3)
    assert [(row["code"], row["message"]) for row in said.rejections] == [(r["Code"], r["Message"]) for r in rows]


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(("code", "outcome"), [("9014", "not_yet"), ("1008", "not_authorized"), ("9001", "unknown")])
def test_a_fault_of_node_soap_is_understood(server, status, code, outcome):
    detail = {"PASIFault": {"FaultCode": code, "FaultString": "Not <now> & here"}}
    server.tell(
        fault={"faultcode": "soap:Server", "faultstring": f"{code}: see detail", "detail": detail}, status=status
    )
    said = gateway.call(SUBMIT, CANNED[SUBMIT][0], PURPOSE, writes=True)
    assert (said.outcome, said.code, said.detail) == (outcome, code, "Not <now> & here")


@pytest.mark.parametrize(
    "broken",
    [
        {"Id": UNKNOWN, "Rejections": {"RejectionInfo": []}},
        {"Id": UNKNOWN, "PASICoreVersion": "soon", "Rejections": {"RejectionInfo": []}},
        {"Id": UNKNOWN, "PASICoreVersion": None, "Rejections": {"RejectionInfo": []}},
    ],
    ids=["member missing", "wrong type", "nil where none may be"],
)
def test_an_answer_of_node_soap_outside_the_contract_says_nothing(server, broken):
    server.tell(value={f"{SUBMIT}Result": broken})
    said = gateway.call(SUBMIT, CANNED[SUBMIT][0], PURPOSE, writes=True)
    assert (said.outcome, said.value) == ("unknown", None)
    assert "contract" in said.detail


def test_a_member_that_the_contract_does_not_have_is_skipped_and_told(server):
    more = {"Id": UNKNOWN, "PASICoreVersion": 1, "Rejections": {"RejectionInfo": []}, "Surprise": 1}
    server.tell(value={f"{SUBMIT}Result": more})
    said = gateway.call(SUBMIT, CANNED[SUBMIT][0], PURPOSE, writes=True)
    assert (said.outcome, said.value["PASICoreVersion"]) == ("accepted", 1)
    assert ContractChange.objects.get().place.endswith("Surprise")


def test_members_in_the_wrong_namespace_are_no_answer(server):
    """What node-soap's server writes when it does not look at the schema: right names, all in the service's namespace."""
    server.tell(blind={"HelloWorldResult": to_write(CANNED["HelloWorld"][1], OPERATIONS["HelloWorld"].answer)})
    said = gateway.call("HelloWorld", {}, PURPOSE, seconds=10)
    assert (said.outcome, said.value) == ("pasi_fault", None)
    assert "contract" in said.detail


def test_node_soap_as_pasi_takes_no_expired_certificate(world, server):
    """node-soap hangs up without naming a reason: nothing was sent, and people are told what it may be."""
    files = world.pasi.files
    ConnectionSettings.objects.update(
        certificate_file=str(files.expired_client), key_file=str(files.key_of(files.expired_client))
    )
    answering(server, "HelloWorld", CANNED["HelloWorld"][1])
    said = gateway.call("HelloWorld", {}, PURPOSE, seconds=5)
    assert (said.outcome, said.code) == ("unavailable", "HANDSHAKE")
    assert "certificate" in said.detail
    world.connect(files.client)
    ConnectionSettings.objects.update(endpoint_url=server.about["address"])
    assert gateway.call("HelloWorld", {}, PURPOSE, seconds=5).good
    assert server.heard()["client"] == "client"
    assert server.lines.empty()
