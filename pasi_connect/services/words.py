"""States, reasons and values in words for people. The tables in `rules/` say what; this module says how it is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock
from operations.wording import pair
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import AuthorityCopy, Discrepancy, LinkState, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.exchange import Outcome
from pasi_connect.models.submission import Status
from pasi_connect.rules import faults, held
from pasi_connect.rules import pasiprep as pasiprep_rules
from pasi_connect.rules.fields import Type
from pasi_connect.services import pick_lists
from sis.rules import asn

Words = Mapping[str, Mapping[str, Any]]


def _entry(label: Any, icon: str, level: str = "") -> dict[str, Any]:
    return {"label": label, "icon": icon, "level": level}


SUBMISSION: Words = {
    Status.WAITING: _entry(Status.WAITING.label, "clock"),
    Status.HELD: _entry(Status.HELD.label, "pause", "attn"),
    Status.IN_FLIGHT: _entry(Status.IN_FLIGHT.label, "send", "sis"),
    Status.CHECKING: _entry(Status.CHECKING.label, "help"),
    Status.ACCEPTED: _entry(Status.ACCEPTED.label, "check-circle", "ok"),
    Status.NO_CHANGE: _entry(Status.NO_CHANGE.label, "equal"),
    Status.REJECTED: _entry(Status.REJECTED.label, "x-circle", "bad"),
    Status.NEEDS_REVIEW: _entry(Status.NEEDS_REVIEW.label, "eye", "attn"),
    Status.DEAD: _entry(Status.DEAD.label, "warn", "bad"),
    Status.CANCELLED: _entry(Status.CANCELLED.label, "x"),
}
# What a record is, beside the states of its live submission.
RECORD: Words = {
    **SUBMISSION,
    "not_linked": _entry(gettext_lazy("Not in PASI"), "minus"),
    "not_compared": _entry(gettext_lazy("Not compared"), "minus"),
    "differs": _entry(gettext_lazy("Differs"), "split", "attn"),
    "in_step": _entry(gettext_lazy("In step"), "equal", "ok"),
}
KIND: Words = {
    Kind.CHANGED_IN_PASI: _entry(Kind.CHANGED_IN_PASI.label, "check-circle", "ok"),
    Kind.CHANGED_ON_BOTH: _entry(Kind.CHANGED_ON_BOTH.label, "split", "attn"),
    Kind.NEVER_AGREED: _entry(Kind.NEVER_AGREED.label, "help", "attn"),
    Kind.CREATED_IN_PASI: _entry(Kind.CREATED_IN_PASI.label, "plus", "pasi"),
    Kind.DELETED_IN_PASI: _entry(Kind.DELETED_IN_PASI.label, "x-circle", "attn"),
    Kind.RESTORED_IN_PASI: _entry(Kind.RESTORED_IN_PASI.label, "redo", "attn"),
    Kind.MISSING_IN_PASI: _entry(Kind.MISSING_IN_PASI.label, "minus", "attn"),
    Kind.IDENTITY_CHANGED_IN_PASI: _entry(Kind.IDENTITY_CHANGED_IN_PASI.label, "people", "attn"),
    "reset": _entry(gettext_lazy("Reset on its way"), "send", "sis"),
    "reset_held": _entry(gettext_lazy("Reset held"), "pause", "attn"),
    "refused": _entry(gettext_lazy("Reset refused by PASI"), "x-circle", "bad"),
    "settled": _entry(Discrepancy.Status.SETTLED.label, "check-circle", "ok"),
}
# What each kind of change is, and what accepting PASI and keeping the SIS do: for the page "Guide and words".
KIND_MEANING: dict[str, tuple[Any, Any, Any]] = {
    Kind.CHANGED_IN_PASI: (
        gettext_lazy("PASI changed a field; the SIS still has the value that both sides had."),
        gettext_lazy("The SIS takes PASI’s value."),
        gettext_lazy("PASI is reset to the SIS value."),
    ),
    Kind.CHANGED_ON_BOTH: (
        gettext_lazy("Both sides changed the same field since they last matched."),
        gettext_lazy("The SIS takes PASI’s value."),
        gettext_lazy("PASI is reset to the SIS value."),
    ),
    Kind.NEVER_AGREED: (
        gettext_lazy("Both sides are not known to have ever matched, so it is not clear which one changed."),
        gettext_lazy("The SIS takes PASI’s value."),
        gettext_lazy("PASI is reset to the SIS value."),
    ),
    Kind.CREATED_IN_PASI: (
        gettext_lazy("PASI has an enrolment that the SIS does not have."),
        gettext_lazy("It is entered here."),
        gettext_lazy("It is deleted in PASI."),
    ),
    Kind.DELETED_IN_PASI: (
        gettext_lazy("The enrolment was deleted in PASI; the SIS still has it."),
        gettext_lazy("It is deleted here."),
        gettext_lazy("It is restored in PASI."),
    ),
    Kind.RESTORED_IN_PASI: (
        gettext_lazy("The enrolment was restored in PASI; it is deleted in the SIS."),
        gettext_lazy("It is restored here."),
        gettext_lazy("It is deleted in PASI again."),
    ),
    Kind.MISSING_IN_PASI: (
        gettext_lazy("The SIS has an enrolment that PASI does not have."),
        gettext_lazy("It is deleted here."),
        gettext_lazy("It is sent to PASI."),
    ),
    Kind.IDENTITY_CHANGED_IN_PASI: (
        gettext_lazy(
            "PASI’s record now belongs to another student, school or school year. Nothing is sent until somebody "
            "decides. You can also relink the SIS record."
        ),
        gettext_lazy("The SIS record moves to PASI’s student, school and year."),
        gettext_lazy("PASI’s record goes back to the student, school and year in the SIS."),
    ),
}
OUTCOME: Words = {
    Outcome.PENDING: _entry(Outcome.PENDING.label, "send", "sis"),
    Outcome.ACCEPTED: _entry(Outcome.ACCEPTED.label, "check-circle", "ok"),
    Outcome.NO_CHANGE: _entry(Outcome.NO_CHANGE.label, "equal"),
    Outcome.REJECTED: _entry(Outcome.REJECTED.label, "x-circle", "bad"),
    Outcome.VERSION_CONFLICT: _entry(Outcome.VERSION_CONFLICT.label, "split", "attn"),
    Outcome.NOT_AUTHORIZED: _entry(Outcome.NOT_AUTHORIZED.label, "lock", "bad"),
    Outcome.OUR_FAULT: _entry(Outcome.OUR_FAULT.label, "wrench", "bad"),
    Outcome.NOT_YET: _entry(Outcome.NOT_YET.label, "clock"),
    Outcome.PASI_FAULT: _entry(Outcome.PASI_FAULT.label, "warn", "attn"),
    Outcome.UNAVAILABLE: _entry(Outcome.UNAVAILABLE.label, "link-off", "attn"),
    Outcome.UNKNOWN: _entry(Outcome.UNKNOWN.label, "help", "attn"),
}

# Reasons that the sender and people leave on a submission, beside the held reasons and PASI's codes.
REASONS: dict[str, tuple[Any, Any]] = {
    "changed_in_pasi": (
        gettext_lazy("The record changed in PASI after you saw it. It was not sent, to keep that change."),
        gettext_lazy("Compare both values, then send it again or take PASI's values."),
    ),
    "version_conflict": (
        gettext_lazy("The record changed in PASI at the same time."),
        gettext_lazy("Nothing to do: PASI's record is being read again."),
    ),
    "outcome_unknown": (
        gettext_lazy("It is not known yet whether PASI stored this."),
        gettext_lazy("Nothing to do: PASI's record is being read back. It is sent again only if needed."),
    ),
    "alone": (
        gettext_lazy("PASI refused a call that carried several records. This one is sent again by itself."),
        gettext_lazy(faults.BY_ITSELF),
    ),
    "not_applied": (
        gettext_lazy("PASI did not store the first attempt."),
        gettext_lazy("Nothing to do: it is sent again automatically."),
    ),
    "no_access": (
        gettext_lazy("PASI no longer shows us this record."),
        gettext_lazy("Look the student up in PASIprep; the record may have moved to another school."),
    ),
    "attempts": (
        gettext_lazy("All attempts that the settings allow have failed."),
        gettext_lazy("Send it again when PASI answers. An administrator can check the exchanges."),
    ),
    "set_aside": (
        gettext_lazy("PASI Connect failed to process this record three times. All other records are processed."),
        gettext_lazy(
            "Check its values, then send it again. If it fails again, give your administrator the place in brackets."
        ),
    ),
    "our_fault": (gettext_lazy("PASI could not read the message."), gettext_lazy(faults.SUPPORT)),
    "unavailable": (gettext_lazy("PASI did not answer."), gettext_lazy(faults.BY_ITSELF)),
    "pasi_fault": (gettext_lazy("PASI could not save."), gettext_lazy(faults.BY_ITSELF)),
    "not_yet": (
        gettext_lazy("PASI’s newest version has not reached all of its servers yet."),
        gettext_lazy(faults.BY_ITSELF),
    ),
    "not_authorized": (gettext_lazy("PASI is refusing our connection."), gettext_lazy(faults.CERTIFICATE)),
    "read_back": (gettext_lazy("The answer was lost. PASI's record was read back and contains what we sent."), ""),
    "not_shown": (
        gettext_lazy("It was deleted here, and PASI no longer shows us its record. Nothing was sent."),
        "",
    ),
    "never_in_pasi": (gettext_lazy("The record was deleted before it reached PASI."), ""),
    "superseded": (gettext_lazy("A later submission of the same record replaced it."), ""),
    "by_person": (gettext_lazy("A person cancelled it."), ""),
    "took_pasi": (gettext_lazy("A person took PASI's values."), ""),
    "linked_anew": (gettext_lazy("A person relinked the record."), ""),
    "undone": (gettext_lazy("The decision behind it was undone."), ""),
}


LINK: Words = {
    LinkState.State.UP: _entry(gettext_lazy("Reachable"), "link", "ok"),
    LinkState.State.DOWN: _entry(gettext_lazy("Unavailable"), "link-off", "attn"),
    LinkState.State.NOT_AUTHORIZED: _entry(gettext_lazy("Refusing our connection"), "lock", "bad"),
    LinkState.State.UNKNOWN: _entry(gettext_lazy("Not checked yet"), "help"),
}


def link(state: LinkState) -> dict[str, Any]:
    """{state, label, icon, detail} of the link, for the top bar."""
    labels = {
        LinkState.State.UP: _("PASI reachable"),
        LinkState.State.DOWN: _("PASI unavailable"),
        LinkState.State.NOT_AUTHORIZED: _("PASI refusing our connection"),
        LinkState.State.UNKNOWN: _("PASI not checked yet"),
    }
    return {
        "state": state.state,
        "label": labels.get(state.state, state.state),  # type: ignore[call-overload]
        "icon": LINK[state.state]["icon"],
        "detail": "",
    }


def since(state: LinkState) -> str:
    """10:42, with the day when it was another one; "" where it is not known."""
    if state.since is None:
        return ""
    moment = localtime(state.since)
    return moment.strftime("%H:%M") if moment.date() == clock.today() else date_format(moment, "Y-m-d H:i")


@dataclass(frozen=True)
class Why:
    """Why something stands where it stands, and what comes next. `code` is PASI's or a rule's, shown in brackets."""

    message: str = ""
    next_step: str = ""
    code: str = ""
    quotes: tuple[str, ...] = ()  # PASI's own words

    @property
    def text(self) -> str:
        return with_rule(self.message, self.code)


def with_rule(message: str, number: str) -> str:
    return f"{message} ({number})" if number and message else message


AWAY = (LinkState.State.DOWN, LinkState.State.NOT_AUTHORIZED)


def away(link: LinkState) -> Why | None:
    """Why nothing goes out now, or None while PASI is there."""
    if link.state not in AWAY:
        return None
    moment = since(link)
    text = _("PASI has been unavailable since %(time)s.") % {"time": moment} if moment else _("PASI is unavailable.")
    return Why(text, _("Nothing to do: it is sent as soon as PASI answers."))


def why(submission: Submission, link: LinkState | None = None) -> Why:
    """The reason of a submission in words; with `link` what waits also says that PASI is away."""
    if link is not None and submission.status == Status.WAITING and (gone := away(link)):
        return gone
    codes = [str(row.get("code", "")) for row in submission.rejections]
    if codes and submission.status not in (Status.ACCEPTED, Status.CANCELLED):
        meaning = faults.of_rejections(codes) if codes[0] not in faults.FAULTS else faults.FAULTS[codes[0]]
        messages = tuple(str(row.get("message", "")) for row in submission.rejections if row.get("message"))
        message = (
            _(meaning.message) if meaning.message else (messages[0] if messages else _("PASI refused the record."))
        )
        return Why(message, _(meaning.next_step), ", ".join(codes), messages)
    if submission.reason == "after" and submission.detail == "stopped":
        return Why(_(held.STOPPED[0]), _(held.STOPPED[1]))
    if submission.reason in held.BY_CODE:
        reason = held.BY_CODE[submission.reason]
        named = _named(entities.by_kind(submission.entity), submission.reason, submission.detail)
        return Why(f"{_(reason.message)} {named}".rstrip(), _(reason.next_step), reason.number)
    if submission.reason in REASONS:
        message, step = REASONS[submission.reason]
        return Why(str(message), str(step), submission.detail if submission.reason == "set_aside" else "")
    if submission.reason in faults.FAULTS:
        meaning = faults.FAULTS[submission.reason]
        return Why(_(meaning.message), _(meaning.next_step), submission.reason)
    if submission.status == Status.WAITING:
        return Why(_("Waiting for its turn to be sent."), _("Nothing to do."))
    if submission.status == Status.IN_FLIGHT:
        return Why(_("Being sent."), _("Nothing to do."))
    return Why(submission.reason.replace("_", " "))


def _named(entity: Entity, reason: str, detail: str) -> str:
    """The fields that hold a submission, each with what is wrong with it, from the detail that was kept (`rules/sendable.py`)."""
    kept = [one for one in detail.split(", ") if one]
    match reason:
        case "text_outside" | "undecided_refused":
            labels = ", ".join(field_label(entity, name) for name in kept if is_field(entity, name))
            return f"{labels}." if labels else ""
        case "code_unknown":
            by_field: dict[str, list[str]] = {}
            for one in kept:
                name, _colon, code = one.partition(":")
                by_field.setdefault(name, []).append(code)
            return " ".join(f"{pair(field_label(entity, name), ', '.join(codes))}." for name, codes in by_field.items())
        case "value_refused":
            rows = [
                (one.partition(":")[0], rule) for one in kept if entity.rule and (rule := entity.rule(one)) is not None
            ]
            return " ".join(
                pair(field_label(entity, name), with_rule(_(rule.message), rule.number)) for name, rule in rows
            )
    return ""


SUBJECTS = {
    "school_enrolment": gettext_lazy("School enrolment"),
    "section": gettext_lazy("Section"),
    "student": gettext_lazy("Student"),
    "school": gettext_lazy("School"),
    "school_authority": gettext_lazy("Authority"),
    "code_value": gettext_lazy("Code value of PASI"),
}


def subject(entity: str) -> str:
    return str(SUBJECTS.get(entity, entity))


IDENTITY = {"asn": gettext_lazy("ASN"), "school": gettext_lazy("School"), "school_year": gettext_lazy("School year")}


def field_label(entity: Entity, name: str) -> str:
    if name in IDENTITY:
        return str(IDENTITY[name])
    return capfirst(entity.label(name))


def field_labels(entity: Entity, names: Iterable[str], most: int = 3) -> str:
    """ "Exit date, Grade and 2 more"."""
    labels = [field_label(entity, name) for name in names if is_field(entity, name)]
    if len(labels) <= most:
        return ", ".join(labels)
    return _("%(names)s and %(number)s more") % {
        "names": ", ".join(labels[: most - 1]),
        "number": len(labels) - most + 1,
    }


def is_field(entity: Entity, name: str) -> bool:
    return name in IDENTITY or any(field.name == name for field in _columns(entity))


def _columns(entity: Entity) -> Any:
    assert entity.sis is not None
    return entity.sis.model._meta.get_fields()


def boards(*values: Any) -> dict[str, str]:
    """Names of the authorities whose codes stand among `values`; no query when there are none."""
    codes = {str(value) for value in values if value}
    return dict(AuthorityCopy.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}


def boards_of(items: Iterable[Discrepancy], sides: tuple[str, ...] = ("sis", "pasi")) -> dict[str, str]:
    """Names of the authorities that stand in the fields of these items; one query at most."""
    rows = [(entities.by_kind(item.entity), row) for item in items for row in item.fields]
    return boards(*(row.get(side) for entity, row in rows if row["name"] in entity.organizations for side in sides))


def value_text(entity: Entity, name: str, value: Any, board_names: Mapping[str, str] | None = None) -> str:
    """A field's value as people read it; "" for none."""
    if value is None or value == "":
        return ""
    if name == "deleted":
        return _("deleted") if value else _("active")
    if name in IDENTITY:
        return asn.with_hyphens(value) if name == "asn" else str(value)
    field = entity.by_name.get(name)
    if field is not None and field.type == Type.FLAG:
        return _("yes") if value else _("no")
    if field is not None and field.organization:
        return f"{value} {(board_names or {}).get(str(value), '')}".strip()
    if field is not None and field.code_class and name != "grade":  # a grade is short, and known to everybody
        codes = str(value).split() if field.many else [str(value)]
        return ", ".join(pick_lists.word(entity, name, code) for code in codes)
    column = next(each for each in _columns(entity) if each.name == name)
    return str(dict(column.flatchoices).get(value, value))


def pasiprep(link: str, key: Any) -> str:
    """The address of one enrolment in PASIprep; "" where the setting is empty, or not one that may be followed."""
    return pasiprep_rules.address(link, key, demo=settings.DEMO)
