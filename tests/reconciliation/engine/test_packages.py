"""Workbooks whose parts, sheets, rows and columns are other than usual: found, read and said."""

import re
import zipfile

import pytest
import xlsxwriter

from reconciliation.engine.checking import check
from reconciliation.engine.opening import open_sheet
from reconciliation.rules.notes import Refused, words
from reconciliation.rules.reading_options import How
from reconciliation.rules.types import TYPES
from tests.reconciliation.files import DATA, compare

CASES = DATA / "cases"
WORKBOOKS = sorted(path.name for path in CASES.glob("*.xlsx"))
HEADERS = [column.name for column in TYPES["CM"].columns]
ROW = ["0012-3456-7", "ENG1120", "3", "A", "1", "2027-01-29", "75", "2027-01-30", "Yes", "Active", "Yes", "2026-09-01"]


def renamed(source, path, turn):
    """The workbook with `turn` over the names of its parts and over every mention of them."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            name = part.orig_filename
            if name.endswith((".rels", "Types].xml")):
                data = turn(data.decode()).encode()
            info = zipfile.ZipInfo(name)
            info.filename = turn(name)  # ZipInfo itself would turn a backslash
            new.writestr(info, data)
    return path


def other_name(text):
    """workbook.xml becomes book-7.xml, with its relations."""
    return re.sub(r"workbook\.xml(?=$|[\"'.])", "book-7.xml", text)


def other_folder(text):
    """xl/ becomes Inhalt/."""
    return re.sub(r"(^|[\"/\\])xl([/\\])", r"\1Inhalt\2", text)


def backslashes(text):
    parts = re.sub(r'(Target|PartName)="([^"]*)"', lambda match: match[0].replace("/", "\\"), text)
    return parts.replace("/", "\\") if "<" not in text else parts


@pytest.mark.parametrize(
    "turn", [other_name, other_folder, backslashes, lambda text: backslashes(other_folder(other_name(text)))]
)
@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_is_found_through_its_relations(name, turn, tmp_path):
    plain = open_sheet(CASES / name, TYPES["CM"], side="after")
    path = renamed(CASES / name, tmp_path / "renamed.xlsx", turn)
    found = open_sheet(path, TYPES["CM"], side="after")
    assert found.headers == plain.headers
    assert found.cells.equals(plain.cells)


def workbook(path, sheets, *, columns=(), hidden=()):
    """Each sheet from its rows; hidden are some columns, by place from 0, and the sheets that are named."""
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for first, last in columns:
            sheet.set_column(first, last, None, None, {"hidden": True})
        if name in hidden:
            sheet.hide()
        elif hidden:
            sheet.activate()  # the active sheet cannot be hidden
    book.close()
    return path


def sentences(path, how=None):
    return [words(note) for note in check(path, "CM", side="after", how=how or How()).notes]


def test_of_two_sheets_with_the_columns_the_first_is_read_and_the_other_can_be_chosen(tmp_path):
    other = [*ROW[:6], "80", *ROW[7:]]
    path = workbook(
        tmp_path / "two.xlsx", {"Notes": [["x"]], "Term 1": [HEADERS, ROW], "Term 2": [[*HEADERS, "Period"], other]}
    )
    sentence = "Second file: several sheets have the columns. “Term 1” is read; you can choose “Term 2” instead."
    assert sentences(path) == [sentence]
    assert sentences(path, How(sheet="Term 2")) == []
    assert open_sheet(path, TYPES["CM"], side="after").cells["6"].to_list() == ["75"]
    assert open_sheet(path, TYPES["CM"], side="after", how=How(sheet="Term 2")).cells["6"].to_list() == ["80"]


def test_a_hidden_sheet_with_the_columns_is_named_and_not_taken(tmp_path):
    path = workbook(tmp_path / "two.xlsx", {"Old": [HEADERS, ROW], "New": [HEADERS, ROW]}, hidden=["Old"])
    assert sentences(path) == [
        "Second file: several sheets have the columns. “New” is read; you can choose “Old” instead."
    ]


def test_hidden_columns_are_counted_and_said(tmp_path):
    path = workbook(tmp_path / "hidden.xlsx", {"A": [HEADERS, ROW]}, columns=[(2, 2), (5, 7), (40, 50)])
    assert sentences(path) == ["Second file: hidden columns in the workbook, which are read as well: 4 (C, F-H)."]
    assert compare(path, path, tmp_path).outcome.counts["Perfectly Matched"] == 1


def spreadsheet_xml(path, *sheets):
    def table(rows):
        cells = ("".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in row) for row in rows)
        return "".join(f"<Row>{row}</Row>" for row in cells)

    tables = (
        f'<Worksheet ss:Name="S{number}"><Table><Column/><Column ss:Hidden="1" ss:Span="1"/><Column ss:Index="6" ss:Hidden="1"/>'
        f"{table(rows)}</Table></Worksheet>"
        for number, rows in enumerate(sheets, 1)
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">{"".join(tables)}</Workbook>')
    return path


def test_the_older_xml_says_the_same(tmp_path):
    path = spreadsheet_xml(tmp_path / "two.xml", [["x"]], [HEADERS, ROW], [HEADERS, ROW, ROW])
    assert sentences(path) == [
        "Second file: several sheets have the columns. “S2” is read; you can choose “S3” instead.",
        "Second file: hidden columns in the workbook, which are read as well: 3 (B-C, F).",
    ]
    assert open_sheet(path, TYPES["CM"], side="after").rows.to_list() == [2]
    path = spreadsheet_xml(tmp_path / "first.xml", [HEADERS, ROW], [HEADERS, ROW, ROW])
    assert sentences(path)[0].endswith("“S1” is read; you can choose “S2” instead.")
    assert open_sheet(path, TYPES["CM"], side="after", how=How(sheet="S2")).rows.to_list() == [2, 3]


def test_a_binary_workbook_is_named_whatever_its_parts_are_called(tmp_path):
    path = tmp_path / "book.xlsx"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{relation}" Target="x/main.bin"/></Relationships>',
        )
        archive.writestr("x/main.bin", b"\x83\x01\x00")
    with pytest.raises(Refused) as refused:
        open_sheet(path, TYPES["CM"], side="after")
    assert "a binary Excel workbook" in words(refused.value.notes[0])
