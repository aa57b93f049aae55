"""Everything that the tool says about two files, as one table: why they are refused, and what to know about a run.

A Note holds the code of its sentence and the values; whoever shows it translates the sentence and then puts the values in.
No sentence holds a cell's text: the file is a student's record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from operations.rules.words import gettext_noop

SIDES: Mapping[str, str] = {"before": gettext_noop("first file"), "after": gettext_noop("second file")}

REFUSALS: Mapping[str, str] = {
    "too_large": gettext_noop("{side}: the file is larger than {limit} MB."),
    "cannot_open": gettext_noop("{side}: the file cannot be opened ({reason})."),
    "is_a_result": gettext_noop("{side}: the file lies where a result would be written over it. Choose another folder."),
    "empty": gettext_noop("{side}: the file is empty."),
    "no_header": gettext_noop("{side}: the file has no row of headers."),
    "encoding": gettext_noop("{side}: the characters are neither UTF-8, UTF-16 nor Windows-1252. Export the file again."),
    "open_quote": gettext_noop("{side}: a quotation mark opened in row {row} is never closed. Is the file cut off?"),
    "long_cell": gettext_noop("{side}: a cell after row {row} is longer than {limit} characters."),
    "old_workbook": gettext_noop(
        "{side}: this is an older Excel workbook (.xls) or one with a password. Save it as .xlsx without a password or as CSV."
    ),
    "not_a_workbook": gettext_noop("{side}: the workbook is damaged, or the file is no workbook."),
    "zip_bomb": gettext_noop("{side}: the workbook unpacks to far more than a workbook holds, and was not opened."),
    "entities": gettext_noop("{side}: the XML declares a document type or entities. PASIprep writes none; the file was not read."),
    "bad_xml": gettext_noop("{side}: the XML is damaged near line {line}."),
    "not_spreadsheet_xml": gettext_noop("{side}: the XML is not an Excel spreadsheet."),
    "too_wide": gettext_noop("{side}: row {row} names a cell outside of a spreadsheet's bounds."),
    "too_many_headers": gettext_noop("{side}: there are more than {limit} headers."),
    "missing_column": gettext_noop("{side}: the required column “{column}” is missing. In PASIprep tick all columns and export again."),
    "header_twice": gettext_noop("{side}: the header “{header}” stands there more than once."),
    "header_unclear": gettext_noop("{side}: several headers could be “{column}”: {headers}."),
    "also_missing": gettext_noop("{side}: there is no column “{column}” to compare."),
    "also_never": gettext_noop("The column “{column}” changes with every upload and is never compared."),
}

WARNINGS: Mapping[str, str] = {
    "name_type": gettext_noop("{side}: the file's name says {named}, but {chosen} was chosen."),
    "name_school": gettext_noop("{side}: the file's name says school {named}, but {chosen} was chosen."),
    "name_year": gettext_noop("{side}: the file's name says school year {named}, but {chosen} was chosen."),
    "schools_differ": gettext_noop("The files' names say two schools: {before} and {after}."),
    "years_differ": gettext_noop("The files' names say two school years: {before} and {after}."),
    "same_side": gettext_noop("Both files' names say {named}."),
    "swapped": gettext_noop("The files look swapped: the first one is named AfterUpload and the second one BeforeDelete."),
    "extra_columns": gettext_noop("{side}: columns that are not compared: {columns}."),
    # Counts stand behind a colon, so that no language needs to bend a word by them.
    "repaired": gettext_noop("{side}, column “{column}”: {form}. Repaired cells: {count} (rows {rows})."),
    "unreadable": gettext_noop("{side}, column “{column}”: {form}. Cells that cannot be read: {count} (rows {rows})."),
    "unusable": gettext_noop("{side}: rows whose key cannot be read, set apart: {count} (rows {rows})."),
    "short_rows": gettext_noop("{side}: rows with fewer cells than headers, the missing ones taken as blank: {count} (rows {rows})."),
    "no_deleted": gettext_noop("{side}: there is no column “Deleted?”, so no row was set apart."),
    "greedy": gettext_noop(
        "Keys with more than {limit} leftover rows: {keys}. Their rows were paired by a simpler rule, which may count more "
        "differences than needed."
    ),
    "sheet_part": gettext_noop("result.xlsx holds only the {rows} rows that differ, are missing or added: a sheet has no room for all."),
    "sheet_cut": gettext_noop("result.xlsx holds only the first {rows} rows that differ, are missing or added: a sheet has no room for all."),
}

# Why a row stands in unusable.csv; {form} is a sentence of rules/forms.py.
KEY_UNREADABLE = gettext_noop("{column}: {form}")
TOO_MANY_CELLS = gettext_noop("more cells than headers: the columns cannot be told")

SENTENCES: Mapping[str, str] = {**REFUSALS, **WARNINGS}


@dataclass(frozen=True)
class Note:
    """`code` is a key of SENTENCES; `values` fill it. The values named in TRANSLATED are sentences themselves."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)


TRANSLATED = ("side", "form")


def words(note: Note, translate: Callable[[str], str] = str) -> str:
    """The note as a sentence; `translate` is gettext, or nothing for English."""
    values = {
        name: translate(SIDES.get(value, value)) if name in TRANSLATED and isinstance(value, str) else value
        for name, value in note.values.items()
    }
    sentence = translate(SENTENCES[note.code]).format(**values)
    return sentence[:1].upper() + sentence[1:]


class Refused(Exception):
    """The files are not compared; `notes` say why, in the order in which a person would mend them."""

    def __init__(self, *notes: Note) -> None:
        super().__init__("; ".join(note.code for note in notes))
        self.notes = notes
