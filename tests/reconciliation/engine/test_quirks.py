"""One file a quirk: each is tests/data/quirks/plain.csv written, saved or damaged in one way, and compared with it."""

import csv

import pytest

from reconciliation.rules.notes import Refused
from reconciliation.rules.reading_options import How
from reconciliation.rules.statuses import ADDED, DIFFERENT, MISSING, PERFECT
from tests.reconciliation.files import DATA, QUIRKS, compare, write

DATES = {"Exit Date", "Assignment Date", "Entry Date"}
YES_NO = {"Approved?", "Funding Requested?"}
PLAIN = (
    "semicolon.csv tab.csv no_bom.csv utf16.csv utf16_no_bom.csv windows_1252.csv lf.csv unquoted.csv sep_line.csv "
    "blank_lines_at_the_end.csv blank_line_between.csv other_order.csv section_description.csv no_question_marks.csv "
    "both_descriptions.csv long_row_of_blanks.csv odd_quotes.csv dash_for_blank.csv decomposed.csv "
    "spreadsheet.xml spreadsheet_utf16.xml workbook.xlsx"
).split()
# file: columns whose cells are marked as repaired, number of cells
REPAIRED = {
    "asn_without_hyphens.csv": ({"ASN"}, 3),
    "asn_without_zeros.csv": ({"ASN"}, 3),
    "asn_as_decimal.csv": ({"ASN"}, 3),
    "code_case_and_blanks.csv": ({"Code"}, 3),
    "numbers.csv": ({"Credits Attempted", "Value"}, 4),
    "decimal_comma.csv": ({"Credits Attempted", "Value"}, 4),
    "dates_day_first.csv": ({"Exit Date", "Assignment Date"}, 3),
    "dates_month_first.csv": ({"Exit Date", "Assignment Date"}, 3),
    "dates_order_proven.csv": ({"Entry Date"}, 3),
    "dates_slashes.csv": (DATES, 6),
    "dates_with_time.csv": (DATES, 6),
    "dates_month_name.csv": (DATES, 6),
    "true_false.csv": (YES_NO, 6),
    "vrai_faux.csv": (YES_NO, 6),
    "workbook_typed.xlsx": (YES_NO | {"ASN"}, 9),
}
# file: column of the cells that cannot be read, how many
UNREADABLE = {
    "dates_ambiguous.csv": ("Entry Date", 2),
    "dates_serial.csv": ("Entry Date", 3),
    "spreadsheet_error.csv": ("Term", 1),
    "hashes.csv": ("Exit Date", 2),
}
UNUSABLE = {
    "asn_scientific.csv": ("4", "ASN: in scientific notation: digits are lost"),
    "asn_blank.csv": ("4", "ASN: blank"),
    "long_row.csv": ("3", "more cells than headers: the columns cannot be determined"),
}
REFUSED = {
    "refused_header_twice.csv": {"headers_twice"},
    "refused_course_description_only.csv": {"missing_columns"},
    "refused_missing_columns.csv": {"missing_columns"},
    "no_headers.csv": {"no_columns"},
    "refused_unclear_header.csv": {"header_unclear"},
    "refused_empty.csv": {"empty"},
    "refused_blank.csv": {"no_header"},
    "refused_open_quote.csv": {"open_quote"},
    "refused_encoding.csv": {"encoding"},
    "refused_old_workbook.xls": {"old_workbook"},
    "refused_not_a_workbook.xlsx": {"not_a_workbook"},
    "refused_not_a_spreadsheet.xml": {"not_spreadsheet_xml"},
    "refused_cut_off.xml": {"bad_xml"},
    "refused_entities.xml": {"entities"},
    "refused_outside.xml": {"too_wide"},
}


def against_plain(name, folder):
    return compare(QUIRKS / "plain.csv", QUIRKS / name, folder)


def test_every_file_is_used():
    tested = {*PLAIN, *REPAIRED, *UNREADABLE, *UNUSABLE, *REFUSED}
    others = {"plain.csv", "short_row.csv", "formulas.csv", "cut_in_a_cell.csv"}
    assert {path.name for path in QUIRKS.iterdir()} == tested | others


@pytest.mark.parametrize("name", PLAIN)
def test_read_as_it_is(name, tmp_path):
    result = against_plain(name, tmp_path)
    assert result.outcome.counts == {PERFECT: 3, DIFFERENT: 0, MISSING: 0, ADDED: 0}
    assert result.outcome.repaired_cells == 0
    assert result.outcome.is_perfect
    assert result.notes <= {"extra_columns"}


@pytest.mark.parametrize("name", REPAIRED)
def test_repaired_and_marked(name, tmp_path):
    columns, cells = REPAIRED[name]
    result = against_plain(name, tmp_path)
    assert result.outcome.counts[PERFECT] == 3
    assert result.outcome.repaired_cells == cells
    marked = {one for line in result.lines for one in line["Repaired"].split("; ") if one}
    assert marked == {f"{column} (after)" for column in columns}
    assert "repaired" in result.notes


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_cells_stay_count_as_differences_and_are_marked(name, tmp_path):
    column, cells = UNREADABLE[name]
    result = against_plain(name, tmp_path)
    different = [line for line in result.lines if line["Match Status"] == DIFFERENT]
    assert len(different) == cells
    assert {line["Differences"] for line in different} == {column}
    assert {line["Repaired"] for line in different} == {f"{column} (after)"}
    assert "unreadable" in result.notes


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_cells_are_equal_to_nothing(name, tmp_path):
    result = compare(QUIRKS / name, QUIRKS / name, tmp_path)
    assert result.outcome.counts[DIFFERENT] == UNREADABLE[name][1]
    assert result.outcome.equal_after_normalising == 0


@pytest.mark.parametrize("name", UNUSABLE)
def test_rows_without_a_readable_key_stand_apart(name, tmp_path):
    row, reason = UNUSABLE[name]
    result = against_plain(name, tmp_path)
    assert result.outcome.after.unusable == 1
    assert [line[:3] for line in result.unusable[1:]] == [["after", row, reason]]
    assert result.outcome.counts == {PERFECT: 2, DIFFERENT: 0, MISSING: 1, ADDED: 0}
    assert not result.outcome.is_perfect


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(name, tmp_path):
    with pytest.raises(Refused) as refused:
        against_plain(name, tmp_path)
    assert {note.code for note in refused.value.notes} == REFUSED[name]
    assert {note.values["side"] for note in refused.value.notes} == {"after"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [
        ("plain.csv", "UTF-8 with BOM", ","),
        ("no_bom.csv", "UTF-8", ","),
        ("semicolon.csv", "UTF-8 with BOM", ";"),
        ("tab.csv", "UTF-8 with BOM", "\t"),
        ("utf16.csv", "UTF-16", ","),
        ("utf16_no_bom.csv", "UTF-16", ","),
        ("windows_1252.csv", "Windows-1252", ";"),
        ("sep_line.csv", "UTF-8 with BOM", ";"),
    ],
)
def test_encoding_and_delimiter_are_told(name, encoding, delimiter, tmp_path):
    after = against_plain(name, tmp_path).outcome.after
    assert (after.encoding, after.delimiter) == (encoding, delimiter)


def test_a_blank_line_counts_as_a_spreadsheet_counts_it(tmp_path):
    result = against_plain("blank_line_between.csv", tmp_path)
    assert sorted((line["Before Row"], line["After Row"]) for line in result.lines) == [
        ("2", "2"),
        ("3", "4"),
        ("4", "5"),
    ]


def test_a_short_row_has_blanks_and_is_said(tmp_path):
    result = against_plain("short_row.csv", tmp_path)
    (line,) = [line for line in result.lines if line["Match Status"] == DIFFERENT]
    assert line["Differences"] == "Approved?; Status; Funding Requested?; Entry Date"
    assert "short_rows" in result.notes


def test_a_cut_last_line_is_read_as_far_as_it_goes_and_said(tmp_path):
    result = against_plain("cut_in_a_cell.csv", tmp_path)
    (line,) = [line for line in result.lines if line["Match Status"] == DIFFERENT]
    assert (line["Differences"], line["Entry Date (after)"]) == ("Entry Date", "2026-")
    assert "cut_last_line" in result.notes


def test_formulas_are_made_harmless_and_a_lone_hyphen_stays(tmp_path):
    result = compare(QUIRKS / "formulas.csv", QUIRKS / "dash_for_blank.csv", tmp_path)
    by_code = {line["Code"]: line for line in result.lines}
    assert by_code["ELA2105"]["Term (before)"] == "'=1+1"
    assert by_code["MAT3791"]["Term (before)"] == "'@Semester 1"
    assert by_code["ELA2105"]["Exit Date (after)"] == "-"


def test_both_descriptions_are_two_columns(tmp_path):
    headers = against_plain("both_descriptions.csv", tmp_path).outcome.after.headers
    assert headers["Section Description"] == "Section Description"
    assert against_plain("plain.csv", tmp_path).outcome.after.headers["Section Description"] == "Description"


def test_equal_after_normalising_counts_key_cells_and_repaired_cells(tmp_path):
    assert against_plain("asn_without_zeros.csv", tmp_path).outcome.equal_after_normalising == 3
    assert against_plain("true_false.csv", tmp_path).outcome.equal_after_normalising == 6
    assert against_plain("dash_for_blank.csv", tmp_path).outcome.equal_after_normalising == 5
    assert against_plain("decomposed.csv", tmp_path).outcome.equal_after_normalising == 1


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("quoted", [True, False])
def test_two_encodings_in_one_file_are_said_with_their_rows(mark, quoted, tmp_path):
    """One row is Windows-1252 between UTF-8."""
    data = (QUIRKS / "plain.csv").read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"Semester 1", "Été".encode())
    head, one, two, three = data.split(b"\r\n", 3)
    two = two.replace(b"English, first", "Français, première".encode("cp1252"))
    mixed = mark + b"\r\n".join([head, one, two, three])
    if not quoted:
        mixed = mixed.replace(b"first; half", b"half").replace(b'"Full Year"', b"Full Year")
    path = tmp_path / "mixed.csv"
    path.write_bytes(mixed)
    (tmp_path / "out").mkdir()
    result = compare(QUIRKS / "plain.csv", path, tmp_path / "out")
    (note,) = [note for note in result.outcome.warnings if note.code == "mixed_encodings"]
    assert (note.values["encoding"], note.values["count"], note.values["rows"]) == ("Windows-1252", 1, "3")
    assert any("Français, première" in line["Section Description (after)"] for line in result.lines)
    assert {line["Term (after)"] for line in result.lines} >= {"Été"}


def test_mac_roman_is_read_and_said_with_its_rows(tmp_path):
    data = (QUIRKS / "plain.csv").read_bytes().decode("utf-8-sig")
    path = tmp_path / "mac.csv"
    path.write_bytes(data.encode("mac_roman"))
    (tmp_path / "out").mkdir()
    result = compare(QUIRKS / "plain.csv", path, tmp_path / "out")
    (note,) = [note for note in result.outcome.warnings if note.code == "mac_roman"]
    assert (note.values["count"], note.values["rows"]) == (1, "2")
    assert result.outcome.is_perfect


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r", "\r\r\n", "\x1e", "\x85", "\u2028", "\x0b"])
def test_line_ends_of_every_kind(end, tmp_path):
    text = (DATA / "cases" / "base.csv").read_bytes().decode("utf-8-sig")
    path = tmp_path / "ends.csv"
    path.write_bytes(text.replace("\r\n", end).encode())
    (tmp_path / "out").mkdir()
    assert compare(DATA / "cases" / "base.csv", path, tmp_path / "out").outcome.is_perfect


BASE = DATA / "cases" / "base.csv"


def changed(tmp_path, change) -> set[str]:
    """The notes of a comparison in which the second file's rows (as lists, header first) are changed."""
    with BASE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    (tmp_path / "out").mkdir()
    result = compare(BASE, write(tmp_path / "after.csv", change(rows)), tmp_path / "out")
    return result.notes


def fresh(rows):
    """As after an upload: other references."""
    place = rows[0].index("Reference #")
    return [rows[0], *([*row[:place], f"new {row[place]}", *row[place + 1 :]] for row in rows[1:])]


def test_references_that_outlive_the_delete_are_said(tmp_path):
    assert "same_references" in changed(tmp_path, lambda rows: [rows[0], *rows[:0:-1]])


def test_other_references_are_what_an_upload_gives(tmp_path):
    assert not {"same_references", "identical", "rows_dropped", "one_value"} & changed(tmp_path, fresh)


def test_a_large_drop_of_rows_is_said(tmp_path):
    assert "rows_dropped" in changed(tmp_path, lambda rows: fresh(rows)[:2])


def test_a_file_that_a_filter_has_left_is_said(tmp_path):
    place = 5  # Status

    def completed(rows):
        assert rows[0][place] == "Status"
        return [row for row in fresh(rows) if row[place] in ("Status", "Completed")]

    assert "one_value" in changed(tmp_path, completed)


def test_a_file_of_headers_alone_is_said(tmp_path):
    assert "no_rows" in changed(tmp_path, lambda rows: rows[:1])


def test_an_unquoted_file_cut_off_in_its_last_line_is_said(tmp_path):
    text = BASE.read_bytes().replace(b'"', b"").replace(b"Sample, ", b"Sample ").rstrip()
    (tmp_path / "out").mkdir()
    (tmp_path / "cut.csv").write_bytes(text[:-3])
    assert "cut_last_line" in compare(BASE, tmp_path / "cut.csv", tmp_path / "out").notes  # in the last cell
    (tmp_path / "cut.csv").write_bytes(text[:-60])
    assert "cut_last_line" in compare(BASE, tmp_path / "cut.csv", tmp_path / "out").notes  # cells are missing
    (tmp_path / "cut.csv").write_bytes(text)
    assert "cut_last_line" not in compare(BASE, tmp_path / "cut.csv", tmp_path / "out").notes


@pytest.mark.parametrize(
    ("how", "counts"),
    [
        ({}, (3, 0)),
        ({"date_order": "mdy"}, (1, 2)),
        ({"date_order": "dmy"}, (3, 0)),
    ],
)
def test_the_order_of_dates_is_proven_and_can_be_chosen(how, counts, tmp_path):
    result = compare(QUIRKS / "plain.csv", QUIRKS / "dates_order_proven.csv", tmp_path, after_how=How(**how))
    assert tuple(result.outcome.counts[status] for status in (PERFECT, DIFFERENT)) == counts
    assert result.outcome.after.date_orders == {"Entry Date": how.get("date_order", "dmy")}
    assert ("order_chosen" if how else "order_proven") in result.notes
    assert ("order_against" in result.notes) == (how.get("date_order") == "mdy")


def test_an_open_order_is_said_and_a_choice_settles_it(tmp_path):
    assert "order_open" in against_plain("dates_ambiguous.csv", tmp_path).notes
    chosen = compare(QUIRKS / "plain.csv", QUIRKS / "dates_ambiguous.csv", tmp_path, after_how=How(date_order="dmy"))
    assert chosen.outcome.is_perfect
