"""Made-up messages, read by our codec and by zeep: two readers that share no line must see the same values.

The prefixes and the white space are a stranger's on purpose.
"""

import datetime as dt
from pathlib import Path

import pytest
import zeep
from lxml import etree
from zeep.helpers import serialize_object

from pasi_connect.soap import codec, gateway
from pasi_connect.soap.contract import WSDL, contract
from tests.factories import documents as mapping

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
FILES = sorted(path.stem for path in GOLDEN.glob("*.xml"))


@pytest.fixture(scope="module")
def stranger():
    return zeep.Client(str(WSDL))


def content(name):
    """The element in the SOAP body."""
    return etree.parse(GOLDEN / f"{name}.xml").getroot().find(gateway.BODY)[0]


def ours(name):
    element = content(name)
    for operation in contract().operations.values():
        for tag, member in ((operation.request_tag, operation.request), (operation.answer_tag, operation.answer)):
            if tag == element.tag:
                return codec.decode_member(element[0], member)
    raise AssertionError(f"{element.tag} is in no operation")


def filled(value):
    """Without what is absent, nil or empty: zeep gives a nil record as one of nothing, and an empty list as nothing."""
    if isinstance(value, dict):
        kept = {name: filled(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, {}, [])}
    return [filled(item) for item in value] if isinstance(value, list) else value


def alike(told, ours):
    """zeep's value in the form of ours: its lists carry the name of their items."""
    if isinstance(ours, list):
        items = next(iter(told.values())) if isinstance(told, dict) else told
        return [alike(item, mine) for item, mine in zip(items or [], ours, strict=True)]
    if isinstance(ours, dict):
        return {name: alike(value, ours.get(name)) if value is not None else None for name, value in told.items()}
    return told


def test_the_golden_messages_are_there():
    assert [
        *("get_enrolment_answer", "get_sections_answer", "is_data_available_answer", "submit_answer", "submit_request"),
        *("submit_sections_answer", "submit_sections_request"),
    ] == FILES


@pytest.mark.parametrize("name", FILES)
def test_zeep_and_our_codec_see_the_same(stranger, name):
    element = content(name)
    seen = serialize_object(stranger.get_element(element.tag).parse(element, stranger.wsdl.types), dict)
    told = next(iter(seen.values())) if isinstance(seen, dict) and len(seen) == 1 else seen
    assert filled(alike(told, ours(name))) == filled(ours(name))


@pytest.mark.parametrize("name", FILES)
def test_a_golden_message_fits_the_contract(name):
    assert contract().check(content(name)) == ""


@pytest.mark.parametrize(
    ("operation_name", "name"),
    [("SubmitStudentSchoolEnrolment", "submit_request"), ("SubmitSection", "submit_sections_request")],
)
def test_our_writing_of_the_request_is_read_as_the_same_request(operation_name, name):
    operation = contract().operations[operation_name]
    value = ours(name)
    written = etree.Element(operation.request_tag)
    codec.encode_member(written, operation.request, value)
    assert contract().check(written) == ""
    golden = content(name)
    assert codec.decode_member(written[0], operation.request) == value

    def shape(element):
        text = (element.text or "").strip()
        return element.tag, dict(element.attrib), text, [shape(child) for child in element]

    assert shape(written) == shape(golden)


def test_the_values_that_stand_in_the_request():
    request = ours("submit_request")
    assert request["CallerInfo"]["User"]["Name"] == "Zoë Brûlé & Co"
    assert request["CallerInfo"]["SentUtcTime"] == dt.datetime(2026, 11, 20, 18, 5, 9, 123000, dt.UTC)
    record = request["StudentSchoolEnrolment"]
    assert (record["Grade"], "EffectiveUtc" in record) == (None, False)  # nil, and absent
    values = mapping.values(record)
    assert (values["grade"], values["exit_date"], values["deleted"]) == ("", dt.date(2027, 1, 29), False)
    assert (values["grants_program_codes"], values["local_student_id"]) == ("301 610", "L-00417")
    assert values["program_percentage"] == 40


def test_the_values_that_stand_in_the_answers():
    normal, unknown = ours("get_enrolment_answer")
    assert (normal["AvailabilityStatus"], unknown["AvailabilityStatus"]) == ("Normal", "Unknown")
    found = mapping.columns(normal["StudentSchoolEnrolment"])
    assert (found["grade"], found["deleted"], found["updated_by"]) == ("09", True, "Ola Brandt")
    assert found["effective_at"] == dt.datetime(2026, 11, 19, 21, tzinfo=dt.UTC)
    assert [row["Code"] for row in ours("submit_answer")["Rejections"]] == ["10016", "10064"]
    school, stays = ours("is_data_available_answer")["TypeInfos"]
    assert (school["IdVersions"], school["IsCompleteSet"]) == ([], True)
    assert [row["Version"] for row in stays["IdVersions"]] == [8800200, 8800201]


def test_the_values_that_stand_in_the_sections():
    new, gone = ours("submit_sections_request")["Sections"]
    assert (new["CourseCodes"], gone["CourseCodes"]) == (["MAT3791", "MAT3792"], [])
    assert (new["InstructionalMinutesOffered"], "InstructionalMinutesOffered" in gone) == (None, False)
    assert (new["EndDate"], gone["IsDeleted"]) == (dt.date(2027, 1, 29), True)
    accepted, stale = ours("submit_sections_answer")["SubmitResponses"]
    assert (accepted["PASICoreVersion"], accepted["Rejections"]) == (8800301, [])
    assert [row["Code"] for row in stale["Rejections"]] == ["3004"]
    normal, unknown = ours("get_sections_answer")
    assert (normal["Section"]["LastUpdate"]["UserName"], normal["Section"]["InstructionalMinutesOffered"]) == (
        "Ola Brandt",
        7500,
    )
    assert unknown["Section"] == {
        "IsDeleted": False, "PASICoreVersion": 0, "RefId": "00000000-0000-4000-8000-000000000001",
    }  # fmt: skip


def test_a_member_that_the_contract_does_not_have_is_not_written():
    operation = contract().operations["SubmitStudentSchoolEnrolment"]
    value = ours("submit_request")
    value["StudentSchoolEnrolment"]["Invented"] = "x"
    with pytest.raises(KeyError, match="Invented"):
        codec.encode_member(etree.Element("x"), operation.request, value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<e:PASICoreVersion>8800123</e:PASICoreVersion>", b""),
        (b">8800123<", b">many<"),
        (b"2027-01-29", b"29.1.2027"),
        (b"6b0c1f4e-58a1-4c8e-9a57-0d2f7f7f1a11", b"no-guid"),
        (b"<e:SchoolCode>4801</e:SchoolCode>", b"<e:SchoolCode>4801</e:SchoolCode><e:Extra>1</e:Extra>"),
        (b"<b:LocalID>zbrule</b:LocalID>", b"<b:LocalID>" + b"z" * 51 + b"</b:LocalID>"),
    ],
)
def test_a_request_that_does_not_fit_is_found(old, new):
    raw = (GOLDEN / "submit_request.xml").read_bytes()
    assert old in raw
    broken = etree.fromstring(raw.replace(old, new)).find(gateway.BODY)[0]
    assert contract().check(broken) != ""
