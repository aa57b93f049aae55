"""Files that people open in a spreadsheet: every CSV and XLSX export of lists is written here, safe from formulas."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import xlsxwriter
from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from operations.rules.formulas import harmless

CSV = "text/csv; charset=utf-8"
MOST_IN_WORKBOOK = 100_000  # lines; the file is made before the first byte goes out
OPTIONS = {
    "constant_memory": True,
    "in_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class _Echo:
    """A file that gives back what is written to it."""

    @staticmethod
    def write(text: str) -> str:
        return text


def cell(value: object) -> str:
    """The text of a cell; None is blank."""
    return "" if value is None else harmless(str(value))


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The rows, header first, as the lines of a CSV file. The mark at its beginning makes Excel read it as UTF-8."""
    writer: Any = csv.writer(_Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def workbook(title: str, head: Iterable[object], rows: Iterable[Iterable[object]]) -> BinaryIO:
    """An XLSX file of texts. Above MOST_IN_WORKBOOK lines the last one says that it was cut."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book = xlsxwriter.Workbook(file, OPTIONS)
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True})
    for column, value in enumerate(head):
        sheet.write_string(0, column, cell(value), bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        if number > MOST_IN_WORKBOOK:
            sentence = _(
                "Only the first %(number)s lines are shown. Download the CSV file for all of them, or "
                "narrow the filter."
            )
            sheet.write_string(number, 0, sentence % {"number": MOST_IN_WORKBOOK}, bold)
            break
        for column, value in enumerate(row):
            sheet.write_string(number, column, cell(value))
    book.close()
    file.seek(0)
    return file


def download(
    form: str, name: str, title: str, head: Iterable[object], rows: Iterable[Iterable[object]]
) -> HttpResponseBase:
    """The answer with the file `name`.csv, row by row, or `name`.xlsx, whole. Another `form` is 404."""
    if form == "xlsx":
        return FileResponse(workbook(title, head, rows), as_attachment=True, filename=f"{name}.xlsx")
    if form != "csv":
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(csv_lines(chain([head], rows)), content_type=CSV, headers=headers)
