"""What the page "Guide and words" prints from the rule tables: states, held reasons, PASI's codes."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from operations import offers
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import faults, held
from pasi_connect.views import words


def tables(request: HttpRequest, subject: Any) -> offers.Panel:
    codes = {**faults.REJECTIONS, **faults.FAULTS}
    context = {
        "states": words.SUBMISSION,
        "records": {name: entry for name, entry in words.RECORD.items() if name not in words.SUBMISSION},
        "kinds": [(kind, words.KIND[kind]) for kind in Kind],
        "held": [{"message": _(reason.message), "next_step": _(reason.next_step)} for reason in held.REASONS],
        "codes": [
            {
                "code": code,
                "message": _(codes[code].message),
                "next_step": _(codes[code].next_step),
                "fault": code in faults.FAULTS,
            }
            for code in sorted((code for code in codes if code.isdigit()), key=int)  # a cause without a code is not PASI's
        ],
    }
    return offers.Panel(10, "pasi_connect/words.html", context)


offers.panel_makers["operations.words"].append(tables)
