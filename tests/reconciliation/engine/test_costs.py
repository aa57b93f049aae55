"""What reading a file may cost: caps that admit a whole sheet, and refusals in words above them. Memory is measured in a process of its own."""

import base64
import json
import random
import subprocess
import sys
import zipfile
from itertools import repeat

import pytest

from reconciliation.engine import bounds, opening, package, sheets, spreadsheet_xml, workbooks, xml
from reconciliation.engine.bounds import Bounds
from reconciliation.engine.sheets import SHEET_ROWS
from reconciliation.engine.workbooks import Shared
from reconciliation.rules.notes import Refused, words
from reconciliation.rules.types import TYPES
from tests.reconciliation.engine.test_safety import CONTENT, workbook

MEGABYTE = 1024**2
HEADERS = "".join(f'<c t="str"><v>h{n}</v></c>' for n in range(500))
DAY = '<xf numFmtId="14"/>'
ONE = "<row><c><v>1</v></c></row>"
MEASURE = """
import json, resource, sys
from pathlib import Path
from reconciliation.engine.checking import check
from reconciliation.rules.notes import Refused
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    check(Path(sys.argv[1]), "CM", side="before")
    codes = []
except Refused as refused:
    codes = [note.code for note in refused.notes]
print(json.dumps([codes, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024]))
"""


def sheet(rows: str, head: str = '<c t="str"><v>ASN</v></c>', below: str = "") -> bytes:
    return (
        f'<worksheet xmlns="{CONTENT}"><sheetData><row r="1">{head}</row>{rows}</sheetData>{below}</worksheet>'.encode()
    )


def codes_of(path) -> list[str]:
    with pytest.raises(Refused) as refused:
        opening.open_sheet(path, TYPES["CM"], side="before")
    assert all(words(note) for note in refused.value.notes)
    return [note.code for note in refused.value.notes]


def test_the_caps_admit_a_whole_sheet_of_thirty_columns():
    Bounds("before").row(30 * SHEET_ROWS, 15 * 30 * SHEET_ROWS, SHEET_ROWS)
    # Twenty bytes of XML around each of its numbers, unpacked.
    assert bounds.MOST_UNPACKED > 30 * SHEET_ROWS * 90
    assert bounds.MOST_STRINGS > 15 * SHEET_ROWS


@pytest.mark.parametrize(
    ("name", "value", "rows", "code"),
    [
        ("MOST_CELLS", 4 * 500, ONE * 5, "many_cells"),
        ("MOST_CHARACTERS", 100, '<row><c t="str"><v>' + "x" * 101 + "</v></c></row>", "much_text"),
        ("MOST_BEYOND", 3, "<row>" + "<c><v>1</v></c>" * 504 + "</row>", "many_beyond"),
        ("SHEET_ROWS", 5, '<row r="2"><c><v>1</v></c></row>' * 6, "many_rows"),
        ("LONGEST_CELL", 100, '<row><c t="str"><v>' + "<![CDATA[xxxxxxxxxx]]>" * 11 + "</v></c></row>", "long_cell"),
    ],
)
def test_what_goes_beyond_a_cap_is_refused_in_words(name, value, rows, code, monkeypatch, tmp_path):
    for module in (bounds, sheets, workbooks, spreadsheet_xml, xml):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(
        sheets.Bounds,
        "__init__",
        lambda self, side, most_cells=0, own=Bounds.__init__: own(self, side, bounds.MOST_CELLS),
    )
    path = workbook(tmp_path / "book.xlsx", sheet(rows, HEADERS))
    assert codes_of(path) == [code]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (
            {"styles": f'<styleSheet xmlns="{CONTENT}"><cellXfs>' + DAY * 20_001 + "</cellXfs></styleSheet>"},
            "many_parts",
        ),
        ({"sharedStrings": f'<sst xmlns="{CONTENT}"><si><t>' + "x" * 140_000 + "</t></si></sst>"}, "long_cell"),
    ],
    ids=["styles", "string"],
)
def test_more_than_a_workbook_has(parts, code, tmp_path):
    path = workbook(tmp_path / "book.xlsx", sheet(ONE), **{name: text.encode() for name, text in parts.items()})
    assert codes_of(path) == [code]


def test_fifty_thousand_sheets_are_not_opened(tmp_path):
    path = tmp_path / "sheets.xlsx"
    count = 50_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        names = "".join(f'<sheet name="s{n}" r:id="r{n}"/>' for n in range(count))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{CONTENT}" xmlns:r="r"><sheets>{names}</sheets></workbook>')
        links = "".join(f'<Relationship Id="r{n}" Target="s{n}.xml"/>' for n in range(count))
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{links}</Relationships>")
    assert codes_of(path) == ["many_parts"]


def test_a_list_of_parts_that_is_larger_than_any_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(package, "MOST_OF_THE_LIST", 100)
    assert codes_of(workbook(tmp_path / "list.xlsx", sheet(ONE))) == ["zip_bomb"]


@pytest.mark.parametrize("way", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_part_that_no_spreadsheet_packs_so_is_no_part(way, tmp_path):
    path = tmp_path / "packed.xlsx"
    with zipfile.ZipFile(path, "w", way) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    assert codes_of(path) in (["not_a_workbook"], ["not_a_table"])


def test_an_archive_in_the_place_of_a_sheet(tmp_path):
    inner = workbook(tmp_path / "inner.xlsx", sheet(ONE)).read_bytes()
    assert codes_of(workbook(tmp_path / "outer.xlsx", inner)) == ["bad_xml"]


def test_a_dimension_of_the_whole_sheet_and_merged_cells_cost_nothing(tmp_path):
    merged = "<mergeCells>" + "".join(f'<mergeCell ref="A{n}:XFD{n}"/>' for n in range(1, 1000)) + "</mergeCells>"
    path = workbook(
        tmp_path / "merged.xlsx",
        sheet(ONE, below=merged).replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'),
    )
    assert opening.open_sheet(path, TYPES["CM"], side="before").cells.shape == (1, 1)


def test_short_rows_of_a_csv_file_count_with_all_their_headers(monkeypatch, tmp_path):
    from reconciliation.engine import delimited

    monkeypatch.setattr(delimited, "MOST_CSV_CELLS", 20_000)
    path = tmp_path / "short.csv"
    path.write_text(",".join(f"h{n}" for n in range(500)) + "\n" + "1\n" * 50)
    assert codes_of(path) == ["many_cells"]
    path.write_text((",".join(repeat("1", 500)) + "\n") * 60)
    assert codes_of(path) == ["many_cells"]


@pytest.mark.parametrize(
    ("rows", "head", "code", "most"),
    [
        (ONE * 70_000, HEADERS, "many_cells", 1200),
        ("<row>" + "<c><v>1</v></c>" * 16_384 + "</row>", "", "many_beyond", 500),
    ],
    ids=["wide", "beyond"],
)
def test_a_small_workbook_takes_little_memory(rows, head, code, most, tmp_path):
    """Wide: 16 bytes for each of 33.5 million cells is the least. Without the caps it took as much again for every further row."""
    rows = rows if head else rows * 70
    noise = base64.b64encode(random.Random(1).randbytes(200_000))  # so that it packs less than a bomb does
    path = workbook(
        tmp_path / "small.xlsx",
        sheet(rows, head or '<c t="str"><v>ASN</v></c>') + b"<!--" + noise + b"-->",
    )
    assert path.stat().st_size < 2 * MEGABYTE
    child = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    codes, megabytes = json.loads(child.stdout)
    assert codes == [code]
    assert megabytes < most


def test_shared_strings_are_what_they_were():
    shared = Shared()
    for text in ("", "a", "é\U0001f600", ""):
        shared.append(text)
    assert [shared[place] for place in range(len(shared))] == ["", "a", "é\U0001f600", ""]
