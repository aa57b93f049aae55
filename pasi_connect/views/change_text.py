"""Sentences of the page of one change: what happened, what each choice does."""

from typing import Any

from django.utils.translation import gettext as _

from pasi_connect.models import Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.views import words
from pasi_connect.views.record import Record

Row = dict[str, str]


def cause(item: Discrepancy, record: Record, rows: list[Row]) -> dict[str, str]:
    """{title, text, level, icon} of the notice that says in one sentence why this waits."""
    who = {"who": item.changed_by or _("somebody")}
    fields = words.field_labels(row["name"] for row in rows)
    match item.kind:
        case Kind.CREATED_IN_PASI:
            return _cause(
                _("PASI has an enrolment that the SIS does not have."),
                _("It was created in PASI by %(who)s.") % who,
                "plus",
            )
        case Kind.MISSING_IN_PASI:
            return _cause(
                _("The SIS has this enrolment, PASI does not."),
                _("It was never sent, or PASI no longer shows it to us. Send it, or delete it here."),
                "minus",
            )
        case Kind.DELETED_IN_PASI:
            return _cause(
                _("This enrolment was deleted in PASI. The SIS still has it."),
                _("Deleted by %(who)s.") % who,
                "x-circle",
            )
    if not rows:
        return _cause(_("Decided: what the SIS keeps is on its way to PASI."), "", "send", "")
    first = next((row for row in rows if row["moved"] in ("both", "never")), rows[0])
    values = {"field": first["label"], "sis": first["sis"] or _("not set"), "pasi": first["pasi"] or _("not set")}
    if item.kind == Kind.CHANGED_ON_BOTH:
        return _cause(
            _("%(field)s: the SIS record says %(sis)s, PASI says %(pasi)s.") % values,
            _(
                "Both sides changed it since they were last equal. Your own change of it has not been sent: it waits for this decision."
            )
            + " "
            + _("In PASI changed by %(who)s.") % who,
            "split",
        )
    if item.kind == Kind.NEVER_AGREED:
        return _cause(
            _("%(field)s: the SIS record says %(sis)s, PASI says %(pasi)s.") % values,
            _("The two sides were never known to be equal here, so nobody can tell which one moved."),
            "help",
        )
    title = _("Changed in PASI: %(fields)s.") % {"fields": fields}
    return _cause(title, _("Changed by %(who)s. The SIS record still holds what both sides had.") % who, "inbox", "")


def _cause(title: str, text: str, icon: str, level: str = "attn") -> dict[str, str]:
    return {"title": title, "text": text, "icon": icon, "level": level}


def effects(item: Discrepancy, rows: list[Row]) -> list[dict[str, Any]]:
    """What will happen, a line for each field and choice: {when, icon, hue, lead, label, before, after, shown}."""
    if item.kind in (Kind.CREATED_IN_PASI, Kind.MISSING_IN_PASI):
        return []
    lines = []
    for row in rows:
        for side, icon, hue, lead, before, after in (
            ("sis", "send", "pasi", _("To PASI:"), row["pasi"], row["sis"]),
            ("pasi", "check", "sis", _("Here:"), row["sis"], row["pasi"]),
            ("", "info", "attn", "", "", ""),
        ):
            lines.append(
                {
                    "when": f"field-{row['name']}={side}",
                    "open": not side,
                    "icon": icon,
                    "hue": hue,
                    "lead": lead,
                    "label": row["label"],
                    "before": before or _("not set"),
                    "after": after or _("not set"),
                    "shown": row["chosen"] == side,
                }
            )
    return lines


def whole_choice(kind: str, chosen: dict[str, str]) -> dict[str, Any]:
    """A change that is decided as one: the two choices and what each does, here and in PASI."""
    side = next(iter(chosen.values()), "")
    if kind == Kind.CREATED_IN_PASI:
        return {
            "chosen": side,
            "keep": _("Delete it in PASI"),
            "accept": _("Enter it here"),
            "keep_effect": _("To PASI: one submission that deletes the enrolment. Here it is kept as deleted."),
            "accept_effect": _("Here: the enrolment is entered with PASI's values. Nothing is sent."),
        }
    return {
        "chosen": side,
        "keep": _("Send it to PASI"),
        "accept": _("Delete it here"),
        "keep_effect": _("To PASI: one submission with the whole enrolment."),
        "accept_effect": _("Here: the enrolment is marked as deleted. Nothing is sent."),
    }
