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
    assert {one.header for one in found.extra if not one.can_be_compared} == {
        "Reference #",
        "Last Updated",
        "Work Items",
    }


def test_missing_columns_are_named_and_the_others_still_looked_at():
    found = check(QUIRKS / "refused_missing_columns.csv", "CM", side="after")
    assert found.missing == ("Assignment Date", "Approved?", "Status", "Funding Requested?", "Entry Date")
    assert codes(found.faults) == ["missing_columns"]
    assert found.rows == 3


def test_a_wrong_kind_of_file_says_which_columns_it_lacks():
    found = check(DATA / "2027-9101-SE-BeforeDelete.csv", "CM", side="before")
    assert "ASN" in found.missing
    assert not found.is_clean
    assert codes(found.faults) == ["missing_columns", "looks_like"]
    assert (
        words(found.faults[1])
        == "First file: these are the columns of Sections. Choose that as the contents of the files."
    )


def test_the_same_header_twice_and_unclear_headers_are_faults():
    assert codes(check(QUIRKS / "refused_header_twice.csv", "CM", side="before").faults) == ["headers_twice"]
    assert codes(check(QUIRKS / "refused_unclear_header.csv", "CM", side="before").faults) == ["header_unclear"]


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        (
            "asn_without_zeros.csv",
            "ASN",
            "ASN with its leading zeros and hyphens restored. Repaired cells: 2 (rows 2-3)",
        ),
        (
            "true_false.csv",
            "Approved?",
            "Yes or No in another form, such as TRUE or FALSE. Repaired cells: 3 (rows 2-4)",
        ),
        (
            "dates_ambiguous.csv",
            "Entry Date",
            "day and month cannot be told apart. Cells that cannot be read: 2 (rows 2-3)",
        ),
        (
            "spreadsheet_error.csv",
            "Term",
            "a spreadsheet's error instead of the value. Cells that cannot be read: 1 (rows 3)",
        ),
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


def test_a_refusal_names_what_stands_there_once_and_no_cell():
    (fault,) = check(QUIRKS / "refused_missing_columns.csv", "CM", side="after").faults
    said = words(fault)
    assert "This is a CSV file (UTF-8 with BOM, separated by comma); the headers in row 1 are “ASN”, “ Code”" in said
    assert said.count("Approved?") == 1
    bare = check(QUIRKS / "no_headers.csv", "CM", side="after")
    assert codes(bare.faults) == ["no_columns"]
    assert "0000" not in words(bare.faults[0]) and "MAT" not in words(bare.faults[0])


HEADERS = [column.name for column in TYPES["CM"].columns]
RECORD = [
    "0012-3456-7",
    "MAT1791",
    "5",
    "Section 1",
    "1",
    "2027-01-29",
    "75",
    "2027-01-30",
    "Yes",
    "Active",
    "Yes",
    "2026-09-01",
]


def refusal(tmp_path, *rows, mark=","):
    path = tmp_path / "file.csv"
    path.write_text("".join(f"{mark.join(row)}\n" for row in rows))
    return words(check(path, "CM", side="after").faults[0])


def test_a_refusal_counts_the_rows_and_says_what_was_read(tmp_path):
    said = refusal(tmp_path, *[RECORD] * 5)
    assert "with 4 rows; row 1, taken as the headers, has 12 cells." in said
    assert "MAT1791" not in said and "0012" not in said
    other = ["Numéro", "Cours", "Note"]
    said = refusal(tmp_path, other, *[["0012-3456-7", "MAT1791", "75"]] * 3)
    assert "with 3 rows; the headers in row 1 are “Numéro”, “Cours”, “Note”." in said


@pytest.mark.parametrize(
    "rows",
    [
        [["Ada", "Sample"], ["Bob", "Sample"]],  # a list of names begins like headers
        [["Sample, Ada", "ENG1120", "A"], *[RECORD[:3]] * 3],
        [["Sample Ada"], ["12"], ["13"]],
        [["Sample", "", "Ada"], ["1", "2", "3"], ["1", "2", "3"]],
        [["Ada", "Ada"], ["1", "2"], ["1", "2"]],
        [["Ada Sample", "Status"], ["Bob Sample", "Active"]],  # one word of PASIprep's may be a cell
    ],
)
def test_what_may_be_a_record_is_never_quoted(rows, tmp_path):
    said = refusal(tmp_path, *rows, mark=";")
    assert "Ada" not in said and "Sample" not in said
    assert f"has {sum(map(bool, rows[0]))} cells" in said


@pytest.mark.parametrize(
    ("mark", "name"), [(":", "colon"), ("^", "caret"), ("~", "tilde"), ("|", "vertical bar"), ("\t", "tab")]
)
def test_a_separator_is_called_by_its_name_and_read(mark, name, tmp_path):
    assert f"separated by {name})" in refusal(tmp_path, HEADERS[:5], RECORD[:5], mark=mark)
    assert f"separated by {name})" in refusal(tmp_path, RECORD[:5], RECORD[:5], mark=mark)  # no header is known
    (tmp_path / "whole.csv").write_text("".join(f"{mark.join(row)}\n" for row in (HEADERS, RECORD)))
    found = check(tmp_path / "whole.csv", "CM", side="after")
    assert (found.delimiter, found.rows, found.faults) == (mark, 1, ())


def test_where_nothing_separates_no_separator_is_named(tmp_path):
    said = refusal(tmp_path, ["Everything was fine"], ["0012-3456-7"])
    assert "a text file (UTF-8) without a cell separator" in said
    assert "comma" not in said


TOTALS = [
    "Total", "TOTAL:", "Grand total", "Grand Total: 412", "Total général", "Total general", "Sous-total", "Subtotals", "Totaux",
    "Record count", "Record Count: 412", "Number of records", "Records: 412", "412 records", "Total records", "Row count", "Count",
    "Nombre d'enregistrements", "Nombre d’enregistrements : 412", "Nombre de lignes", "Nombre total d'élèves", "Moyenne", "Total students",
    "Number of students: 4", "412 élèves", "Total des lignes",
]  # fmt: skip


@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("is_full", [False, True])
def test_a_row_of_totals_is_found_by_its_name(name, place, is_full, tmp_path):
    total = (
        ["", "", "412", *[""] * 9] if not is_full else ["", "", "412", "", "9", "8", "75.2", "4", "412", "9", "3", "2"]
    )
    total[place] = name
    (tmp_path / "file.csv").write_text("".join(f"{';'.join(row)}\n" for row in (HEADERS, RECORD, total)))
    notes = check(tmp_path / "file.csv", "CM", side="after").notes
    assert [words(note) for note in notes] == [
        "Second file: rows with totals instead of a record, listed separately: 1 (rows 3)."
    ]


@pytest.mark.parametrize(
    "name", ["Totally Spies", "Counting and probability", "Records management 10", "Moyen terme", "Recordings"]
)
def test_other_words_are_no_totals(name, tmp_path):
    other = ["", "MAT1791", "5", name, *RECORD[4:]]
    (tmp_path / "file.csv").write_text("".join(f"{';'.join(row)}\n" for row in (HEADERS, RECORD, other)))
    assert codes(check(tmp_path / "file.csv", "CM", side="after").notes) == ["unusable"]


def test_no_table_is_a_refusal():
    with pytest.raises(Refused, match="empty"):
        check(QUIRKS / "refused_empty.csv", "CM", side="before")
