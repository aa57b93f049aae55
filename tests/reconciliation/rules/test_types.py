import pytest

from reconciliation.rules.types import TYPES, find_columns, is_never_compared

# As the source lists them, word by word (Set Up Data Synchronization, "Required Columns for the Reconciliation Process").
REQUIRED = {
    "SE": "Courses Offered, Credit Offered, School Year, Section Term, Primary Delivery Method, Language of Instruction, "
    "Delivery Schedule, Instructional Mins Offered, Start Date",
    "EM": "ASN, Code, Credits, School Year, Mark Value, Mark Value Approved?, Evaluation Method, Mark Evaluation Date, "
    "Funding Requested?",
    "CM": "ASN, Code, Credits Attempted, Section Description, Term, Exit Date, Value, Assignment Date, Approved?, Status, "
    "Funding Requested?, Entry Date",
}
KEYS = {"CM": ["ASN", "Code"], "EM": ["ASN", "Code", "School Year"], "SE": ["Courses Offered", "School Year"]}


@pytest.mark.parametrize("code", TYPES)
def test_required_columns_are_the_source_s(code):
    kind = TYPES[code]
    assert {column.name for column in kind.columns} == set(REQUIRED[code].split(", "))
    assert [column.name for column in kind.key] == KEYS[code]
    assert find_columns(kind, REQUIRED[code].split(", ")).is_complete


CM = REQUIRED["CM"].split(", ")


def renamed(**names):
    return [names.get(name.replace(" ", "_").replace("?", ""), name) for name in CM]


@pytest.mark.parametrize(
    ("headers", "column", "header"),
    [
        (renamed(Code=" Code"), "Code", " Code"),
        (renamed(Code="CODE"), "Code", "CODE"),
        ([*renamed(), " Code"], "Code", "Code"),
        (renamed(ASN="Alberta Student Number"), "ASN", "Alberta Student Number"),
        (renamed(Approved="Approved"), "Approved?", "Approved"),
        (renamed(Exit_Date=" exit  date "), "Exit Date", " exit  date "),
        (renamed(Section_Description="Description"), "Section Description", "Description"),
        ([*renamed(Section_Description="Description"), " Description"], "Section Description", "Description"),
        ([" Description", "Description", *renamed()], "Section Description", "Section Description"),
    ],
)
def test_the_header_of_a_column(headers, column, header):
    found = find_columns(TYPES["CM"], headers)
    assert found.is_complete
    assert headers[found.places[column]] == header
    assert header not in found.extra


def test_the_course_s_description_is_never_the_section_s():
    found = find_columns(TYPES["CM"], renamed(Section_Description=" Description"))
    assert found.missing == ("Section Description",)
    assert found.extra == (" Description",)


def test_one_header_twice_and_two_that_could_be_one():
    assert find_columns(TYPES["CM"], [*CM, "Term", "Other", "Other", "", ""]).twice == ("Term", "Other")
    assert find_columns(TYPES["CM"], [*renamed(Code="code"), "CODE"]).unclear == (("Code", ("code", "CODE")),)


@pytest.mark.parametrize("header", ["Reference #", "Last Updated", "Work Items", " Work Items"])
def test_what_every_upload_changes_is_never_compared(header):
    assert is_never_compared(header)
