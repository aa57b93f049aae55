"""Sentences on the page of one change: what happened, and what each choice does."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import User
from pasi_connect import entities
from pasi_connect.forms.decisions import ANEW, AS_A_WHOLE
from pasi_connect.models import Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import identity
from pasi_connect.services import decisions, words
from pasi_connect.views.record import Record

Row = dict[str, str]

# For any record; a kind may have its own (`Show.sentences`).
SENTENCES = {
    "created": gettext_lazy("PASI has a record that the SIS does not have."),
    "missing": gettext_lazy("The SIS has this record; PASI does not."),
    "deleted": gettext_lazy("This record was deleted in PASI. The SIS still has it."),
    "restored": gettext_lazy("This record was restored in PASI. It is deleted in the SIS."),
    "delete_there": gettext_lazy("To PASI: one submission that deletes the record. It stays deleted here."),
    "enter_here": gettext_lazy("Here: the record is entered with PASI's values. Nothing is sent."),
    "restore_there": gettext_lazy("To PASI: one submission that restores the record."),
    "delete_here": gettext_lazy("Here: the record is marked as deleted. Nothing is sent."),
    "delete_again": gettext_lazy("To PASI: one submission that deletes the record."),
    "restore_here": gettext_lazy("Here: the record is active again. Nothing is sent."),
    "send_whole": gettext_lazy("To PASI: one submission with the whole record."),
}


def _sentence(item: Discrepancy, key: str) -> str:
    return str(entities.by_kind(item.entity).display.sentences.get(key, SENTENCES[key]))


def cause(item: Discrepancy, record: Record, rows: list[Row], user: User) -> dict[str, str]:
    """{title, text, level, icon} of the notice that says in one sentence why this waits."""
    who = {"who": item.changed_by or _("an unknown user")}
    fields = words.field_labels(entities.by_kind(item.entity), (row["name"] for row in rows))
    match item.kind:
        case Kind.CREATED_IN_PASI:
            return _cause(
                _sentence(item, "created"),
                _("It was created in PASI by %(who)s.") % who,
                "plus",
            )
        case Kind.MISSING_IN_PASI:
            return _cause(
                _sentence(item, "missing"),
                _("It was never sent, or PASI no longer shows it to us. Send it, or delete it here."),
                "minus",
            )
        case Kind.DELETED_IN_PASI:
            return _cause(
                _sentence(item, "deleted"),
                _("Deleted by %(who)s.") % who,
                "x-circle",
            )
        case Kind.RESTORED_IN_PASI:
            return _cause(
                _sentence(item, "restored"),
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
                    _sentence(item, "delete_there"),
                ),
                Choice(
                    "pasi",
                    _("Enter it here"),
                    _sentence(item, "enter_here"),
                ),
            ]
        case Kind.DELETED_IN_PASI:
            return [
                Choice("sis", _("Restore it in PASI"), _sentence(item, "restore_there")),
                Choice("pasi", _("Delete it here"), _sentence(item, "delete_here")),
            ]
        case Kind.RESTORED_IN_PASI:
            return [
                Choice("sis", _("Delete it in PASI again"), _sentence(item, "delete_again")),
                Choice("pasi", _("Restore it here"), _sentence(item, "restore_here")),
            ]
        case Kind.IDENTITY_CHANGED_IN_PASI:
            held = record.submission.fields if record.submission else []
            waits = (
                " "
                + _("The held change of %(fields)s is sent with it.")
                % {"fields": words.field_labels(entities.by_kind(item.entity), held)}
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
        Choice("sis", _("Send it to PASI"), _sentence(item, "send_whole")),
        Choice("pasi", _("Delete it here"), _sentence(item, "delete_here")),
    ]
