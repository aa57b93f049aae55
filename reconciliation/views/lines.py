"""Reads the result of a run: pages of its lines, and its files as downloads. The caller has checked that the run is in scope."""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from operations import exports, keyset
from reconciliation.models import Run
from reconciliation.rules.types import TYPES
from reconciliation.services.faults import calm
from reconciliation.services.notes import reason
from sis.rules import asn as asn_rules

if TYPE_CHECKING:
    from reconciliation.engine.rows import Reader, Wanted

UNUSABLE, WORKBOOK = "unusable.csv", "result.xlsx"
DOWNLOADS = {
    "result.csv": "text/csv; charset=utf-8",
    "unusable.csv": "text/csv; charset=utf-8",
    "result.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "summary.json": "application/json",
}


def reader(run: Run) -> "Reader":
    from reconciliation.engine.rows import Reader

    return Reader(run.result_place, run.header, [column.name for column in TYPES[run.type].key])


def unusable_reader(run: Run) -> "Reader":
    from reconciliation.engine.rows import UNUSABLE_ROWS, Reader

    return Reader(run.result_place, run.unusable_header, name=UNUSABLE_ROWS)


def wanted(data: dict[str, Any]) -> "Wanted":
    """From the cleaned data of a LineForm."""
    from reconciliation.engine.rows import Wanted

    asn = data.get("asn")
    return Wanted(
        status=data.get("status", ""),
        field=data.get("field", ""),
        course=data.get("course", ""),
        asns=(asn_rules.with_hyphens(asn),) if asn else (),
        like=data.get("like", ()),
        moved=bool(data.get("moved")),
        was=data.get("was", ""),
    )


def page(run: Run, conditions: "Wanted | None", params: Any, size: int) -> keyset.Page:
    """One page of the result, or of the unusable rows where `conditions` is None. `params` may carry `after` or `before`, a line.

    Raises ValidationError for an invalid mark.
    """
    from reconciliation.engine.rows import Wanted

    after, before = keyset.mark(params, "after"), keyset.mark(params, "before")
    source = unusable_reader(run) if conditions is None else reader(run)
    with calm():
        lines = source.page(conditions or Wanted(), size, after=after, before=before)
    if not lines.rows:
        return keyset.Page([], None, None)
    first, last = (int(str(lines.rows[place]["line"])) for place in (0, -1))
    return keyset.Page(
        lines.rows,
        ("after", last) if lines.more_after else None,
        ("before", first) if lines.more_before else None,
    )


def download(run: Run, name: str) -> FileResponse | StreamingHttpResponse:
    """One of DOWNLOADS, under a name that identifies the run. Raises FileNotFoundError where the run has no such file."""
    place = run.result_place / name
    own = place.with_name(f"result.{(get_language() or 'en')[:2]}.xlsx")
    if name == WORKBOOK and own.exists():
        place = own
    if not place.exists():
        raise FileNotFoundError
    parts = [str(run.school_year.ending) if run.school_year else "", run.school_code, run.type, name]
    file_name = "-".join(filter(None, parts))
    response: FileResponse | StreamingHttpResponse
    if name == UNUSABLE:
        response = StreamingHttpResponse(_unusable(run, place), content_type=DOWNLOADS[name])
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file_name) or ""
    else:
        # Closed by the response.
        response = FileResponse(place.open("rb"), as_attachment=True, filename=file_name, content_type=DOWNLOADS[name])
    return response


def _unusable(run: Run, place: Path) -> Iterator[str]:
    """unusable.csv with its own headers, its sides and its reasons in the language of whoever asks; the cells are harmless already."""
    with place.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        first = next(rows)
        head = [_("File"), _("Row"), _("Reason"), *first[3:-1], _("More Cells")]
        sides = {"before": _("before"), "after": _("after")}
        lines = ([sides.get(row[0], row[0]), row[1], reason(row[2], run.unusable_reasons), *row[3:]] for row in rows)
        yield from exports.csv_lines(chain([head], lines))
