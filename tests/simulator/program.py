"""The simulator as a process, and a stranger's way of calling it: requests and lxml."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import requests
from lxml import etree

from tests.simulator.certificates import Authority, Pair
from tests.simulator.xml import V18, XSI, members_xml, plain

ROOT = Path(__file__).resolve().parents[2]
WSDL = ROOT / "pasi_connect" / "wsdl" / "2020" / "PASIService2020.wsdl"
SERVICE = "urn:pasi:core:service:2020"
V9 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V2009"
V1204 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V201204"
V20 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V2020"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XS = "http://www.w3.org/2001/XMLSchema"
ROLES = [
    "Hello World User", "PASI Client Role", "View Enrolment User", "Submit Enrolment User", "View Academic Record User",
    "Submit Academic Record User", "Submit Student User",
]  # fmt: skip
TODAY = "2026-11-20"  # the school year that ends in 2027


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Simulator:
    """One running simulator with its own folder, certificates and clients."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.authority = Authority(folder)
        self.server_pair = self.authority.issue("server")
        self.pair = self.authority.issue("client")
        self.port, self.control_port = free_port(), free_port()
        self.clients_file = folder / "clients.json"
        self.write_clients(self.client())
        self.process: subprocess.Popen[str] | None = None
        self.http = requests.Session()
        self.http.trust_env = False
        self.control_session = requests.Session()
        self.control_session.trust_env = False

    def client(self, pair: Pair | None = None, **changes) -> dict:
        return {
            "name": "Test client",
            "system_name": "Test SIS",
            "certificate_sha256": (pair or self.pair).sha256,
            "certificate_active": True,
            "client_active": True,
            "organizations": ["A.9001"],
            "roles": ROLES,
            "ip_addresses": None,
        } | changes

    def write_clients(self, *clients: dict) -> None:
        self.clients_file.write_text(json.dumps(clients))

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "pasi_simulator", "--data-dir", str(self.folder / "data")),
            *("--port", str(self.port), "--control-port", str(self.control_port)),
            *("--ca", str(self.authority.path), "--cert", str(self.server_pair.cert)),
            *("--key", str(self.server_pair.key), "--clients", str(self.clients_file)),
        ]

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.control("GET", "/control/health/")
                return
            except requests.ConnectionError:
                assert self.process.poll() is None, self.process.stderr.read()
                assert time.monotonic() < deadline, "the simulator does not start"
                time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ends the process; how many seconds it took."""
        started = time.monotonic()
        assert self.process
        self.process.send_signal(number)
        self.process.wait(10)
        self.process.stderr.close()
        return time.monotonic() - started

    # Control port --------------------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: object = None, status: int = 200, **more) -> dict:
        answer = self.control_session.request(
            method, f"http://127.0.0.1:{self.control_port}{path}", json=body, timeout=10, **more
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def knobs(self, **values) -> dict:
        return self.control("POST", "/control/knobs/", values)

    def calls(self, **filters) -> list[dict]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.control("GET", f"/control/calls/?{query}")["results"]

    # SOAP ----------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/2020/PASIService2020.svc"

    def post(self, body: bytes, pair: Pair | None = None, timeout: float = 20) -> requests.Response:
        pair = pair or self.pair
        return self.http.post(
            self.url,
            data=body,
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
            cert=(str(pair.cert), str(pair.key)),
            verify=str(self.authority.path),
            timeout=timeout,
        )

    def call(self, operation: str, request: str = "", pair: Pair | None = None, **caller) -> Answer:
        return Answer(self.post(envelope(operation, request, **caller), pair))

    def submit(self, enrolment: dict, **caller) -> Answer:
        return self.call("SubmitStudentSchoolEnrolment", enrolment_xml(enrolment), **caller)

    def submit_sections(self, *sections: dict, **caller) -> Answer:
        return self.call("SubmitSection", sections_xml(*sections), **caller)

    def get_section(self, ref_id: str, expected: int = 0, **caller) -> Answer:
        return self.call("GetSection", ref_ids((ref_id, expected), space=V1204), **caller)

    def submit_part(self, operation: str, request: dict, **caller) -> Answer:
        return self.call(operation, members_xml(request), **caller)

    def get_enrolment(self, ref_id: str, expected: int = 0, **caller) -> Answer:
        return self.call("GetStudentSchoolEnrolment", ref_ids((ref_id, expected)), **caller)

    def available(self, *types: tuple, wait: int = 0, **caller) -> Answer:
        return self.call("IsDataAvailable", type_infos(*types, wait=wait), **caller)


@functools.cache
def answer_schema() -> etree.XMLSchema:
    """The WSDL's inline schemas as one validator, read here once more and apart from the program's own reading."""
    inline = etree.parse(WSDL).findall(f".//{{{XS}}}schema")
    folder = Path(tempfile.mkdtemp())
    names = {schema.get("targetNamespace"): f"{number}.xsd" for number, schema in enumerate(inline)}
    for schema in inline:
        for node in schema.iterfind(f"{{{XS}}}import"):
            node.set("schemaLocation", names[node.get("namespace")])
    for schema in inline:
        (folder / names[schema.get("targetNamespace")]).write_bytes(etree.tostring(schema, with_tail=False))
    schema = etree.XMLSchema(etree.parse(folder / names[SERVICE]))
    shutil.rmtree(folder)
    return schema


class Answer:
    """A SOAP answer: fault code and text, or the result as nested plain values."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        root = etree.fromstring(response.content)
        self.body = root.find(f"{{{SOAP}}}Body")[0]
        if etree.QName(self.body).namespace == SERVICE:
            answer_schema().assertValid(self.body)
        fault = root.find(f".//{{{V9}}}PASIFault")
        self.fault = fault.findtext(f"{{{V9}}}FaultCode") if fault is not None else None
        self.fault_text = root.findtext(".//faultstring") or ""

    @property
    def result(self):
        assert self.fault is None, self.fault_text
        return plain(self.body[0])

    @property
    def codes(self) -> list[str]:
        return [rejection["Code"] for rejection in self.result["Rejections"]]

    @property
    def codes_each(self) -> list[list[str]]:
        """The codes of each record of a batch."""
        return [[row["Code"] for row in one["Rejections"]] for one in self.result["SubmitResponses"]]


STUDENT_PARTS = {
    *("GetSourceDocumentTypeQualityValues", "SubmitIdentificationInformation", "SubmitName", "SubmitPreferredName"),
}


def envelope(operation: str, request: str = "", **caller) -> bytes:
    """`request` is the XML after CallerInfo's place; the request's members stand in the namespace of its version."""
    if operation in STUDENT_PARTS:
        space = V18
    else:
        space = V20 if "StudentSchoolEnrolment" in operation else V1204 if "Section" in operation else V9
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:i="{XSI}"><s:Body><{operation} xmlns="{SERVICE}"><request>'
        f'<q:CallerInfo xmlns:q="{space}" xmlns="{V9}">{caller_info(**caller)}</q:CallerInfo>'
        f"{request}</request></{operation}></s:Body></s:Envelope>"
    ).encode()


def caller_info(name="Ana Moreau", organization="A.9001", message_id=None, ip="10.0.0.7", product="SIS") -> str:
    return (
        f"<ClientMessageID>{message_id or uuid.uuid4()}</ClientMessageID>"
        f"<SentUtcTime>2026-11-20T15:00:00Z</SentUtcTime>"
        f"<Software><BuildNumber>1</BuildNumber><Manufacturer>Maker</Manufacturer><Product>{product}</Product>"
        f"<Version>1.0</Version></Software>"
        f"<User><IPAddress>{ip}</IPAddress><LocalID>amoreau</LocalID><Name>{name}</Name>"
        f"<OrganizationCode>{organization}</OrganizationCode></User>"
    )


def keys(member: str, *wanted: tuple[str, int]) -> str:
    rows = "".join(
        f"<EntityKeyVersionInfo><ExpectedVersion>{expected}</ExpectedVersion><Key>{key}</Key></EntityKeyVersionInfo>"
        for key, expected in wanted
    )
    return f'<{member} xmlns="{V9}">{rows}</{member}>'


def ref_ids(*wanted: tuple[str, int], space: str = V20) -> str:
    rows = "".join(
        f"<RefIdVersionInfo><ExpectedVersion>{expected}</ExpectedVersion><RefId>{key}</RefId></RefIdVersionInfo>"
        for key, expected in wanted
    )
    return f'<q:RefIds xmlns:q="{space}" xmlns="{V9}">{rows}</q:RefIds>'


def type_infos(*types: tuple, wait: int = 0) -> str:
    rows = "".join(
        "<DataNotificationRequestTypeInfo>"
        + (f"<Hash>{given[2]}</Hash>" if len(given) > 2 and given[2] is not None else "")
        + f"<MaxPASICoreVersion>{given[1]}</MaxPASICoreVersion><NotificationType>{given[0]}</NotificationType>"
        "</DataNotificationRequestTypeInfo>"
        for given in types
    )
    return f'<TypeInfos xmlns="{V9}">{rows}</TypeInfos><WaitTimeInMinutes xmlns="{V9}">{wait}</WaitTimeInMinutes>'


# Made-up records ---------------------------------------------------------------------------------------------

_asns = itertools.count(100_000_001)


def enrolment(asn: str, school: str = "9101", year: int = 2027, **changes) -> dict:
    return {
        "RefId": str(uuid.uuid4()),
        "StateProvinceId": asn,
        "SchoolCode": school,
        "SchoolYear": year,
        "Grade": "09",
        "RegistrationStartDate": f"{year - 1}-09-02",
        "RegistrationExitDate": f"{year}-06-25",
        "ExitDateType": "CompletionDate",
        "ProgrammingType": "Regular",
        "ProgrammingTimeframe": "Day",
        "IsDeleted": False,
        "PASICoreVersion": 0,
    } | changes


def section(school: str = "9101", year: int = 2027, **changes) -> dict:
    ref_id = str(uuid.uuid4())
    return {
        "RefId": ref_id,
        "SchoolCode": school,
        "SchoolYear": year,
        "CourseCodes": ["MAT3791"],
        "CreditsOffered": 5,
        "SectionTerm": "S1",
        "StartDate": f"{year - 1}-09-02",
        "EndDate": f"{year}-01-29",
        "PrimaryDeliveryMethod": "REG",
        "DeliverySchedule": "REG",
        "InstructionalLanguage": "EN",
        "LocalSectionId": ref_id[:8],
        "Description": "MAT3791.1 - Mathematics 30-1",
        "IsDeleted": False,
        "PASICoreVersion": 0,
    } | changes


def extended(*pairs: tuple[str, str], name: str = "SISV1") -> dict:
    return {"Name": name, "KeyValues": [{"Key": key, "Value": value} for key, value in pairs]}


def student(**changes) -> dict:
    asn = f"{next(_asns)}"
    return {
        "StateProvinceId": asn,
        "IdentificationRecord": {
            "FirstName": "Mara",
            "LastName": f"Test{asn[-4:]}",
            "BirthDate": "2012-03-04",
            "Gender": "Female",
            "IsNameExact": True,
        },
    } | changes


ORGANIZATIONS = {
    "SchoolAuthority": [
        {"SchoolAuthorityCode": "9001", "Name": "Example School Division"},
        {"SchoolAuthorityCode": "9002", "Name": "Neighbour School Division"},
    ],
    "School": [
        {"SchoolCode": "9101", "SchoolAuthorityCode": "9001", "Name": "Example High School"},
        {"SchoolCode": "9102", "SchoolAuthorityCode": "9001", "Name": "Example Middle School"},
        {"SchoolCode": "9201", "SchoolAuthorityCode": "9002", "Name": "Neighbour High School"},
    ],
}


def enrolment_xml(record: dict) -> str:
    """The submit's member; keys in DataContract (alphabetical) order, None as nil."""
    record = copy.deepcopy(record)
    parts = []
    for name in sorted(record):
        value = record[name]
        if name == "ExtendedSchoolEnrolmentInfo" and value is not None:
            pairs = "".join(
                f"<KeyValueInfo><Key>{pair['Key']}</Key><Value>{pair['Value']}</Value></KeyValueInfo>"
                for pair in value["KeyValues"]
            )
            parts.append(f"<{name}><KeyValues>{pairs}</KeyValues><Name>{value['Name']}</Name></{name}>")
        elif value is None:
            parts.append(f'<{name} i:nil="true"/>')
        elif isinstance(value, bool):
            parts.append(f"<{name}>{str(value).lower()}</{name}>")
        else:
            parts.append(f"<{name}>{value}</{name}>")
    return f'<StudentSchoolEnrolment xmlns="{V20}">{"".join(parts)}</StudentSchoolEnrolment>'


def sections_xml(*records: dict) -> str:
    """The members of a batch, each in DataContract order."""

    def written(name: str, value) -> str:
        if value is None:
            return f'<{name} i:nil="true"/>'
        if name == "CourseCodes":
            codes = "".join(f'<string xmlns="{ARRAYS}">{code}</string>' for code in value)
            return f"<{name}>{codes}</{name}>"
        return f"<{name}>{str(value).lower() if isinstance(value, bool) else value}</{name}>"

    rows = [
        f"<SectionInfo>{''.join(written(name, record[name]) for name in sorted(record))}</SectionInfo>"
        for record in records
    ]
    return f'<Sections xmlns="{V1204}">{"".join(rows)}</Sections>'
