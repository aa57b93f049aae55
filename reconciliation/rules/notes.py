"""Everything that a reconciliation says about two files, as one table: why they are refused, and what to know about a run.

A Note holds the code of its sentence and the values; whoever shows it translates the sentence and then puts the values in.
No sentence holds a cell's text: the file is a student's record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.rules.words import gettext_noop

SIDES: Mapping[str, str] = {"before": gettext_noop("first file"), "after": gettext_noop("second file")}

REFUSALS: Mapping[str, str] = {
    "too_large": gettext_noop("{side}: the file is larger than {limit} MB."),
    "cannot_open": gettext_noop("{side}: the file cannot be opened ({reason})."),
    "is_a_result": gettext_noop("{side}: the file is where a result would overwrite it. Choose another folder."),
    "empty": gettext_noop("{side}: the file is empty."),
    "no_header": gettext_noop("{side}: the file has no header row."),
    "not_a_table": gettext_noop("{side}: this is {what}. {way}"),
    "encoding": gettext_noop(
        "{side}: the characters near line {line} are neither UTF-8, UTF-16, Windows-1252 nor Mac Roman. Export the file again."
    ),
    "encoding_chosen": gettext_noop(
        "{side}: the file cannot be read as {encoding}, the encoding you chose; the first character that does not "
        "match is near line {line}."
    ),
    "open_quote": gettext_noop(
        "{side}: a quotation mark opened in row {row} is never closed, so the lines below it would fall into one "
        "cell. Export the file again."
    ),
    "long_cell": gettext_noop("{side}: a cell after row {row} is longer than {limit} characters."),
    "old_workbook": gettext_noop(
        "{side}: this is an older Excel workbook (.xls) or one with a password. Save it as .xlsx without a password or as CSV."
    ),
    "not_a_workbook": gettext_noop("{side}: the workbook is damaged or cut off. Export or save it again."),
    "zip_bomb": gettext_noop(
        "{side}: the workbook is far larger than a workbook should be when unpacked, and was not opened."
    ),
    "many_cells": gettext_noop(
        "{side}: the sheet has more than {limit} million cells, counting every column of its headers in every row. "
        "Delete columns that you do not need, or split it into several files."
    ),
    "much_text": gettext_noop(
        "{side}: the cells contain more than {limit} million characters. Split the file into several."
    ),
    "many_beyond": gettext_noop(
        "{side}: more than {limit} cells are to the right of the last header. Delete them, or give their columns "
        "headers."
    ),
    "many_rows": gettext_noop("{side}: the file has more rows than a spreadsheet can have ({limit})."),
    "many_parts": gettext_noop("{side}: the workbook has more than {limit} sheets or styles, and was not opened."),
    "too_costly": gettext_noop(
        "{side}: reading the file takes more memory or time than allowed. Save it as CSV, or with fewer rows and "
        "columns."
    ),
    "both_too_costly": gettext_noop(
        "Reading the files takes more memory or time than allowed. Save them as CSV, or with fewer rows and columns."
    ),
    "entities": gettext_noop(
        "{side}: the XML declares a document type or entities. PASIprep writes none; the file was not read."
    ),
    "bad_xml": gettext_noop("{side}: the XML is damaged or cut off near line {line}."),
    "not_spreadsheet_xml": gettext_noop("{side}: the XML is not an Excel spreadsheet."),
    "too_wide": gettext_noop("{side}: row {row} refers to a cell outside the bounds of a spreadsheet."),
    "too_many_headers": gettext_noop("{side}: the file has more than {limit} headers."),
    "no_sheet": gettext_noop("{side}: the workbook has no worksheet."),
    "no_such_sheet": gettext_noop("{side}: there is no sheet “{sheet}”. The workbook has {sheets}."),
    "no_such_row": gettext_noop(
        "{side}: row {row}, the header row you chose, is blank or below the last row of the file."
    ),
    "missing_columns": gettext_noop(
        "{side}: missing required columns: {columns}. This is {what}; {read}. In PASIprep, select all columns and "
        "export again."
    ),
    "no_columns": gettext_noop(
        "{side}: none of the required columns are there, and no row looks like PASIprep's headers. This is {what}, "
        "with {rows} rows; {read}. Choose the header row, or export the file again."
    ),
    "headers_twice": gettext_noop("{side}: headers that appear more than once: {headers}."),
    "header_unclear": gettext_noop("{side}: several headers could be “{column}”: {headers}."),
    "also_missing": gettext_noop("{side}: there is no column “{column}” to compare."),
    "also_never": gettext_noop("The column “{column}” changes with every upload and is never compared."),
    "reader_failed": gettext_noop(
        "{side}: the file could not be read because of an error in PASI Connect ({where}). Save it as XLSX or export "
        "it again. If that fails too, contact support and quote the place in brackets."
    ),
    "run_failed": gettext_noop(
        "The files were not compared because of an error in PASI Connect ({where}). Save them as XLSX or export them "
        "again. If that fails too, contact support and quote the place in brackets."
    ),
}

WARNINGS: Mapping[str, str] = {
    "identical": gettext_noop(
        "Both files are identical, so nothing can differ. As the second file, choose the export from after the upload."
    ),
    "no_rows": gettext_noop("{side}: the file has headers but no rows."),
    "same_references": gettext_noop(
        "Rows of the second file whose Reference # is also in the first file: {count} of {rows}. Every upload "
        "assigns new ones: were these records deleted and uploaded between the two exports?"
    ),
    "rows_dropped": gettext_noop(
        "Rows in the first file: {before}; in the second file: {after}. Was everything uploaded, with no filter on?"
    ),
    "one_value": gettext_noop(
        "{side}: every row has the same value in “{column}”; the other file has several. Was a filter on during the "
        "export?"
    ),
    "name_type": gettext_noop("{side}: the file's name says {named}, but you chose {chosen}."),
    "name_school": gettext_noop("{side}: the file's name says school {named}, but you chose {chosen}."),
    "name_year": gettext_noop("{side}: the file's name says school year {named}, but you chose {chosen}."),
    "schools_differ": gettext_noop("The files' names say two schools: {before} and {after}."),
    "years_differ": gettext_noop("The files' names say two school years: {before} and {after}."),
    "same_side": gettext_noop("Both files' names say {named}."),
    "swapped": gettext_noop(
        "The files look swapped: the first one is named AfterUpload and the second one BeforeDelete."
    ),
    "looks_like": gettext_noop("{side}: these are the columns of {kind}. Choose that as the contents of the files."),
    "header_row": gettext_noop("{side}: the headers were found in row {row}; anything above is not read."),
    "sheet_read": gettext_noop("{side}: the workbook has the sheets {sheets}; “{sheet}” has the columns and is read."),
    "sheets_alike": gettext_noop(
        "{side}: several sheets have the columns. “{sheet}” is read; you can choose {others} instead."
    ),
    "hidden_sheet": gettext_noop("{side}: the sheet that is read, “{sheet}”, is hidden in the workbook."),
    "hidden_rows": gettext_noop("{side}: hidden rows in the workbook, which are read as well: {count} (rows {rows})."),
    "hidden_columns": gettext_noop(
        "{side}: hidden columns in the workbook, which are read as well: {count} ({columns})."
    ),
    "filter_on": gettext_noop("{side}: a filter is on in the workbook. All its rows are read."),
    "cut_last_line": gettext_noop(
        "{side}: the last line (row {row}) breaks off in the middle. The file was probably cut off during copying; "
        "rows may be missing."
    ),
    "mark_twice": gettext_noop("{side}: the file starts with a damaged or repeated encoding mark, which was removed."),
    "headers_cleaned": gettext_noop("{side}: invisible characters or guards were removed from the headers {columns}."),
    "mac_roman": gettext_noop(
        "{side}: letters with accents are encoded as on an old Macintosh (Mac Roman) and were read that way. Rows "
        "with such letters: {count} (rows {rows})."
    ),
    "mixed_encodings": gettext_noop(
        "{side}: the file mixes two encodings. Rows with {encoding} characters among UTF-8: {count} (rows {rows})."
    ),
    "extra_columns": gettext_noop("{side}: columns that are not compared: {columns}."),
    # Counts stand behind a colon, so that no language needs to bend a word by them.
    "repaired": gettext_noop("{side}, column “{column}”: {form}. Repaired cells: {count} (rows {rows})."),
    "unreadable": gettext_noop("{side}, column “{column}”: {form}. Cells that cannot be read: {count} (rows {rows})."),
    "times": gettext_noop("{side}, column “{column}”: times of day that were skipped: {times}."),
    "order_proven": gettext_noop(
        "{side}, column “{column}”: dates are read as {order}. Cells that prove it: {count} (rows {rows}). You can choose another order."
    ),
    "order_chosen": gettext_noop("{side}, column “{column}”: dates are read as {order}, as chosen."),
    "order_against": gettext_noop(
        "{side}, column “{column}”: cells that do not match the chosen order and were read in the only possible one: "
        "{count} (rows {rows})."
    ),
    "order_mixed": gettext_noop(
        "{side}, column “{column}”: cells prove two orders of day and month (rows {rows}), so the other cells were "
        "not guessed."
    ),
    "order_open": gettext_noop(
        "{side}, column “{column}”: no cell proves the order of day and month. Choose it if you know which program saved the file."
    ),
    "unusable": gettext_noop("{side}: rows with an unreadable key, listed separately: {count} (rows {rows})."),
    "totals_rows": gettext_noop(
        "{side}: rows with totals instead of a record, listed separately: {count} (rows {rows})."
    ),
    "short_rows": gettext_noop(
        "{side}: rows with fewer cells than headers; the missing ones were read as blank: {count} (rows {rows})."
    ),
    "no_deleted": gettext_noop("{side}: there is no column “Deleted?”, so no row was listed separately."),
    "greedy": gettext_noop(
        "Keys with more than {limit} leftover rows: {keys}. Their rows were paired by a simpler rule, which may count more "
        "differences than needed."
    ),
    "sheet_part": gettext_noop(
        "result.xlsx contains only the {rows} rows that differ, are missing or added: a sheet has no room for all rows."
    ),
    "sheet_cut": gettext_noop(
        "result.xlsx contains only the first {rows} rows that differ, are missing or added: a sheet has no room for "
        "all rows."
    ),
}

# What a person must see before anything else about a result; the others can be looked up.
SERIOUS = frozenset(
    "identical no_rows same_references rows_dropped one_value swapped same_side cut_last_line filter_on hidden_rows hidden_columns sheets_alike "
    "order_mixed order_open order_against mixed_encodings".split()
)

# What a note names in its middle.
PARTS: Mapping[str, str] = {
    "csv": gettext_noop("a CSV file ({encoding}, separated by {delimiter})"),
    "xlsx": gettext_noop("an Excel workbook, sheet “{sheet}” of {sheets}"),
    "csv_one": gettext_noop("a text file ({encoding}) without a cell separator"),
    "headers_read": gettext_noop("the headers in row {row} are {headers}"),
    "row_read": gettext_noop("row {row}, taken as the headers, has {cells} cells"),
    "xml": gettext_noop("an older Excel XML file, sheet “{sheet}”"),
}

# Why a row is in unusable.csv; {form} is a sentence of rules/cell_forms.py.
REASONS: Mapping[str, str] = {
    "key_unreadable": gettext_noop("{column}: {form}"),
    "too_many_cells": gettext_noop("more cells than headers: the columns cannot be determined"),
    "totals_row": gettext_noop("a row of totals, not a record"),
}

SENTENCES: Mapping[str, str] = {**REFUSALS, **WARNINGS, **PARTS, **REASONS}


@dataclass(frozen=True)
class Note:
    """`code` is a key of SENTENCES; `values` fill it. Those named in TRANSLATED are sentences themselves, and so are notes."""

    code: str
    values: "Values" = field(default_factory=dict)


Value = str | int | Note
Values = Mapping[str, Value]


class _Values(dict[str, str | int]):
    """A note that was stored before its sentence got another value still reads."""

    def __missing__(self, name: str) -> str:
        return "…"


TRANSLATED = ("side", "form", "what", "way", "kind", "order", "delimiter", "encoding")


def phrase(note: Note, translate: Callable[[str], str] = str) -> str:
    """The note's words; `translate` is gettext, or nothing for English."""

    def number(name: str, value: Value) -> str | int:
        if isinstance(value, Note):
            return phrase(value, translate)
        if name in TRANSLATED and isinstance(value, str) and value:
            return translate(SIDES.get(value, value))
        return value

    values = {name: number(name, value) for name, value in note.values.items()}
    return translate(SENTENCES[note.code]).format_map(_Values(values))


def words(note: Note, translate: Callable[[str], str] = str) -> str:
    """The same as a sentence of its own."""
    sentence = phrase(note, translate)
    return sentence[:1].upper() + sentence[1:]


def quoted(names: Iterable[str], most: int = 12) -> str:
    """ "“Term”, “Status”, … +3" """
    texts = list(names)
    more = [f"… +{len(texts) - most}"] if len(texts) > most else []
    return ", ".join([f"“{name}”" for name in texts[:most]] + more)


def shortened(name: str, most: int = 60) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


Stored = dict[str, Any]


def stored(notes: Iterable[Note]) -> list[Stored]:
    return [_stored(note) for note in notes]


def _stored(note: Note) -> Stored:
    values = {name: _stored(value) if isinstance(value, Note) else value for name, value in note.values.items()}
    return {"code": note.code, "values": values}


def refused_side(notes: Iterable[Note]) -> dict[str, Any]:
    """The check of a file that could not be read."""
    return {"faults": stored(notes), "is_clean": False, "columns": [], "extra": [], "notes": []}


class Refused(Exception):
    """The files are not compared; `notes` say why, in the order in which a person would mend them."""

    def __init__(self, *notes: Note) -> None:
        super().__init__("; ".join(note.code for note in notes))
        self.notes = notes
