"""What the page "Guide and words" prints from the rule tables: states, held reasons, PASI's codes and rules."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from operations import offers
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import faults, held, pasi
from pasi_connect.rules.pasi import unchecked
from pasi_connect.services import words
from pasi_connect.views import expectations
from sis.rules.school_year import SchoolYear


def tables(request: HttpRequest, subject: Any) -> offers.Panel:
    codes = {**faults.REJECTIONS, **faults.FAULTS}
    context = {
        "states": words.SUBMISSION,
        "records": {name: entry for name, entry in words.RECORD.items() if name not in words.SUBMISSION},
        "kinds": [(words.KIND[kind], *words.KIND_MEANING[kind]) for kind in Kind],
        "held": [
            {"message": words.with_rule(_(reason.message), reason.number), "next_step": _(reason.next_step)}
            for reason in held.REASONS
        ],
        "codes": [
            {
                "code": code,
                "message": _(codes[code].message),
                "next_step": _(codes[code].next_step),
                "fault": code in faults.FAULTS,
            }
            for code in sorted(
                (code for code in codes if code.isdigit()), key=int
            )  # a cause without a code is not PASI's
        ],
    }
    return offers.Panel(10, "pasi_connect/words.html", context)


def rules(request: HttpRequest, subject: Any) -> offers.Panel:
    """What PASI will say of an enrolment: the table that the forms and previews ask, and what it leaves out."""
    context = {
        "levels": expectations.LEVELS,
        "rules": [
            {
                "number": row.number,
                "level": row.level,
                "message": _(row.message),
                "next_step": _(row.next_step),
                "years": _years(row.first, row.last),
                "source": row.source,
                "inferred": _(row.inferred) if row.inferred else "",
            }
            for row in sorted(pasi.TABLE, key=lambda row: (not row.number, int(row.number or 0)))
        ],
        "unchecked": [
            {
                "number": row.number,
                "level": row.level,
                "meaning": _(row.meaning),
                "reason": _(row.reason),
                "inferred": row.level_inferred,
            }
            for row in unchecked.NOT_CHECKED
        ],
        "without_text": ", ".join(unchecked.WITHOUT_TEXT),
    }
    return offers.Panel(20, "pasi_connect/rules.html", context)


def _years(first: int | None, last: int | None) -> str:
    """ "from 2024-2025", "to 2015-2016", both or ""; given are ending years."""
    parts = []
    if first:
        parts.append(_("from %(year)s") % {"year": SchoolYear(first)})
    if last:
        parts.append(_("to %(year)s") % {"year": SchoolYear(last)})
    return " ".join(parts)


offers.panel_makers["operations.words"].append(tables)
offers.panel_makers["operations.words"].append(rules)
