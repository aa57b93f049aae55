"""A stranger's client: zeep, from the WSDL that is served."""

from __future__ import annotations

import datetime
import uuid

import pytest
import requests
import zeep
from zeep.cache import InMemoryCache
from zeep.exceptions import Fault
from zeep.transports import Transport

from tests.simulator.program import section, student
from tests.simulator.test_reads import load_pupil


@pytest.fixture
def service(pasi):
    session = requests.Session()
    session.trust_env = False
    session.cert = (str(pasi.pair.cert), str(pasi.pair.key))
    session.verify = str(pasi.authority.path)
    client = zeep.Client(f"{pasi.url}?wsdl", transport=Transport(cache=InMemoryCache(), session=session))
    return client.service


def caller(**user) -> dict:
    return {
        "ClientMessageID": str(uuid.uuid4()),
        "SentUtcTime": datetime.datetime.now(datetime.UTC),
        "Software": {"BuildNumber": "1", "Manufacturer": "Maker", "Product": "SIS", "Version": "1"},
        "User": {"IPAddress": "10.0.0.1", "LocalID": "x", "Name": "Zoë", "OrganizationCode": "A.9001"} | user,
    }


def test_every_operation(pasi, service):
    pupil, record = load_pupil(pasi)
    assert service.HelloWorld({"CallerInfo": caller()}).Message
    codes = service.GetCodeValues({"CallerInfo": caller(), "LastKnownSourceVersion": 0})
    assert len(codes.CodeValues.CodeValueInfo) > 100
    statuses = service.GetAcceptedRegistrationStatus({"CallerInfo": caller()})
    assert len(statuses.AcceptedRegistrationStatusInfo) == 4  # zeep unwraps a type's only member
    info = {"MaxPASICoreVersion": 0, "NotificationType": "StudentSchoolEnrolment.2027"}
    request = {
        "CallerInfo": caller(),
        "TypeInfos": {"DataNotificationRequestTypeInfo": [info]},
        "WaitTimeInMinutes": 0,
    }
    [answer] = service.IsDataAvailable(request).DataNotificationResultTypeInfo
    versions = {pair.Id: pair.Version for pair in answer.IdVersions.DataNotificationIdVersion}
    assert answer.IsCompleteSet is True

    def keys(member, key):
        return {"CallerInfo": caller(), member: {"EntityKeyVersionInfo": [{"ExpectedVersion": 0, "Key": key}]}}

    assert service.GetSchoolInformation(keys("SchoolCodes", "9101"))[0].School.IsActive is True
    authority = service.GetSchoolAuthorityInformation(keys("SchoolAuthorityCodes", "9001"))[0]
    assert authority.AvailabilityStatus == "Normal"
    found = service.GetStudent(keys("StateProvinceIds", pupil["StateProvinceId"]))[0].Student
    assert found.IdentificationRecord.BirthDate == datetime.date(2012, 3, 4)
    wanted = {"RefIdVersionInfo": [{"ExpectedVersion": versions[record["RefId"]], "RefId": record["RefId"]}]}
    [got] = service.GetStudentSchoolEnrolment({"CallerInfo": caller(), "RefIds": wanted})
    enrolment = got.StudentSchoolEnrolment
    enrolment.RegistrationExitDate = datetime.date(2027, 2, 1)
    enrolment.ExtendedSchoolEnrolmentInfo = {
        "KeyValues": {"KeyValueInfo": [{"Key": "ResidentBoard", "Value": "0017"}]},
        "Name": "SISV1",
    }
    answer = service.SubmitStudentSchoolEnrolment({"CallerInfo": caller(), "StudentSchoolEnrolment": enrolment})
    assert answer.Rejections is None
    assert answer.PASICoreVersion > enrolment.PASICoreVersion


def test_sections_of_a_stranger(pasi, service):
    first, second = section(), section(CourseCodes=["MAT3791", "MAT3791"])
    rows = [row | {"CourseCodes": {"string": row["CourseCodes"]}} for row in (first, second)]
    [made, refused] = service.SubmitSection({"CallerInfo": caller(), "Sections": {"SectionInfo": rows}}).SubmitResponse
    assert (made.Id, made.Rejections) == (first["RefId"], None)
    assert [row.Code for row in refused.Rejections.RejectionInfo] == ["40135"]
    wanted = {"RefIdVersionInfo": [{"ExpectedVersion": made.PASICoreVersion, "RefId": first["RefId"]}]}
    [got] = service.GetSection({"CallerInfo": caller(), "RefIds": wanted})
    assert (got.Section.CourseCodes.string, got.Section.SchoolYear) == (["MAT3791"], 2027)
    assert got.Section.LastUpdate.UserName == "Zoë"


def test_faults_and_unknowns(pasi, service):
    with pytest.raises(Fault, match="1008: ") as caught:
        service.HelloWorld({"CallerInfo": caller(OrganizationCode="A.9002")})
    assert caught.value.detail is not None
    keys = {"EntityKeyVersionInfo": [{"ExpectedVersion": 0, "Key": student()["StateProvinceId"]}]}
    [answer] = service.GetStudent({"CallerInfo": caller(), "StateProvinceIds": keys})
    assert answer.AvailabilityStatus == "Unknown"
    assert answer.Student.IsDeactivated is False
