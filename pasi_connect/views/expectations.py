"""What PASI will say, in the same words on a form, in the preview of an action and after saving."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pasi_connect.rules import pasi
from pasi_connect.rules.pasi import Expected, Stay
from pasi_connect.services.words import with_rule

LEVELS: dict[str, dict[str, Any]] = {
    pasi.REJECTION: {"label": gettext_lazy("Rejection"), "icon": "x-circle", "level": "bad"},
    pasi.WARNING: {"label": gettext_lazy("Warning"), "icon": "warn", "level": "attn"},
    pasi.ADVICE: {"label": gettext_lazy("Advice"), "icon": "info", "level": ""},
    pasi.CHECK: {"label": gettext_lazy("Our own rule"), "icon": "eye", "level": ""},
}


def title(one: Expected) -> str:
    """ "PASI will warn: … (10069)". Advice is said to warn too: people need not tell the two apart before it is there."""
    text = f"{_(one.message)} ({one.number})" if one.number else _(one.message)
    match one.level:
        case pasi.REJECTION:
            return _("PASI will refuse: %(what)s") % {"what": text}
        case pasi.CHECK:
            return _("Check: %(what)s") % {"what": text}
    return _("PASI will warn: %(what)s") % {"what": text}


def _place(stay: Stay) -> str:
    """Where and when, the same for a stay that the person may open and for one that they may not."""
    return _("%(school)s, %(start)s to %(exit)s") % {
        "school": stay.school_name or stay.school_code,
        "start": stay.start_date.isoformat(),
        "exit": stay.exit_date.isoformat(),
    }


def lines(expectations: Iterable[Expected], *, of_pasi: bool = True) -> list[dict[str, Any]]:
    """{title, next_step, icon, level, clears_on, stays, others} of each, for `pasi_connect/expected.html`.

    `of_pasi`: the title says that it is PASI who will say it.
    """
    return [
        {
            "title": title(one) if of_pasi else with_rule(_(one.message), one.number),
            "next_step": _(one.next_step),
            "icon": LEVELS[one.level]["icon"],
            "level": one.level,
            "clears_on": one.clears_on,
            "stays": one.stays,
            "others": [_place(stay) for stay in one.others],
        }
        for one in expectations
    ]
