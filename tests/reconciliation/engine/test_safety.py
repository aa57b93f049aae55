"""Files that are made to harm are refused quickly, and with words."""

import io
import zipfile

import pytest

from reconciliation.engine import opening, workbooks
from reconciliation.engine.numbers import date_text, number_text
from reconciliation.rules.notes import Refused
from reconciliation.rules.types import TYPES
from tests.reconciliation.files import QUIRKS, compare

CONTENT = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path, sheet: bytes, **parts: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{CONTENT}" xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="r1" Target="sheet.xml"/></Relationships>'
        )
        book.writestr("xl/sheet.xml", sheet)
        for name, content in parts.items():
            book.writestr(f"xl/{name}.xml", content)
    return path


def reasons(path, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused) as refused:
        compare(path, QUIRKS / "plain.csv", tmp_path / "out")
    return [note.code for note in refused.value.notes]


def test_a_file_over_the_limit(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(500 * 1024**2 + 1)
    assert reasons(path, tmp_path) == ["too_large"]


@pytest.mark.parametrize("part", ["sheet", "sharedStrings"])
def test_a_zip_bomb(part, tmp_path):
    bomb = b"<x>" + b" " * (30 * 1024**2)
    path = (
        workbook(tmp_path / "bomb.xlsx", b"<x/>", sharedStrings=bomb)
        if part != "sheet"
        else workbook(tmp_path / "b.xlsx", bomb)
    )
    assert reasons(path, tmp_path) == ["zip_bomb"]


def test_a_part_that_unpacks_to_more_than_it_says(tmp_path):
    path = workbook(tmp_path / "liar.xlsx", b"<x>" + b" " * 2_000_000)
    data = bytearray(path.read_bytes())
    said = (2_000_003).to_bytes(4, "little")
    assert data.count(said) == 2
    path.write_bytes(bytes(data.replace(said, (9_000).to_bytes(4, "little"))))
    assert reasons(path, tmp_path)[0] in ("not_a_workbook", "bad_xml")


@pytest.mark.parametrize(
    "cell",
    ['<c r="XFE1"><v>1</v></c>', '</row><row r="1048577"><c><v>1</v></c>', '</row><row r="0"><c><v>1</v></c>'],
)
def test_a_cell_where_no_spreadsheet_has_one(cell, tmp_path):
    sheet = f'<worksheet xmlns="{CONTENT}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'.encode()
    assert reasons(workbook(tmp_path / "wide.xlsx", sheet), tmp_path) == ["too_wide"]


def test_entities_in_a_workbook(tmp_path):
    sheet = b'<!DOCTYPE worksheet [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>'
    assert reasons(workbook(tmp_path / "entities.xlsx", sheet), tmp_path) == ["entities"]


def test_an_external_entity_is_not_fetched(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    path = tmp_path / "external.xml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE Workbook [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data>&x;</Data></Cell>'
        "</Row></Table></Worksheet></Workbook>"
    )
    assert reasons(path, tmp_path) == ["entities"]


def test_a_sparse_row_takes_no_more_room_than_its_header(tmp_path):
    """Two cells at the ends of a sheet span sixteen thousand columns."""
    cells = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 500))
    sheet = f'<worksheet xmlns="{CONTENT}"><sheetData><row r="1"><c r="A1" t="str"><v>ASN</v></c></row>{cells}</sheetData></worksheet>'
    with workbook(tmp_path / "sparse.xlsx", sheet.encode()).open("rb") as file:
        found = workbooks.read(file, TYPES["CM"], side="before", step=opening.nothing)
    assert found.headers == ["ASN"]
    assert found.cells.shape == (498, 1)
    assert len(found.long[2]) == 1


def test_more_headers_than_a_file_has(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column {n}" for n in range(501)) + "\n")
    assert reasons(path, tmp_path) == ["too_many_headers"]
    sheet = f'<worksheet xmlns="{CONTENT}"><sheetData><row r="1"><c r="XFD1" t="str"><v>ASN</v></c></row></sheetData></worksheet>'
    (tmp_path / "out").rmdir()
    assert reasons(workbook(tmp_path / "wide.xlsx", sheet.encode()), tmp_path) == ["too_many_headers"]


def test_a_cell_longer_than_any_spreadsheet_s(tmp_path):
    path = tmp_path / "long.csv"
    path.write_bytes((QUIRKS / "plain.csv").read_bytes().replace(b"Full Year", b"x" * 200_000))
    assert reasons(path, tmp_path) == ["long_cell"]


def test_a_workbook_cut_off(tmp_path):
    path = tmp_path / "cut.xlsx"
    path.write_bytes((QUIRKS / "workbook.xlsx").read_bytes()[:-400])
    assert reasons(path, tmp_path) == ["not_a_workbook"]


def test_typed_cells_styles_and_rich_text(tmp_path):
    strings = (
        f'<sst xmlns="{CONTENT}"><si><r><t>A</t></r><r><t>SN</t></r><rPh><t>x</t></rPh></si>'
        "<si><t>two_x000D_\nlines</t></si></sst>"
    ).encode()
    styles = (
        f'<styleSheet xmlns="{CONTENT}"><numFmts><numFmt numFmtId="164" formatCode="[Red]&quot;d&quot;0.0"/>'
        '<numFmt numFmtId="165" formatCode="d\\-mmm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    ).encode()
    sheet = (
        f'<worksheet xmlns="{CONTENT}"><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>b</t></is></c>'
        '<c t="str"><v>c</v></c><c t="str"><v>d</v></c></row>'
        '<row r="3"><c t="s"><v>1</v></c><c s="1"><v>75.0</v></c><c s="2"><v>44944</v></c><c s="3"><v>44944.5</v></c></row>'
        '<row><c t="e"><v>#REF!</v></c><c t="b"><v>1</v></c><c><v>1.23456789E8</v></c><c t="s"><v>77</v></c></row>'
        "</sheetData></worksheet>"
    ).encode()
    path = workbook(tmp_path / "odd.xlsx", sheet, sharedStrings=strings, styles=styles)
    found = workbooks.read(io.BytesIO(path.read_bytes()), TYPES["CM"], side="before", step=opening.nothing)
    assert found.headers == ["ASN", "b", "c", "d"]
    assert found.rows.to_list() == [3, 4]
    assert found.cells.rows() == [
        ("two\r\nlines", "75", "2023-01-18", "2023-01-18 12:00:00"),
        ("#REF!", "TRUE", "123456789", ""),
    ]


@pytest.mark.parametrize(("since_1904", "day"), [(False, "2023-01-18"), (True, "2027-01-19")])
def test_a_day_number_counts_from_the_workbook_s_first_day(since_1904, day):
    assert date_text("44944", since_1904=since_1904) == day
    assert date_text("44944.25", since_1904=since_1904) == f"{day} 06:00:00"
    assert date_text("-5", since_1904=since_1904) == "-5"
    assert date_text("59", since_1904=False) == "59"
    assert date_text("soon", since_1904=since_1904) == "soon"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("75.0", "75"),
        ("7.5E1", "75"),
        ("0.1", "0.1"),
        ("1E+20", "1e+20"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("x", "x"),
    ],
)
def test_a_number_as_a_csv_would_hold_it(text, same):
    assert number_text(text) == same
