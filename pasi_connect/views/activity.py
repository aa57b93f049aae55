"""Recent activity of the person's schools, in sentences; decisions come with their Undo."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from operations import clock
from operations.actor import SYNC
from operations.models import AuditEntry, Job, User
from operations.models.audit import Verb
from pasi_connect import entities, selectors
from pasi_connect.models import Action, Decision, Discrepancy, Submission
from pasi_connect.services import words
from pasi_connect.services.decisions import taking_back
from pasi_connect.views.actions import what
from pasi_connect.views.record import titles
from sis import selectors as sis_selectors

ROWS = 8
ACTIONS = 5  # bulks and guided actions among them
READ = 60  # entries read to find SHOWN that tell something
UNDO_FOR = dt.timedelta(hours=24)
KINDS = tuple(entity.kind for entity in entities.written())
SUBJECTS = (*KINDS, "discrepancy", "submission")


def recent(user: User, may_undo: bool) -> list[dict[str, Any]]:
    """[{icon, hue, text, name, url, at, meta, undo, look}]; nine queries at most.

    `undo` is posted to; `look` is a page that shows what would go back first.
    """
    actions = _actions(user)
    undone = _taken_back(actions)
    audited = sis_selectors.scoped(AuditEntry.objects.filter(entity__in=SUBJECTS), user)
    for job in [one.job for one in actions if one.job] + list(undone.values()):
        if job.started_at:  # what a bulk did record by record is one entry here
            until = job.finished_at or clock.now()
            audited = audited.exclude(at__gte=job.started_at, at__lte=until, actor_name__in=(job.actor_name, SYNC.name))
    entries = list(audited.order_by("-id")[:READ])
    about = [int(entry.subject_id) for entry in entries if entry.entity == "discrepancy"]
    items = {item.pk: item for item in selectors.discrepancies(user).filter(pk__in=about)}
    sentences = [(entry, sentence) for entry in entries if (sentence := _sentence(entry, items))][:ROWS]
    ids: dict[str, set[int]] = {kind: set() for kind in SUBJECTS}
    for entry, _text in sentences:
        ids[entry.entity].add(int(entry.subject_id))
    rows = Submission.objects.filter(pk__in=ids["submission"]).values_list("pk", "entity", "subject_id")
    sent = {("submission", pk): (kind, subject) for pk, kind, subject in rows}
    records = _records({**{(kind, pk): (kind, pk) for kind in KINDS for pk in ids[kind]}, **sent})
    named = titles(items[pk] for pk in ids["discrepancy"] if pk in items)
    undo = _undo(user, ids["discrepancy"]) if may_undo else {}
    lines = []
    for entry, sentence in sentences:
        pk = int(entry.subject_id)
        name, url = _subject(entry.entity, pk, named, records)
        took_back = undo.pop(pk, None) if entry.entity == "discrepancy" and sentence.get("decision") else None
        lines.append(
            {**sentence, "name": name, "url": url, "at": entry.at, "meta": entry.actor_name, "undo": took_back}
        )
    may = taking_back.may_undo(selectors.Sight(user), *actions)
    lines += [_of_action(one, undone.get(one.pk), one.pk in may) for one in actions]
    return sorted(lines, key=lambda entry: entry["at"], reverse=True)[:ROWS]


def _actions(user: User) -> list[Action]:
    """The latest actions that are more than one decision."""
    since = clock.now() - UNDO_FOR
    actions = selectors.actions(user).filter(at__gte=since).exclude(kind=Action.Kind.DECISION)
    return list(actions.order_by("-id")[:ACTIONS])


def _taken_back(actions: list[Action]) -> dict[int, Job]:
    """The last job that undid an action, or part of it, by the action's id."""
    jobs = Job.objects.filter(kind=taking_back.JOB, inputs__action__in=[one.pk for one in actions]) if actions else []
    return {job.inputs["action"]: job for job in sorted(jobs, key=lambda job: job.pk)}


def _of_action(action: Action, undo: Job | None, may: bool) -> dict[str, Any]:
    text = what(action)
    if action.undone_at:
        text = _("%(action)s, undone") % {"action": text}
    elif undo is not None:
        text = _("%(action)s, partly undone") % {"action": text}
    back = bool(action.undone_at or undo)
    done = not action.undone_at and action.shown_status == Action.Status.DONE  # a job that waits has done nothing yet
    return {
        "icon": "undo" if back else "check-circle",
        "hue": "" if back else "sis",
        "text": text,
        "name": _("record by record"),
        "url": reverse("pasi_connect:action", args=[action.pk]),
        "at": action.undone_at or (undo.finished_at if undo else None) or action.at,
        "meta": action.actor_name,
        "undo": None,
        "look": reverse("pasi_connect:action-undo", args=[action.pk]) if may and done else "",
    }


def _records(wanted: dict[tuple[str, int], tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """The SIS record that each entry is about, by the entry's subject. `wanted`: its kind and id. One query a kind."""
    by_subject: dict[tuple[str, int], Any] = {}
    for entity in entities.written():
        mine = {subject: pk for subject, (kind, pk) in wanted.items() if kind == entity.kind}
        if mine:
            records = entity.records.in_bulk(set(mine.values()))
            by_subject |= {subject: records[pk] for subject, pk in mine.items() if pk in records}
    return by_subject


def _subject(kind: str, pk: int, named: dict[int, str], records: dict[tuple[str, int], Any]) -> tuple[str, str]:
    """Name and page of the subject of an entry."""
    if kind == "discrepancy":
        return (named[pk], reverse("pasi_connect:change", args=[pk])) if pk in named else ("", "")
    record = records.get((kind, pk))
    if record is None:
        return "", ""
    display = entities.of(record).display
    url = reverse("pasi_connect:submission", args=[pk]) if kind == "submission" else display.url(record)
    return display.title(record), url


def _undo(user: User, items: set[int]) -> dict[int, str]:
    """The address that undoes the newest decision on each item; the service has the last word on whether it can."""
    if not items:
        return {}
    newest: dict[int, Decision] = {}
    sight = selectors.Sight(user)
    for decision in (
        selectors.decisions(user).filter(discrepancy_id__in=items, at__gte=clock.now() - UNDO_FOR).order_by("id")
    ):
        newest[decision.discrepancy_id] = decision
    return {
        item: reverse("pasi_connect:decision-undo", args=[decision.pk])
        for item, decision in newest.items()
        if not decision.undone_at
        and taking_back.may_undo_decision(sight, decision)
        # PASI has taken our value by then; what was created there is restored.
        and (decision.created_record or not (decision.rejected and not decision.discrepancy.is_open))
    }


def _fields(entry: AuditEntry, items: dict[int, Discrepancy]) -> str:
    """The fields that an entry about a record or an item names."""
    item = items.get(int(entry.subject_id)) if entry.entity == "discrepancy" else None
    kind = item.entity if item else entry.entity
    return words.field_labels(entities.by_kind(kind), entry.changes) if kind in KINDS else ""


# Of a SIS record's own entries, by verb; of the others the fields that changed.
OWN = {
    Verb.ENROLMENT_CREATED: ("plus", "sis", gettext_lazy("Enrolment entered")),
    Verb.SECTION_CREATED: ("plus", "sis", gettext_lazy("Section added")),
    Verb.SPELLING_AGREED: ("check", "sis", gettext_lazy("Spelling for PASI approved")),
    Verb.ENROLMENT_MOVED: ("people", "pasi", gettext_lazy("Enrolment moved to another student, school or year")),
}
CHANGED = (Verb.ENROLMENT_CHANGED, Verb.SECTION_CHANGED)


def _sentence(entry: AuditEntry, items: dict[int, Discrepancy]) -> dict[str, Any] | None:
    """Icon and sentence of one entry; None for intermediate steps that nobody needs to see."""
    fields = _fields(entry, items)
    if entry.entity in KINDS and entry.action in OWN:
        icon, hue, sentence = OWN[Verb(entry.action)]
        return {"icon": icon, "hue": hue, "text": str(sentence)}
    if entry.entity in KINDS and entry.action in CHANGED and "deleted" in entry.changes:
        gone = bool(entry.changes["deleted"][-1])
        done = pgettext("activity", "Deleted") if gone else pgettext("activity", "Restored")
        return {"icon": "trash" if gone else "undo", "hue": "sis", "text": done}
    if entry.entity in KINDS:
        changed = {"icon": "edit", "hue": "sis", "text": _("%(fields)s changed") % {"fields": fields}}
        return changed if entry.action in CHANGED else None
    match entry.entity, entry.action:
        case "discrepancy", Verb.LINKED_ANEW:
            return {"icon": "link", "hue": "sis", "text": _("Relinked"), "decision": True}
        case "discrepancy", Verb.DISCREPANCY_OPENED:
            return {
                "icon": "inbox",
                "hue": "pasi",
                "text": _("Differs from PASI: %(fields)s") % {"fields": fields} if fields else _("Differs from PASI"),
            }
        case "discrepancy", Verb.DISCREPANCY_SETTLED:
            return {"icon": "equal", "hue": "ok", "text": _("Both sides match again")}
        case "discrepancy", Verb.DECISION_UNDONE:
            return {"icon": "undo", "hue": "", "text": _("Decision undone")}
        case "discrepancy", Verb.ACCEPTED_PASI:
            return {
                "icon": "check-circle",
                "hue": "pasi",
                "text": _("Accepted PASI: %(fields)s") % {"fields": fields},
                "decision": True,
            }
        case "discrepancy", Verb.KEPT_SIS:
            return {
                "icon": "shield",
                "hue": "sis",
                "text": _("Kept SIS: %(fields)s") % {"fields": fields},
                "decision": True,
            }
        case "discrepancy", _action:
            return {
                "icon": "check-circle",
                "hue": "",
                "text": _("Decided field by field: %(fields)s") % {"fields": fields},
                "decision": True,
            }
        case "submission", _action:
            after = (entry.changes.get("status") or [None, ""])[-1]
            if after in ("waiting", "in_flight", "checking", "no_change"):
                return None
            state = words.SUBMISSION.get(after, {})
            hue = {"accepted": "ok", "rejected": "bad", "dead": "bad"}.get(after, "attn")
            text = (
                _("In PASI")
                if after == "accepted"
                else _("Submission: %(state)s") % {"state": state.get("label", after)}
            )
            return {"icon": state.get("icon", "send"), "hue": "" if after == "cancelled" else hue, "text": text}
    return None
