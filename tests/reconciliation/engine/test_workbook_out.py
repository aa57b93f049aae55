"""result.xlsx, read with the standard library alone."""

import re
import zipfile
from xml.etree import ElementTree

from reconciliation.engine import workbook_out
from reconciliation.engine.outcome import Outcome, Side
from reconciliation.engine.running import Options, Run
from reconciliation.rules.statuses import ADDED, DIFFERENT, MISSING, PERFECT
from tests.reconciliation.files import DATA, QUIRKS, compare

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BEFORE, AFTER = (DATA / f"2027-9101-CM-{side}.csv" for side in ("BeforeDelete", "AfterUpload"))


def sheet(path, number=1):
    with zipfile.ZipFile(path) as book:
        assert not book.testzip()
        return ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))


def texts(root):
    return [["".join(cell.itertext()) for cell in row.iter(f"{MAIN}c")] for row in root.iter(f"{MAIN}row")]


def test_the_workbook_holds_the_result_with_its_header_frozen_and_filters(tmp_path):
    result = compare(BEFORE, AFTER, tmp_path, xlsx=True)
    root = sheet(tmp_path / "result.xlsx")
    header, *rows = texts(root)
    assert header == result.header
    assert [row[0] for row in rows] == [line["Match Status"] for line in result.lines]
    assert root.find(f".//{MAIN}pane").get("state") == "frozen"
    assert root.find(f"{MAIN}autoFilter").get("ref").endswith(str(len(rows) + 1))
    assert not list(root.iter(f"{MAIN}f"))
    assert ["Contents of the files", "CM"] in texts(sheet(tmp_path / "result.xlsx", 2))


def test_changed_and_repaired_cells_look_otherwise(tmp_path):
    compare(QUIRKS / "plain.csv", QUIRKS / "dates_ambiguous.csv", tmp_path, xlsx=True)
    rows = list(sheet(tmp_path / "result.xlsx").iter(f"{MAIN}row"))
    styles = {re.sub(r"\d", "", cell.get("r")): cell.get("s") for cell in rows[1].iter(f"{MAIN}c")}
    header = texts(sheet(tmp_path / "result.xlsx"))[0]
    before, after = (letters(header.index(f"Entry Date ({side})")) for side in ("before", "after"))
    term = letters(header.index("Term (before)"))
    assert styles[before] != styles[after]
    assert styles.get(term) is None


def letters(place):
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def test_the_same_files_give_the_same_bytes(tmp_path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        compare(BEFORE, AFTER, tmp_path / name, xlsx=True)
        made.append((tmp_path / name / "result.xlsx").read_bytes())
    assert made[0] == made[1]


def outcome(perfect, different):
    side = Side(perfect + different, 0, 0, {}, "csv", "UTF-8", ",")
    counts = {PERFECT: perfect, DIFFERENT: different, MISSING: 0, ADDED: 0}
    return Outcome("CM", None, None, side, side, counts, 0, 0, {}, ())


def test_what_a_sheet_has_no_room_for_is_left_out_and_said():
    assert workbook_out.note(outcome(1_048_575, 0)) is None
    assert workbook_out.note(outcome(1_048_575, 1)).code == "sheet_part"
    assert workbook_out.note(outcome(0, 1_048_576)).code == "sheet_cut"


def test_where_room_is_short_the_workbook_has_the_rows_that_differ(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_out, "ROOM", 6)
    result = Run(Options("CM", xlsx=True))(BEFORE, AFTER, tmp_path)
    statuses = [row[0] for row in texts(sheet(tmp_path / "result.xlsx"))[1:]]
    assert len(statuses) == 5
    assert PERFECT not in statuses
    assert "sheet_part" in {note.code for note in result.warnings}
