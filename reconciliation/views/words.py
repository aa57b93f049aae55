"""Words for the progress and the result of a run."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reconciliation.models import Run
from reconciliation.rules.reading_options import DATE_ORDERS, DELIMITER_WORDS
from reconciliation.rules.statuses import ADDED, DIFFERENT, MISSING, PERFECT, STATUSES
from reconciliation.rules.types import TYPES, Type

STATES = {
    "checking": {"label": gettext_lazy("Checking"), "icon": "clock"},
    "checked": {"label": gettext_lazy("Checked, not compared"), "icon": "list"},
    "comparing": {"label": gettext_lazy("Comparing"), "icon": "play", "level": "sis"},
    "refused": {"label": gettext_lazy("Refused"), "icon": "x-circle", "level": "bad"},
    "done": {"label": gettext_lazy("Compared"), "icon": "check-circle", "level": "ok"},
    "cancelled": {"label": gettext_lazy("Cancelled"), "icon": "x"},
    "failed": {"label": gettext_lazy("Failed"), "icon": "warn", "level": "bad"},
}
LABELS = {
    PERFECT: gettext_lazy("Perfectly Matched"),
    DIFFERENT: gettext_lazy("Matched with Data Differences"),
    MISSING: gettext_lazy("Missing from PASI"),
    ADDED: gettext_lazy("Added New to PASI"),
}
DELIMITERS = {code: gettext_lazy(word) for code, word in DELIMITER_WORDS.items()}
IN_THE_BAR = (PERFECT, DIFFERENT, ADDED, MISSING)  # in the order of the bar's colours


def number_text(number: int) -> str:
    return number_format(number, force_grouping=True)


def title(run: Run) -> str:
    """The answer."""
    summary = run.summary or {}
    if any(note["code"] == "identical" for note in run.warnings):
        return _("Both files are the same file")
    total = sum(summary["counts"].values())
    other = total - summary["counts"][PERFECT]
    unusable = summary["unusable_before"] + summary["unusable_after"]
    if other == 1 and total > 1:
        text = _("%(other)s of %(total)s records differs, is missing or is new")
        return text % {"other": number_text(other), "total": number_text(total)}
    if other:
        text = ngettext(
            "%(other)s of %(total)s record differs, is missing or is new",
            "%(other)s of %(total)s records differ, are missing or are new",
            total,
        )
        return text % {"other": number_text(other), "total": number_text(total)}
    if unusable:
        text = ngettext("%(n)s row could not be compared", "%(n)s rows could not be compared", unusable)
        return text % {"n": number_text(unusable)}
    if not total:
        return _("There was nothing to compare")
    text = ngettext("The one record matches perfectly", "All %(total)s records match perfectly", total)
    return text % {"total": number_text(total)}


def balance(run: Run, side: str) -> str:
    """ "4,121 + 62 + 35 = 4,218": every row of the file, where it went."""
    summary = run.summary or {}
    counts = summary["counts"]
    alone = MISSING if side == "before" else ADDED
    parts = [number_text(counts[status]) for status in (PERFECT, DIFFERENT, alone)]
    if unusable := summary[f"unusable_{side}"]:
        parts.append(_("%(n)s unusable") % {"n": number_text(unusable)})
    if apart := summary[f"set_apart_{side}"]:
        parts.append(_("%(n)s listed separately") % {"n": number_text(apart)})
    return f"{' + '.join(parts)} = {number_text(summary[f'rows_{side}'])}"


def files(run: Run) -> list[dict[str, Any]]:
    """The two files with how they were read."""
    summary = run.summary or {}
    return [
        {
            "file": file,
            "side": file.side,
            "reading": reading(
                summary.get("files", {}).get(file.side, {}), run.how.get(file.side, {}), TYPES[run.type]
            ),
        }
        for file in run.files.all()
    ]


def reading(side: Mapping[str, Any], chosen: Mapping[str, Any], kind: Type) -> list[str]:
    """How a file was read, in words; `chosen` are a person's choices for it.

    Columns come in the order of their kind, extra ones last by name: the database keeps no order of an object's keys.
    """
    if not side:
        return []
    parts = [
        str(side["format"]).upper(),
        str(DELIMITERS.get(side["delimiter"], "")),
        _(side["encoding"]) if side["encoding"] else "",
    ]
    if side["sheet"]:
        parts.append(_("sheet “%(name)s”") % {"name": side["sheet"]})
    if side["header_row"] != 1:
        parts.append(_("headers in row %(row)s") % {"row": number_text(side["header_row"])})
    orders: dict[str, list[str]] = {}
    places = {column.name: place for place, column in enumerate(kind.columns)}
    for column, order in sorted(
        side["date_orders"].items(), key=lambda item: (places.get(item[0], len(places)), item[0])
    ):
        orders.setdefault(order, []).append(column)
    for order, columns in orders.items():
        text = _("%(columns)s read as %(order)s") % {"columns": ", ".join(columns), "order": _(DATE_ORDERS[order])}
        parts.append(f"{text} ({_('chosen')})" if chosen.get("date_order") else text)
    return [part for part in parts if part]


def meta(run: Run, status: str) -> str:
    if status == DIFFERENT:
        most = sorted(run.different_in.items(), key=lambda item: (-item[1], item[0]))[:2]
        return ", ".join(
            _("%(field)s in %(n)s") % {"field": name, "n": number_text(count)} for name, count in most if count
        )
    return {ADDED: _("only in the second file"), MISSING: _("only in the first file")}.get(status, "")


def moved(run: Run) -> list[dict[str, Any]]:
    """What is other than in the run before: from, to, how many, and the filter that shows them ("" where they are gone)."""
    rows = []
    for key, count in (run.moved or {}).get("counts", {}).items():
        was, _arrow, now = key.partition(">")
        rows.append(
            {
                "was": LABELS[was] if was else _("not there"),
                "now": LABELS[now] if now else _("no longer there"),
                "count": count,
                "filter": {"moved": "1", "was": was or "none", "status": now} if now else None,
                "order": (now == PERFECT, STATUSES.index(now) if now else 9, STATUSES.index(was) if was else 9),
            }
        )
    return sorted(rows, key=lambda row: row["order"])
