"""Sentences of the page of one change: what happened, what each choice does."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from operations.models import User
from pasi_connect.forms.decisions import ANEW, AS_A_WHOLE
from pasi_connect.models import Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import identity
from pasi_connect.services import decisions, words
from pasi_connect.views.record import Record

Row = dict[str, str]


def cause(item: Discrepancy, record: Record, rows: list[Row], user: User) -> dict[str, str]:
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
                _("The SIS has this enrolment; PASI does not."),
                _("It was never sent, or PASI no longer shows it to us. Send it, or delete it here."),
                "minus",
            )
        case Kind.DELETED_IN_PASI:
            return _cause(
                _("This enrolment was deleted in PASI. The SIS still has it."),
                _("Deleted by %(who)s.") % who,
                "x-circle",
            )
        case Kind.RESTORED_IN_PASI:
            return _cause(
                _("This enrolment was restored in PASI. It is deleted in the SIS."),
                _("It was deleted on both sides. Restored by %(who)s.") % who,
                "redo",
            )
        case Kind.IDENTITY_CHANGED_IN_PASI if rows and record.copy is None:
            return _cause(
                _("PASI no longer shows us its record of this enrolment."),
                _(
                    "It has moved to a school or a school year that we cannot see. The SIS record is %(was)s. Nothing is sent until you decide."
                )
                % {"was": record.ours_in_words()},
                "people",
            )
        case Kind.IDENTITY_CHANGED_IN_PASI if rows:
            return _cause(
                _("PASI’s record of this enrolment now belongs elsewhere: %(now)s.")
                % {"now": record.theirs_in_words(user)},
                _("The SIS record is %(was)s. Moved by %(who)s. Nothing is sent until you decide.")
                % {"was": record.ours_in_words(), **who},
                "people",
            )
    first = next((row for row in rows if row["moved"] in ("both", "never")), rows[0])
    values = {"field": first["label"], "sis": first["sis"] or _("not set"), "pasi": first["pasi"] or _("not set")}
    if item.kind == Kind.CHANGED_ON_BOTH:
        return _cause(
            _("%(field)s: the SIS record says %(sis)s, PASI says %(pasi)s.") % values,
            _("Both sides changed it since they last matched. Your own change is held until this is decided.")
            + " "
            + _("Changed in PASI by %(who)s.") % who,
            "split",
        )
    if item.kind == Kind.NEVER_AGREED:
        return _cause(
            _("%(field)s: the SIS record says %(sis)s, PASI says %(pasi)s.") % values,
            _("Both sides are not known to have ever matched here, so it is not clear which one changed."),
            "help",
        )
    title = _("Changed in PASI: %(fields)s.") % {"fields": fields}
    return _cause(
        title, _("Changed by %(who)s. The SIS record still has the value that both sides had.") % who, "inbox", ""
    )


def _cause(title: str, text: str, icon: str, level: str = "attn") -> dict[str, str]:
    return {"title": title, "text": text, "icon": icon, "level": level}


def effects(item: Discrepancy, rows: list[Row]) -> list[dict[str, Any]]:
    """What will happen, a line for each field and choice: {when, icon, hue, lead, label, before, after, shown}."""
    if item.kind in AS_A_WHOLE:
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


@dataclass(frozen=True)
class Choice:
    """One way to decide on a change as a whole, and what it does here and in PASI. `why_not`: why it is not open now."""

    side: str
    label: str
    effect: str
    why_not: str = ""


def whole_choice(item: Discrepancy, chosen: dict[str, str], user: User, record: Record) -> dict[str, Any]:
    """A change that is decided as one: {"chosen": side, "choices": […], "keep" and "accept": those two}."""
    choices = _choices(item, record)
    if item.kind == Kind.IDENTITY_CHANGED_IN_PASI and record.link and record.identity_copy:
        why = decisions.obstacles(user, record.link, record.identity_copy)
        by_side = {"sis": identity.REJECT, "pasi": identity.ACCEPT, ANEW: identity.LINK_ANEW}
        choices = [replace(choice, why_not=why[by_side[choice.side]]) for choice in choices]
    by_name = {choice.side: choice for choice in choices}
    return {
        "chosen": next(iter(chosen.values()), ""),
        "choices": choices,
        "keep": by_name["sis"],
        "accept": by_name["pasi"],
    }


def _choices(item: Discrepancy, record: Record) -> list[Choice]:
    match item.kind:
        case Kind.CREATED_IN_PASI:
            return [
                Choice(
                    "sis",
                    _("Delete it in PASI"),
                    _("To PASI: one submission that deletes the enrolment. It stays deleted here."),
                ),
                Choice(
                    "pasi",
                    _("Enter it here"),
                    _("Here: the enrolment is entered with PASI's values. Nothing is sent."),
                ),
            ]
        case Kind.DELETED_IN_PASI:
            return [
                Choice("sis", _("Restore it in PASI"), _("To PASI: one submission that restores the enrolment.")),
                Choice("pasi", _("Delete it here"), _("Here: the enrolment is marked as deleted. Nothing is sent.")),
            ]
        case Kind.RESTORED_IN_PASI:
            return [
                Choice("sis", _("Delete it in PASI again"), _("To PASI: one submission that deletes the enrolment.")),
                Choice("pasi", _("Restore it here"), _("Here: the enrolment is active again. Nothing is sent.")),
            ]
        case Kind.IDENTITY_CHANGED_IN_PASI:
            held = record.submission.fields if record.submission else []
            waits = (
                " " + _("The held change of %(fields)s is sent with it.") % {"fields": words.field_labels(held)}
                if held
                else ""
            )
            return [
                Choice(
                    "sis",
                    _("Move PASI’s record back"),
                    _("To PASI: one submission that moves the record back to its former student, school and year.")
                    + waits,
                ),
                Choice(
                    "pasi",
                    _("Follow PASI"),
                    _("Here: the SIS record moves to PASI’s student, school and year. Nothing is sent.") + waits,
                ),
                Choice(
                    ANEW,
                    _("Relink"),
                    _(
                        "Here: the SIS record is unlinked from this PASI record and linked to PASI’s other record of "
                        "the same student, school and year. If there is none, you decide whether to send it as new "
                        "or delete it. Nothing is sent."
                    ),
                ),
            ]
    return [
        Choice("sis", _("Send it to PASI"), _("To PASI: one submission with the whole enrolment.")),
        Choice("pasi", _("Delete it here"), _("Here: the enrolment is marked as deleted. Nothing is sent.")),
    ]
