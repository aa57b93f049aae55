"""The list of changes as a file: the same filter, a line a field, row by row to whoever asked."""

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations import clock
from operations.models import User
from pasi_connect import selectors
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Discrepancy
from pasi_connect.views import lists, words
from pasi_connect.views.record import names_of

CHUNK = 1000
MOST_IN_WORKBOOK = 100_000  # lines; the file is made before the first byte goes out
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(text: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


@login_required
@require_safe
def changes(request: HttpRequest, form: str) -> HttpResponseBase:
    user: User = request.user  # type: ignore[assignment]
    if form not in ("csv", "xlsx"):
        raise Http404
    params = lists.with_default(request.GET, "group", "open", unless=("status", "ref_id"))
    filterset = DiscrepancyFilter(params, selectors.discrepancies(user))
    if not filterset.is_valid():
        raise Http404
    name = f"{_('changes-from-pasi')}-{clock.today().isoformat()}.{form}"
    items = filterset.qs.order_by("id")
    return _csv(items, name) if form == "csv" else _workbook(items, name)


def heads() -> list[str]:
    return [
        _("School"), _("School year"), _("Student"), _("ASN"), _("Kind"), _("State"), _("Field"), _("Last agreed"),
        _("SIS record"), _("PASI"), _("Changed by"), _("Changed in PASI"), _("Here since"), _("Closed"), "RefId",
    ]  # fmt: skip


def lines(items: QuerySet[Discrepancy]) -> Iterator[list[str]]:
    """One line a field of each item; three queries a thousand items."""
    after = 0
    while found := list(items.filter(pk__gt=after)[:CHUNK]):
        after = found[-1].pk
        told = names_of(item.asn for item in found if item.enrolment is None)
        boards = words.boards(
            *(
                row.get(side)
                for item in found
                for row in item.fields
                if row["name"] in words.BOARDS
                for side in ("agreed", "sis", "pasi")
            )
        )
        for item in found:
            name = item.enrolment.student.listed_name if item.enrolment else told.get(item.asn, "")
            start = [item.school_code, str(item.school_year or ""), name, item.asn, item.get_kind_display()]
            end = [item.changed_by, *map(_moment, (item.changed_at, item.opened_at, item.settled_at)), str(item.ref_id)]
            for row in item.fields or [{}]:
                field = words.field_label(row["name"]) if row else ""
                values = [words.shown(row["name"], row.get(side), boards) if row else "" for side in SIDES]
                yield [str(part) for part in (*start, _state(item), field, *values, *end)]


SIDES = ("agreed", "sis", "pasi")


def _moment(at: dt.datetime | None) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def _state(item: Discrepancy) -> str:
    if item.is_open and not item.undecided:
        return str(words.KIND["reset"]["label"])
    return item.get_status_display()


def _csv(items: QuerySet[Discrepancy], name: str) -> StreamingHttpResponse:
    writer: Any = csv.writer(_Echo())

    def rows() -> Iterator[str]:
        yield "\ufeff"  # so that Excel reads it as UTF-8
        yield writer.writerow(heads())
        for line in lines(items):
            yield writer.writerow([safe(part) for part in line])

    response = StreamingHttpResponse(rows(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _workbook(items: QuerySet[Discrepancy], name: str) -> FileResponse:
    """Every cell is text, so none is a formula. Above MOST_IN_WORKBOOK lines the last one says that it was cut."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    options = {
        "constant_memory": True,
        "in_memory": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    workbook = xlsxwriter.Workbook(file, options)
    sheet = workbook.add_worksheet(_("Changes")[:31])
    bold = workbook.add_format({"bold": True})
    for column, head in enumerate(heads()):
        sheet.write_string(0, column, head, bold)
    sheet.freeze_panes(1, 0)
    for number, line in enumerate(lines(items), 1):
        if number > MOST_IN_WORKBOOK:
            told = _("Cut after %(number)s lines. The CSV file has all of them, or narrow the filter.")
            sheet.write_string(number, 0, told % {"number": MOST_IN_WORKBOOK}, bold)
            break
        for column, part in enumerate(line):
            sheet.write_string(number, column, part)
    workbook.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name)
