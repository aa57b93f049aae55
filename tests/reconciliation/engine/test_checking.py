import pytest

from reconciliation.engine.checking import check
from reconciliation.rules.notes import Refused, words
from reconciliation.rules.types import TYPES
from tests.reconciliation.files import DATA, QUIRKS


def codes(notes):
    return [note.code for note in notes]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("side", ["BeforeDelete", "AfterUpload"])
def test_every_sample_has_its_columns(kind, side):
    found = check(DATA / f"2027-9101-{kind}-{side}.csv", kind, side="before")
    assert found.missing == ()
    assert found.faults == ()
    assert (found.named.school, found.named.school_year, found.named.type) == ("9101", "2026-2027", kind)
    assert [column.name for column in found.columns] == [column.name for column in TYPES[kind].columns]


def test_an_export_as_it_comes_is_clean():
    found = check(DATA / "2027-9101-CM-BeforeDelete.csv", "CM", side="before")
    assert found.is_clean
    assert (found.format, found.encoding, found.delimiter, found.rows) == ("csv", "UTF-8 with BOM", ",", 8)
    headers = {column.name: column.header for column in found.columns}
    assert (headers["Code"], headers["Section Description"]) == (" Code", "Description")
    assert {one.header: one.can_be_compared for one in found.extra}[" Description"]
    assert {one.header for one in found.extra if not one.can_be_compared} == {"Reference #", "Last Updated", "Work Items"}


def test_missing_columns_are_named_and_the_others_still_looked_at():
    found = check(QUIRKS / "refused_missing_columns.csv", "CM", side="after")
    assert found.missing == ("Assignment Date", "Approved?", "Status", "Funding Requested?", "Entry Date")
    assert codes(found.faults) == ["missing_column"] * 5
    assert found.rows == 3


def test_a_wrong_kind_of_file_says_which_columns_it_lacks():
    found = check(DATA / "2027-9101-SE-BeforeDelete.csv", "CM", side="before")
    assert "ASN" in found.missing
    assert not found.is_clean


def test_the_same_header_twice_and_unclear_headers_are_faults():
    assert codes(check(QUIRKS / "refused_header_twice.csv", "CM", side="before").faults) == ["header_twice"]
    assert codes(check(QUIRKS / "refused_unclear_header.csv", "CM", side="before").faults) == ["header_unclear"]


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("asn_without_zeros.csv", "ASN", "ASN with its leading zeros and hyphens put back. Repaired cells: 2 (rows 2-3)"),
        ("true_false.csv", "Approved?", "Yes or No in another form, such as TRUE or FALSE. Repaired cells: 3 (rows 2-4)"),
        ("dates_ambiguous.csv", "Entry Date", "day and month cannot be told apart. Cells that cannot be read: 2 (rows 2-3)"),
        ("spreadsheet_error.csv", "Term", "a spreadsheet's error instead of the value. Cells that cannot be read: 1 (rows 3)"),
    ],
)
def test_damage_is_said_with_its_rows(name, column, said):
    found = check(QUIRKS / name, "CM", side="after")
    assert not found.is_clean
    notes = [words(note) for one in found.columns if one.name == column for note in one.forms]
    assert f"Second file, column “{column}”: {said}." in notes


def test_rows_that_will_stand_apart_are_said():
    assert codes(check(QUIRKS / "asn_scientific.csv", "CM", side="before").notes) == ["unusable"]
    assert codes(check(QUIRKS / "short_row.csv", "CM", side="before").notes) == ["short_rows"]


def test_no_table_is_a_refusal():
    with pytest.raises(Refused, match="empty"):
        check(QUIRKS / "refused_empty.csv", "CM", side="before")
