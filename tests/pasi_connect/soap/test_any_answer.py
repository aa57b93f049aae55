"""Whatever PASI says within its contract, and whatever it adds to it, is an outcome: the door never raises, nor do those who stand behind it."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from operations.actor import SYNC
from operations.models import Notice
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.models import ConnectionSettings, ContractChange, EnrolmentCopy, Exchange, LinkState
from pasi_connect.models.exchange import Outcome
from pasi_connect.services.pull import copies, pulling, reading, reference
from pasi_connect.soap import gateway, limits
from pasi_connect.soap.contract import contract
from pasi_connect.soap.gateway import Purpose
from pasi_connect.soap.transport import Answer as Reply
from tests.pasi_connect.soap import schema_answers
from tests.pasi_connect.soap.schema_answers import OPERATIONS, answers_of, faults, with_strangers
from tests.pasi_connect.soap.server import BadServer
from tests.simulator_process import AUTHORITY

pytestmark = pytest.mark.django_db

PURPOSE = Purpose(SYNC, f"A.{AUTHORITY}")
REF_ID = "6b0c1f4e-58a1-4c8e-9a57-0d2f7f7f1a11"
STUDENT = {"StateProvinceId": "410000001", "StudentPASICoreVersion": 1}
NAME = {"FirstName": "Ines", "LastName": "Varga", "IsNameExact": True, "RefId": 0}
REQUESTS = {
    "HelloWorld": {},
    "GetAcceptedRegistrationStatus": {},
    "GetCodeValues": {"LastKnownSourceVersion": 0},
    "IsDataAvailable": {"TypeInfos": [], "WaitTimeInMinutes": 0},
    "GetSchoolInformation": {"SchoolCodes": []},
    "GetSchoolAuthorityInformation": {"SchoolAuthorityCodes": []},
    "GetStudent": {"StateProvinceIds": []},
    "GetSourceDocumentTypeQualityValues": {"LastKnownSourceVersion": 0},
    "SubmitIdentificationInformation": {
        **STUDENT,
        "NewIdentificationInformation": {**NAME, "BirthDate": dt.date(2012, 3, 4)},
    },
    "SubmitName": {**STUDENT, "NewName": {**NAME, "Type": "Alias"}, "IsPreferred": True, "DeleteName": False},
    "SubmitPreferredName": {**STUDENT, "PreferredNameRefId": 1},
    "GetStudentSchoolEnrolment": {"RefIds": []},
    "SubmitStudentSchoolEnrolment": {
        "StudentSchoolEnrolment": {"IsDeleted": False, "PASICoreVersion": 0, "RefId": REF_ID}
    },
    "GetSection": {"RefIds": []},
    "SubmitSection": {"Sections": [{"IsDeleted": False, "PASICoreVersion": 0, "RefId": REF_ID}]},
}
FIXED = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


class Says:
    """A line to a PASI that gives the body that was put down for the operation which it is asked for."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}

    def transport(self, connection) -> "Says":
        return self

    def post(self, url: str, body: bytes, action: str, seconds: float) -> Reply:
        return Reply(200, self.bodies[action.rpartition("/")[2]].encode())


@pytest.fixture
def ours(world):
    """An enrolment that is in step with the simulator, before PASI begins to say other things."""
    return world.in_step()


@pytest.fixture
def pasi_says(ours):
    usual, line = gateway.line(), Says()
    gateway._local.line = line
    yield line
    gateway._local.line = usual


def test_every_operation_of_the_schema_is_asked():
    assert set(OPERATIONS) == set(REQUESTS) == set(contract().operations)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_that_fits_the_contract_is_an_outcome(pasi_says, operation):
    @settings(FIXED, max_examples=30)
    @given(body=answers_of(operation))
    def ask(body: str) -> None:
        pasi_says.bodies[operation] = body
        answer = gateway.call(operation, REQUESTS[operation], PURPOSE, seconds=5, writes=operation.startswith("Submit"))
        assert answer.outcome in ("accepted", "rejected", "no_change", "version_conflict"), answer.detail
        assert answer.value is not None
        assert LinkState.load().state == "up"
        assert not answer.strangers

    ask()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_with_something_new_is_read_without_it(pasi_says, operation):
    @settings(FIXED, max_examples=20)
    @given(body=with_strangers(answers_of(operation)))
    def ask(body: str) -> None:
        pasi_says.bodies[operation] = body
        answer = gateway.call(operation, REQUESTS[operation], PURPOSE, seconds=5)
        assert answer.value is not None, answer.detail
        assert answer.strangers or "AvailabilityStatus" not in body
        assert LinkState.load().state == "up"

    ask()


def test_a_fault_of_any_code_is_an_outcome(pasi_says):
    @settings(FIXED, max_examples=60)
    @given(body=faults)
    def ask(body: str) -> None:
        pasi_says.bodies["HelloWorld"] = body
        answer = gateway.call("HelloWorld", {}, PURPOSE, seconds=5)
        row = Exchange.objects.get(pk=answer.exchange_id)
        assert row.outcome in Outcome.values
        row.full_clean(exclude=["message_id", "submission"])  # it fits its columns, whatever the database forgives
        LinkState.load().full_clean(exclude=["id", "since", "next_probe_at", "last_answer_at", "detail"])
        if answer.code not in ("2001", "1007"):
            assert LinkState.load().state == "up"
        LinkState.objects.update(state="up")

    ask()
    assert ContractChange.objects.filter(kind="code", place="FaultCode: 31415").exists()
    assert not ContractChange.objects.filter(place__contains="9014").exists()


def test_bytes_that_are_no_answer_are_kept_as_text(pasi_says, world):
    world.set(keep_bodies=True)
    pasi_says.bodies["HelloWorld"] = "\x00\x00"
    answer = gateway.call("HelloWorld", {}, PURPOSE, seconds=5)
    assert Exchange.objects.get(pk=answer.exchange_id).answer_body == "\ufffd\ufffd"


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
        "HTTP/9 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + "A: b\r\n" * 500 + "\r\n",
    ],
    ids="lengths length chunk version heads".split(),
)
def test_a_line_that_speaks_no_http_is_an_outcome(world, head):
    server = BadServer(world.pasi.files, lambda connection: connection.sendall(head.encode()))
    ConnectionSettings.objects.update(endpoint_url=server.url)
    assert gateway.call("HelloWorld", {}, PURPOSE, seconds=2).outcome == "unavailable"
    assert gateway.call("HelloWorld", {}, PURPOSE, seconds=2, writes=True).outcome == "unknown"
    server.close()


def test_an_answer_that_costs_too_much_is_refused_in_words_and_pasi_is_not_away(pasi_says, monkeypatch):
    monkeypatch.setattr(limits, "MOST_MARKS", 3)
    pasi_says.bodies["HelloWorld"] = schema_answers.envelope("<a/>" * 9)
    answer = gateway.call("HelloWorld", {}, PURPOSE, seconds=5)
    assert (answer.outcome, answer.detail) == ("pasi_fault", "The answer has more elements than any that PASI gives.")
    assert gateway.call("HelloWorld", {}, PURPOSE, seconds=5, writes=True).outcome == "unknown"
    assert LinkState.load().state == "up"


# Those who stand behind the door ---------------------------------------------------------------------------------


@st.composite
def _all_answers(draw, odd: bool):
    def of(name):
        return draw(with_strangers(answers_of(name)) if odd else answers_of(name))

    return {name: of(name) for name in OPERATIONS}


@pytest.mark.parametrize("odd", [False, True], ids=["within", "beyond"])
def test_the_listener_goes_on(ours, pasi_says, world, odd):
    @settings(FIXED, max_examples=25)
    @given(bodies=_all_answers(odd))
    def turn(bodies: dict[str, str]) -> None:
        pasi_says.bodies |= bodies
        pulling.Puller().ask(0, with_hash=True)
        reference.refresh()
        reading.read(SCHOOL_ENROLMENT, [world.link(ours)], PURPOSE)
        assert LinkState.load().state == "up"

    turn()
    assert Notice.objects.filter(kind="contract_changed", school_code="").exists()  # at least an identifier of no use


def test_a_new_element_is_kept_in_the_stored_document_and_told_once(pasi_says, world):
    pasi_says.bodies["GetStudentSchoolEnrolment"] = golden = (
        (schema_answers.WSDL.parents[3] / "tests/pasi_connect/golden/get_enrolment_answer.xml")
        .read_text()
        .partition("?>")[2]
        .replace("<c:Grade>", "<c:Kept><c:Deep>x</c:Deep></c:Kept><c:Grade>")
    )
    pasi_says.bodies["IsDataAvailable"] = schema_answers.envelope(
        f'<IsDataAvailableResponse xmlns="urn:pasi:core:service:2020"><IsDataAvailableResult xmlns:a="{V9}"><a:TypeInfos>'
        "<a:DataNotificationResultTypeInfo><a:IdVersions><a:DataNotificationIdVersion><a:Id>{id}</a:Id><a:Version>8800200</a:Version>"
        "<a:Kept/></a:DataNotificationIdVersion></a:IdVersions><a:IsCompleteSet>false</a:IsCompleteSet>"
        "<a:NotificationType>StudentSchoolEnrolment.2027</a:NotificationType></a:DataNotificationResultTypeInfo></a:TypeInfos>"
        "</IsDataAvailableResult></IsDataAvailableResponse>".replace("{id}", REF_ID)
    )
    assert "c:Kept" in golden
    puller = pulling.Puller()
    assert puller.ask(0).good
    row = EnrolmentCopy.objects.get(key=REF_ID)
    assert b"Kept><c:Deep>x" in copies.unpack(row.document)
    assert (row.grade, row.core_version) == ("09", 8800200)
    told = {(one.operation, one.kind, one.place) for one in ContractChange.objects.all()}
    record = "GetStudentSchoolEnrolmentResult/StudentSchoolEnrolmentResponse/StudentSchoolEnrolment"
    notice = "IsDataAvailableResult/TypeInfos/DataNotificationResultTypeInfo/IdVersions/DataNotificationIdVersion"
    assert told == {
        ("GetStudentSchoolEnrolment", "element", f"{record}/Kept"),
        ("IsDataAvailable", "element", f"{notice}/Kept"),
    }
    pulling.Puller().ask(0)
    assert Notice.objects.filter(kind="contract_changed").count() == 2  # one an operation, however often
    assert LinkState.load().state == "up"


V9 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V2009"


def test_a_status_that_nobody_knows_tells_nothing_of_the_record(ours, pasi_says, world):
    """It is neither gone nor sent again: PASI has not pasi_says what it holds."""
    body = schema_answers.envelope(
        '<GetStudentSchoolEnrolmentResponse xmlns="urn:pasi:core:service:2020"><GetStudentSchoolEnrolmentResult '
        'xmlns:c="http://schemas.datacontract.org/2004/07/PASI.DataContract.V2020"><c:StudentSchoolEnrolmentResponse>'
        "<c:AvailabilityStatus>Merged</c:AvailabilityStatus></c:StudentSchoolEnrolmentResponse>"
        "</GetStudentSchoolEnrolmentResult></GetStudentSchoolEnrolmentResponse>"
    )
    pasi_says.bodies["GetStudentSchoolEnrolment"] = body
    found = reading.read(SCHOOL_ENROLMENT, [world.link(ours)], PURPOSE)
    assert (found.received, found.absent, found.unread) == ([], set(), {world.link(ours).key})
    assert ContractChange.objects.get().place.endswith("AvailabilityStatus: Merged")
