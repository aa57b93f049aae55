"""The one door: what is refused before it goes out, what an answer means, what the log and the link's state say."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from operations import clock
from operations.actor import SYNC, Actor
from pasi_connect.models import ConnectionSettings, ContractChange, Exchange, LinkState, SyncSettings
from pasi_connect.services.queue import sweeping
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Purpose
from tests.pasi_connect.soap.server import BadServer, answer
from tests.simulator_process import AUTHORITY

pytestmark = pytest.mark.django_db

PURPOSE = Purpose(SYNC, f"A.{AUTHORITY}")
HELLO = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<HelloWorldResponse xmlns="urn:pasi:core:service:2020">'
    '<HelloWorldResult xmlns:a="http://schemas.datacontract.org/2004/07/PASI.DataContract.V2009">'
    "<a:Message>{}</a:Message><a:ServerUtcTime>2026-11-20T10:00:00Z</a:ServerUtcTime>"
    "</HelloWorldResult></HelloWorldResponse></s:Body></s:Envelope>"
)


def hello(**more):
    return gateway.call("HelloWorld", {}, PURPOSE, seconds=5, **more)


def link():
    return LinkState.objects.get()


@pytest.fixture
def answers(world):
    """Points the connection at a server that gives the body it is told."""
    servers = []

    def serve(body: str | bytes, status: str = "200 OK"):
        raw = body if isinstance(body, bytes) else body.encode()
        servers.append(BadServer(world.pasi.files, answer(raw, status)))
        ConnectionSettings.objects.update(endpoint_url=servers[-1].url)
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def test_pasi_says_hello(world):
    said = hello()
    assert (said.outcome, said.value["Message"]) == ("accepted", "Hello from PASI Core")
    row = Exchange.objects.get(pk=said.exchange_id)
    assert (row.outcome, row.operation, row.organization) == ("accepted", "HelloWorld", f"A.{AUTHORITY}")
    assert (row.person_name, row.person_local_id) == ("[System] Sync", "pasisync")
    assert row.request_bytes > 400 < row.answer_bytes


def test_pasi_is_told_that_the_product_calls_by_itself(world):
    """What PASI received, of a call by hand and of the pull: the generic name, never a person's."""
    hello()
    world.pull()
    calls = world.pasi.calls("HelloWorld") + world.pasi.calls("IsDataAvailable")
    users = [call["request"]["CallerInfo"]["User"] for call in calls]
    assert len(users) > 1
    assert {user["Name"] for user in users} == {"[System] Sync"}
    assert {(user["LocalID"], user["OrganizationCode"]) for user in users} == {("pasisync", f"A.{AUTHORITY}")}
    assert {call["user"] for call in calls} == {"[System] Sync"}


def test_bodies_are_kept_only_while_the_setting_says_so(world):
    SyncSettings.objects.update(keep_bodies=True)
    row = Exchange.objects.get(pk=hello().exchange_id)
    assert "CallerInfo" in row.request_body
    assert "Hello from PASI Core" in row.answer_body
    SyncSettings.objects.update(keep_bodies=False)
    row = Exchange.objects.get(pk=hello().exchange_id)
    assert (row.request_body, row.answer_body) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_the_exchange_is_on_record_before_the_call_and_no_transaction_is_open_around_it(world, answers):
    """A process that is killed during the call leaves the row that says so."""
    seen = []

    def script(_connection):
        from django.db import connection as other

        try:
            seen.extend(Exchange.objects.values_list("operation", "outcome", "answered_at"))
        finally:
            other.close()

    server = answers("")
    server.script = script
    hello()
    assert seen == [("HelloWorld", "", None)]
    assert not connection.in_atomic_block


# Refused before it goes out --------------------------------------------------------------------------------------


def test_more_than_64_kib_are_refused_before_sending(world):
    keys = [{"Key": f"{number:09d}", "ExpectedVersion": 0} for number in range(700)]
    said = gateway.call("GetStudent", {"StateProvinceIds": keys}, PURPOSE)
    assert said.outcome == "our_fault"
    assert "65536" in said.detail
    assert world.pasi.calls("GetStudent") == []
    assert link().state == "up"


def test_what_does_not_fit_the_contract_is_refused_before_sending(world):
    said = gateway.call("IsDataAvailable", {"TypeInfos": [], "WaitTimeInMinutes": "soon"}, PURPOSE)
    assert (said.outcome, said.code) == ("our_fault", "")
    assert "WaitTimeInMinutes" in said.detail
    assert world.pasi.calls("IsDataAvailable") == []


def test_a_person_whose_name_does_not_fit_is_not_sent(world):
    said = gateway.call("HelloWorld", {}, Purpose(Actor(None, "Łucja", "l", "10.0.0.1"), f"A.{AUTHORITY}"))
    assert said.good  # internal processes carry their own name
    person = Actor(world.user.pk, "Łucja", "l", "10.0.0.1")
    said = gateway.call("HelloWorld", {}, Purpose(person, f"A.{AUTHORITY}"))
    assert said.outcome == "our_fault"
    assert len(world.pasi.calls("HelloWorld")) == 1


# What an answer means --------------------------------------------------------------------------------------------

BOMB = (
    '<!DOCTYPE bomb [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;">]>'
)
LOCAL_FILE = '<!DOCTYPE leak [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", "200 OK"),
        ("<html><body>Sorry</body></html>", "200 OK"),
        ("<html><body>Sorry", "503 Service Unavailable"),
        (HELLO.format("Hi")[:-40], "200 OK"),
        (BOMB + HELLO.format("&f;"), "200 OK"),
        (LOCAL_FILE + HELLO.format("&a;"), "200 OK"),
        ("<!DOCTYPE plain>" + HELLO.format("Hi"), "200 OK"),
        (HELLO.format("Hi"), "500 Internal Server Error"),
        ("\x00\x01", "200 OK"),
    ],
    ids="empty html html-503 cut bomb file doctype status binary".split(),
)
def test_what_is_not_pasis_own_answer_says_nothing(answers, body, status):
    answers(body, status)
    assert hello().outcome == "unavailable"
    said = hello(writes=True)
    assert (said.outcome, said.value) == ("unknown", None)
    assert link().state == "down"


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (HELLO.format("Hi").replace("HelloWorldRes", "GetStudentRes"), ("element", "GetStudentResponse")),
        (
            HELLO.format("Hi").replace("2026-11-20T10:00:00Z", "yesterday"),
            ("shape", "SCHEMAV_CVC_DATATYPE_VALID_1_2_1 at /ServerUtcTime"),
        ),
        (HELLO.format("Hi").replace("a:Message", "a:Greeting"), ("element", "HelloWorldResult/Greeting")),
    ],
    ids="wrong-operation wrong-type unknown-member".split(),
)
def test_an_answer_in_another_form_is_pasis_and_of_no_use(answers, body, change):
    """PASI is not away: what has changed is its contract."""
    answers(body)
    said = hello()
    assert (said.outcome, said.value) == ("pasi_fault", None)
    assert hello(writes=True).outcome == "unknown"
    assert link().state == "up"
    assert change in ContractChange.objects.values_list("kind", "place")


def test_the_same_answer_untouched_is_good(answers):
    answers(HELLO.format("Hi"))
    assert hello().value["Message"] == "Hi"


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
@pytest.mark.parametrize(
    ("fault", "code", "outcome"),
    [
        (
            "<faultcode>s:Server</faultcode><faultstring>9014: Not visible yet</faultstring>",
            "9014",
            "not_yet",
        ),
        (
            '<faultcode>s:Server</faultcode><faultstring>See detail</faultstring><detail><p:PASIFault xmlns:p="urn:p">'
            "<p:FaultCode>2001</p:FaultCode><p:FaultString>Away</p:FaultString></p:PASIFault></detail>",
            "2001",
            "unavailable",
        ),
        ("<faultcode>s:Server</faultcode><faultstring>Something broke</faultstring>", "", "unknown"),
    ],
    ids=["string", "detail", "foreign"],
)
def test_a_fault_is_read_wherever_it_stands(answers, status, fault, code, outcome):
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    body = f'<s:Envelope xmlns:s="{soap}"><s:Body><s:Fault>{fault}</s:Fault></s:Body></s:Envelope>'
    answers(body, status)
    said = hello()
    assert (said.code, said.outcome) == (code, outcome)


@pytest.mark.parametrize(
    ("code", "outcome", "state"),
    [
        ("1001", "not_authorized", "not_authorized"),
        ("1007", "not_authorized", "up"),  # this operation alone is barred
        ("1008", "not_authorized", "not_authorized"),
        ("2001", "unavailable", "down"),
        ("3001", "our_fault", "up"),
        ("4001", "pasi_fault", "up"),
        ("9001", "unknown", "up"),  # it answered, whatever it did
    ],
)
def test_what_a_fault_says_of_the_link(world, code, outcome, state):
    world.pasi.knobs(fault={"code": code, "operation": "HelloWorld", "times": 1})
    said = hello()
    assert (said.code, said.outcome, link().state) == (code, outcome, state)


# The link --------------------------------------------------------------------------------------------------------


def probe_when_due():
    with clock.moved_to(link().next_probe_at + dt.timedelta(seconds=1)):
        sweeping.probe()


def test_an_incomplete_connection_is_not_authorized_with_words(world):
    ConnectionSettings.objects.update(certificate_file="")
    said = hello()
    assert (said.outcome, said.detail) == ("not_authorized", "The connection is not set up yet.")
    assert (link().state, link().detail) == ("not_authorized", said.detail)


def test_a_missing_certificate_is_not_authorized_with_words(world):
    ConnectionSettings.objects.update(certificate_file=str(world.pasi.folder / "nowhere.pem"))
    said = hello()
    assert said.outcome == "not_authorized"
    assert said.detail == "The file of the client certificate cannot be found."
    assert str(world.pasi.folder) not in said.detail


def test_an_expired_certificate_is_not_authorized_with_words(world):
    world.connect(world.pasi.files.expired_client)
    assert hello().outcome == "not_authorized"
    assert (link().state, link().code, link().detail) == ("not_authorized", "TLS", "The certificate has expired.")


def test_a_foreign_certificate_is_not_authorized_by_pasis_own_code(world):
    world.connect(world.pasi.files.foreign_client)
    assert hello().code == "1001"
    assert (link().state, link().code) == ("not_authorized", "1001")


def test_the_probe_finds_out_that_the_certificate_is_right_again_without_a_restart(world, tmp_path):
    """The renewed certificate lies under the same name: the file is what changed, not the setting."""
    files = world.pasi.files
    for name, source in (("client.pem", files.expired_client), ("client.key", files.key_of(files.expired_client))):
        (tmp_path / name).write_bytes(source.read_bytes())
    ConnectionSettings.objects.update(
        certificate_file=str(tmp_path / "client.pem"), key_file=str(tmp_path / "client.key")
    )
    assert hello().outcome == "not_authorized"
    probe_when_due()
    assert link().state == "not_authorized"
    for name, source in (("client.pem", files.client), ("client.key", files.key_of(files.client))):
        (tmp_path / name).write_bytes(source.read_bytes())
    probe_when_due()
    assert (link().state, link().detail, link().failures) == ("up", "", 0)


def test_the_probe_finds_pasi_back(world):
    world.pasi.knobs(unavailable=True)
    world.hang_up()
    assert hello().outcome == "unavailable"
    first = link()
    assert (first.state, first.failures, first.code) == ("down", 1, "HANDSHAKE")
    assert "certificate" in first.detail
    assert first.next_probe_at > clock.now() - dt.timedelta(seconds=1)
    probe_when_due()
    assert link().failures == 2
    assert link().since == first.since
    world.pasi.knobs(unavailable=False)
    probe_when_due()
    assert link().state == "up"
    assert link().since > first.since


def test_no_probe_while_all_is_well_or_before_its_time(world):
    sweeping.probe()
    LinkState.objects.update(state="down", next_probe_at=clock.now() + dt.timedelta(seconds=30))
    sweeping.probe()
    assert world.pasi.calls("HelloWorld") == []


def test_each_call_has_a_message_number_of_its_own(world):
    numbers = [Exchange.objects.get(pk=hello().exchange_id).message_id for _ in range(3)]
    assert [uuid.UUID(call["message_id"]) for call in world.pasi.calls("HelloWorld")] == numbers
    assert len(set(numbers)) == 3
