"""Made-up requests and answers for every operation, with the values that two readers are most likely to take differently."""

import datetime as dt
import uuid
from typing import Any

from tests.pasi_connect.world import SCHOOL_CODES
from tests.simulator_process import AUTHORITY

SUBMIT, GET = "SubmitStudentSchoolEnrolment", "GetStudentSchoolEnrolment"
SUBMIT_SECTIONS, GET_SECTIONS = "SubmitSection", "GetSection"
AWKWARD = '  Zoë <O\'Brien> & "Ünal"  №1 '
UNKNOWN = "99999999-0000-4000-8000-000000000000"
LARGEST = 2**53 - 1  # the largest whole number that JavaScript tells from its neighbour


def caller() -> dict[str, Any]:
    """CallerInfo of a person in another SIS, with a message number of its own."""
    return {
        "ClientMessageID": str(uuid.uuid4()),
        "SentUtcTime": dt.datetime(2026, 11, 20, 15, 0, 0, 123_000, dt.UTC),
        "Software": {"BuildNumber": "7", "Manufacturer": "A maker", "Product": "A SIS", "Version": "1.0"},
        "User": {
            "IPAddress": "10.0.0.9",
            "LocalID": "amoreau",
            "Name": "Ana Moreau",
            "OrganizationCode": f"A.{AUTHORITY}",
        },
    }


def enrolment(asn: str, **members: Any) -> dict[str, Any]:
    """A new record in PASI's member names."""
    return {
        "ExitDateType": "CompletionDate",
        "Grade": "09",
        "IsDeleted": False,
        "PASICoreVersion": 0,
        "ProgrammingTimeframe": "Day",
        "ProgrammingType": "Regular",
        "RefId": str(uuid.uuid4()),
        "RegistrationExitDate": dt.date(2027, 6, 25),
        "RegistrationStartDate": dt.date(2026, 9, 2),
        "SchoolCode": SCHOOL_CODES[0],
        "SchoolYear": 2027,
        "StateProvinceId": asn,
        **members,
    }


def section(**members: Any) -> dict[str, Any]:
    """A new section in PASI's member names."""
    return {
        "CourseCodes": ["MAT3791"],
        "CreditsOffered": 5,
        "DeliverySchedule": "REG",
        "Description": "MAT3791.1 - Mathematics 30-1",
        "EndDate": dt.date(2027, 1, 29),
        "InstructionalLanguage": "EN",
        "IsDeleted": False,
        "LocalSectionId": "417",
        "PASICoreVersion": 0,
        "PrimaryDeliveryMethod": "REG",
        "RefId": str(uuid.uuid4()),
        "SchoolCode": SCHOOL_CODES[0],
        "SchoolYear": 2027,
        "SectionTerm": "S1",
        "StartDate": dt.date(2026, 9, 2),
        **members,
    }


MOMENT = dt.datetime(2026, 11, 20, 3, 4, 5, 678_000, dt.UTC)
STUDENT_NAME = {
    "FirstName": AWKWARD,
    "IsNameExact": True,
    "IsPreferred": False,
    "LastName": "",
    "Suffix": None,
}
FULL = {
    "EffectiveUtc": MOMENT,
    **enrolment("410000001", RefId="0f8fad5b-d9cb-469f-a165-70867728950e", PASICoreVersion=LARGEST),
    "ExtendedSchoolEnrolmentInfo": {
        "KeyValues": [{"Key": "ResidentBoard", "Value": "0017"}, {"Key": "Empty", "Value": ""}],
        "Name": "SISV1",
    },
    "LastUpdate": {"OrganizationCode": "S.4801", "UserName": AWKWARD},
    "SchoolProvidedProgramPercentage": 0,
}
BARE = {"IsDeleted": True, "PASICoreVersion": 1, "RefId": UNKNOWN}
NIL = {**BARE, "Grade": None, "RegistrationExitDate": None, "LastUpdate": None, "ExtendedSchoolEnrolmentInfo": None}
FULL_SECTION = {
    **section(RefId="0f8fad5b-d9cb-469f-a165-70867728950e", PASICoreVersion=LARGEST, Description=AWKWARD),
    "CourseCodes": ["MAT3791", AWKWARD],
    "EffectiveUtc": MOMENT,
    "InstructionalMinutesOffered": 0,
    "LastUpdate": {"OrganizationCode": "S.4801", "UserName": AWKWARD},
}
NIL_SECTION = {**BARE, "StartDate": None, "CourseCodes": None, "CreditsOffered": None, "LastUpdate": None}
ORGANIZATION = {
    "Address": {"City": "Trois-Pins", "Country": None},
    "Classifications": ["Public", "K-9"],
    "EffectiveUtc": MOMENT,
    "IsActive": True,
    "Name": AWKWARD,
    "PASICoreVersion": 8_800_001,
    "SchoolAuthorityCode": AUTHORITY,
}
PARTS = ("SubmitIdentificationInformation", "SubmitName", "SubmitPreferredName")
OF_A_STUDENT = {"SourceChangeCode": None, "StateProvinceId": "410000001", "StudentPASICoreVersion": LARGEST}
FULL_NAME = {
    "EffectiveUtc": MOMENT,
    "FirstName": AWKWARD,
    "IsDeleted": False,
    "IsNameExact": True,
    "LastName": "Varga",
    "MiddleName": None,
    "RefId": LARGEST,
    "Type": "Alias",
}
ANSWER = {"Id": "410000001001", "PASICoreVersion": LARGEST, "Rejections": []}
KEYS = [{"ExpectedVersion": LARGEST, "Key": "4801"}, {"ExpectedVersion": 0, "Key": AWKWARD}]

CANNED: dict[str, tuple[dict[str, Any], Any]] = {
    "HelloWorld": ({}, {"Message": AWKWARD, "ServerUtcTime": MOMENT}),
    "GetCodeValues": (
        {"LastKnownSourceVersion": LARGEST},
        {
            "CodeValues": [
                {
                    "CodeClassName": "Grade",
                    "CodeText": "09",
                    "Description": "Ninth",
                    "DisplaySequence": 9,
                    "FirstSchoolYear": 2009,
                    "FrenchDescription": "Neuvième année",
                    "LastSchoolYear": None,
                    "PASICoreVersion": 5,
                }
            ],
            "SourceVersion": 5,
        },
    ),
    "GetAcceptedRegistrationStatus": (
        {},
        {
            "AcceptedRegistrationStatuses": [
                {"IsCurrentSchoolYear": True, "RegistrationStatuses": ["Active", "Completed"], "SchoolYear": 2027},
                {"IsCurrentSchoolYear": False, "RegistrationStatuses": [], "SchoolYear": 2028},
            ]
        },
    ),
    "IsDataAvailable": (
        {
            "TypeInfos": [
                {"Hash": None, "MaxPASICoreVersion": 0, "NotificationType": "School"},
                {"MaxPASICoreVersion": 7, "NotificationType": "StudentSchoolEnrolment.2027"},
            ],
            "WaitTimeInMinutes": 0,
        },
        {
            "TypeInfos": [
                {"IdVersions": [], "IsCompleteSet": True, "NotificationType": "School"},
                {
                    "IdVersions": [{"Id": UNKNOWN, "Version": LARGEST}, {"Id": "4801", "Version": 0}],
                    "IsCompleteSet": False,
                    "NotificationType": "StudentSchoolEnrolment.2027",
                },
            ]
        },
    ),
    "GetSchoolInformation": (
        {"SchoolCodes": KEYS},
        [
            {"AvailabilityStatus": "Normal", "School": {**ORGANIZATION, "PhoneNumber": None, "SchoolCode": "4801"}},
            {"AvailabilityStatus": "Recalculating", "School": None},
            {"AvailabilityStatus": "NoAccess"},
        ],
    ),
    "GetSchoolAuthorityInformation": (
        {"SchoolAuthorityCodes": KEYS},
        [{"AvailabilityStatus": "Normal", "SchoolAuthority": ORGANIZATION}],
    ),
    "GetStudent": (
        {"StateProvinceIds": KEYS},
        [
            {
                "AvailabilityStatus": "Normal",
                "Student": {
                    "CreatedOnUtc": MOMENT,
                    "EffectiveUtc": None,
                    "IdentificationRecord": {
                        "BirthDate": dt.date(2012, 3, 4),
                        "DocumentIssueDate": dt.date(2012, 4, 1),
                        "DocumentNumber": None,
                        "Gender": "Female",
                        "IsNameExact": False,
                    },
                    "IsDeactivated": False,
                    "IsDeceased": True,
                    "OtherNames": [STUDENT_NAME, STUDENT_NAME],
                    "PASICoreVersion": 9,
                    "PreferredName": STUDENT_NAME,
                    "SecondaryStateProvinceIds": ["410000002"],
                    "StateProvinceId": "410000001",
                    "StudentNames": [FULL_NAME],
                },
            }
        ],
    ),
    "GetSourceDocumentTypeQualityValues": (
        {"LastKnownSourceVersion": 0},
        {
            "SourceDocumentTypeQualityValues": [
                {"CodeText": "CanadianPassport", "PASICoreVersion": 5, "QualityValue": 300}
            ],
            "SourceVersion": 5,
        },
    ),
    "SubmitIdentificationInformation": (
        {
            **OF_A_STUDENT,
            "NewIdentificationInformation": {
                "BirthDate": dt.date(2012, 3, 4),
                "DocumentIssueDate": None,
                "DocumentNumber": "41A7",
                "DocumentReferenceId": UNKNOWN,
                "FirstName": AWKWARD,
                "IsNameExact": False,
                "LastName": "Varga",
                "RefId": 0,
                "Suffix": "Jr.",
            },
        },
        ANSWER,
    ),
    "SubmitName": ({**OF_A_STUDENT, "DeleteName": True, "IsPreferred": False, "NewName": FULL_NAME}, ANSWER),
    "SubmitPreferredName": ({**OF_A_STUDENT, "PreferredNameRefId": 0}, ANSWER),
    GET: (
        {"RefIds": [{"ExpectedVersion": 0, "RefId": FULL["RefId"]}, {"ExpectedVersion": 2, "RefId": UNKNOWN}]},
        [{"AvailabilityStatus": "Normal", "StudentSchoolEnrolment": row} for row in (FULL, BARE, NIL)],
    ),
    SUBMIT: (
        {"StudentSchoolEnrolment": FULL},
        {"Id": FULL["RefId"], "PASICoreVersion": LARGEST, "Rejections": []},
    ),
    GET_SECTIONS: (
        {"RefIds": [{"ExpectedVersion": 0, "RefId": FULL["RefId"]}, {"ExpectedVersion": 2, "RefId": UNKNOWN}]},
        [{"AvailabilityStatus": "Normal", "Section": row} for row in (FULL_SECTION, BARE, NIL_SECTION)],
    ),
    SUBMIT_SECTIONS: (
        {"Sections": [FULL_SECTION, BARE]},
        {
            "SubmitResponses": [
                {"Id": FULL["RefId"], "PASICoreVersion": LARGEST, "Rejections": []},
                {
                    "Id": UNKNOWN,
                    "PASICoreVersion": 0,
                    "Rejections": [{"Code": "40104", "Message": AWKWARD}, {"Code": "40135", "Message": ""}],
                },
            ]
        },
    ),
}
