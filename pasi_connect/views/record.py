"""One record with both its sides, as the pages of a change and of a submission show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import AuditEntry, User
from operations.models.audit import Verb
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import (
    Discrepancy,
    Link,
    SchoolCopy,
    StudentCopy,
    Submission,
    SyncSettings,
)
from pasi_connect.models.submission import LIVE, STUCK
from pasi_connect.rules import compare
from pasi_connect.services import words
from pasi_connect.services.compare import values
from pasi_connect.services.queue import submissions
from sis import selectors as sis_selectors
from sis.models import DataEvent, Student
from sis.models.event import Origin
from sis.rules.asn import with_hyphens as asn_shown

MOVED = {
    compare.CHANGED_IN_PASI: "pasi",
    compare.CHANGED_ON_BOTH: "both",
    compare.NEVER_AGREED: "never",
    compare.OURS_TO_SEND: "sis",
}
# What is told of a SIS record's own entries, by verb; of the others the fields that changed.
OWN = {
    Verb.ENROLMENT_CREATED: gettext_lazy("Entered by %(who)s"),
    Verb.SECTION_CREATED: gettext_lazy("Entered by %(who)s"),
    Verb.ENROLMENT_MOVED: gettext_lazy("Moved to another student, school or year by %(who)s"),
    Verb.PASI_READ_REPLACED: gettext_lazy("Compared with PASI, SIS values sent by %(who)s"),
    Verb.PASI_READ_TAKEN: gettext_lazy("Compared with PASI, PASI’s values taken by %(who)s"),
    Verb.SPELLING_AGREED: gettext_lazy("Spelling for PASI approved by %(who)s"),
}
HISTORY = 30  # entries of the time line; the newest


@dataclass
class Record:
    """Both sides of one PASI key. `copy` is None when PASI has no such record, `sis` when the SIS has none."""

    entity: Entity
    key: str
    link: Link | None
    copy: Any
    sis: Any
    submission: Submission | None  # the newest that has not ended

    @classmethod
    def load(cls, kind: str, key: str) -> "Record":
        entity = entities.by_kind(kind)
        link = entity.links_along.filter(key=key).first()
        copy = entity.live_copies([key]).first()
        sent = Submission.objects.defer("sent_document").filter(entity=kind, key=key, status__in=LIVE)
        live = sent.order_by("-id").first()
        if live and live.status in STUCK and link and _is_coming(link):
            live = None  # a newer change is being taken up, which answers it
        return cls(entity, key, link, copy, link.record if link else None, live)

    @classmethod
    def only_here(cls, record: Any) -> "Record":
        """A SIS record that has no key yet: nothing of it can be in PASI by our doing."""
        return cls(entities.of(record), "", None, None, record, None)

    @property
    def hidden(self) -> bool:
        """PASI does not show us its record any more, which is not to say that it has none."""
        return self.copy is None and self.link is not None and self.link.hidden_at is not None

    @cached_property
    def identity_copy(self) -> Any:
        """PASI's record as a decision on its identity looks at it: also one that PASI does not show us any more, as it was."""
        if self.hidden:
            return self.entity.copies.filter(**{self.entity.copy.key_field: self.key}).first()
        return self.copy

    @cached_property
    def title(self) -> str:
        """What people call it: by our record, else the student's name in PASI, else the ASN or PASI's key."""
        if self.sis:
            return self.entity.display.title(self.sis)
        return titles_of_pasi(self.entity, {self.key: self.asn})[self.key]

    @cached_property
    def pasiprep(self) -> str:
        """The record's address in PASIprep, where the setting gives one and PASI has the record."""
        shows = self.copy and self.entity.display.in_pasiprep
        return words.pasiprep(SyncSettings.load().pasiprep_link, self.key) if shows else ""

    @property
    def asn(self) -> str:
        side = self.entity.asn_of(self.sis) if self.sis else self.copy and self.entity.part_in(self.copy, "asn")
        return side or ""

    def ours_in_words(self) -> str:
        """ "Ana Silva (1234-5678-9), Lantern School, 2026-2027"."""
        assert self.sis is not None
        ours, display = self.sis, self.entity.display
        who = f"{display.title(ours)} ({ours.student.asn_shown})" if self.entity.has_student else display.title(ours)
        return f"{who}, {ours.school.name}, {ours.school_year}"

    def theirs_in_words(self, user: User) -> str:
        """The same of PASI's record. A student of other schools of ours has no name here, only the ASN that PASI told."""
        assert self.copy is not None
        school = SchoolCopy.objects.filter(code=self.copy.school_code).values_list("name", flat=True).first()
        if not self.entity.has_student:
            return f"{self.title}, {school or self.copy.school_code}, {self.copy.school_year}"
        here = Student.objects.filter(asn=self.copy.asn).first()
        name = here.name if here else names_of([self.copy.asn]).get(self.copy.asn, "")
        if here and not sis_selectors.students(user).filter(pk=here.pk).exists():
            name = ""
        who = f"{name} ({asn_shown(self.copy.asn)})" if name else words_asn(self.copy.asn)
        return f"{who}, {school or self.copy.school_code}, {self.copy.school_year}"

    @property
    def lead(self) -> str:
        """ "School enrolment from 1 September 2026 at Lantern School": what it is, since when and where."""
        if self.entity.span is None:
            schools = self.entity.schools_of(self.sis) if self.sis else []
            names = ", ".join(school.name for school in schools)
            return f"{self.entity.display.name}, {names}" if names else str(self.entity.display.name)
        what = {"kind": self.entity.display.name, "date": self._start}
        if self.sis:
            return _("%(kind)s from %(date)s at %(school)s") % {**what, "school": self.sis.school.name}
        code = self.entity.part_in(self.copy, "school") if self.copy else ""
        return _("%(kind)s from %(date)s at school %(school)s") % {**what, "school": code}

    @property
    def _start(self) -> str:
        """The first day as text: PASI may hold none, or one that is no day here."""
        assert self.entity.span is not None
        name = self.entity.span[0]
        start = getattr(self.sis, name) if self.sis else None
        if start is None and self.copy:
            start = values.theirs(self.copy).get(name)
        return words.value_text(self.entity, name, start) or _("an unknown day")

    @property
    def grade(self) -> str:
        return getattr(self.sis or self.copy, "grade", "")

    @property
    def page(self) -> str:
        """The address of the SIS record's page."""
        return self.entity.display.url(self.sis) if self.sis else ""

    @property
    def edit(self) -> str:
        """The address of its form."""
        return reverse(self.entity.display.edit, args=[self.sis.pk]) if self.sis else ""

    @cached_property
    def verdict(self) -> compare.Verdict | None:
        if not (self.sis and self.copy and self.link):
            return None
        return submissions.verdict_of(self.sis, self.link, self.copy)

    @cached_property
    def board_names(self) -> dict[str, str]:
        sides, names = [side for side in (self.sis, self.copy) if side], self.entity.organizations
        codes = [getattr(side, name) for side in sides for name in names]
        agreed = (self.link.agreed if self.link else None) or {}
        return words.boards(*codes, *(agreed.get(name) for name in names))

    def row(self, name: str, agreed: Any, ours: Any, theirs: Any, state: str) -> dict[str, str]:
        """One field for the comparison, values as in JSON."""
        return {
            "name": name,
            "label": words.field_label(self.entity, name),
            "agreed": words.value_text(self.entity, name, agreed, self.board_names),
            "sis": words.value_text(self.entity, name, ours, self.board_names),
            "pasi": words.value_text(self.entity, name, theirs, self.board_names),
            # What is being reset was changed in PASI, and perhaps here as well.
            "moved": ("pasi" if ours == agreed else "both") if state == compare.RESET else MOVED.get(state, ""),
            "state": state,
        }

    def rows_of(self, item: Discrepancy) -> list[dict[str, str]]:
        rows = [
            self.row(each["name"], each["agreed"], each["sis"], each["pasi"], each["state"]) for each in item.fields
        ]
        if self.hidden and item.is_open:
            rows = [{**row, "pasi": _("not known")} for row in rows]
        return rows

    @cached_property
    def differing(self) -> list[dict[str, str]]:
        """Every field that differs now, also those that are ours to send."""
        if self.verdict is None:
            if not self.sis:
                return []
            ours = values.ours(self.sis, self.link)
            return [
                self.row(name, None, values.to_json(value), None, "")
                for name, value in ours.items()
                if value not in ("", None, False)
            ]
        return [
            self.row(
                each.name,
                values.to_json(each.agreed),
                values.to_json(each.ours),
                values.to_json(each.theirs),
                each.state,
            )
            for each in self.verdict.fields
        ]

    def equal(self, differing: Iterable[str]) -> list[tuple[str, str]]:
        """The fields beside `differing` with their value; nothing where one side is missing."""
        if self.verdict is None or self.sis is None or self.copy is None:
            return []
        left_out, entity, theirs = set(differing), self.entity, values.theirs(self.copy)
        return [
            (words.field_label(entity, name), words.value_text(entity, name, values.to_json(value), self.board_names))
            for name, value in values.ours(self.sis, self.link).items()
            if name in theirs and name not in left_out
        ]

    @cached_property
    def history(self) -> list[AuditEntry]:
        """The audit entries of this record, oldest first; the newest HISTORY of them."""
        kind = self.entity.kind
        items = Discrepancy.objects.filter(entity=kind, key=self.key).values_list("pk", flat=True)
        sent = Submission.objects.filter(entity=kind, key=self.key).values_list("pk", flat=True)
        subjects = {
            "discrepancy": [str(pk) for pk in items],
            "submission": [str(pk) for pk in sent],
            kind: [str(self.sis.pk)] if self.sis else [],
        }
        entries: list[AuditEntry] = []
        for kind, keys in subjects.items():
            if keys:
                entries += AuditEntry.objects.filter(entity=kind, subject_id__in=keys).order_by("-id")[:HISTORY]
        return sorted(entries, key=lambda entry: entry.pk)[-HISTORY:]

    @property
    def heads(self) -> dict[str, Any]:
        """Who and when, for the heads of the comparison's columns."""
        own = [entry for entry in self.history if entry.entity == self.entity.kind]
        last = own[-1] if own else None
        who = ", ".join(part for part in self.copy.author if part) if self.copy else ""
        return {
            "agreed_at": self.link.agreed_at if self.link and self.link.agreed else None,
            "sis_by": last.actor_name if last else "",
            "sis_at": last.at if last else None,
            "pasi_by": who,
            "pasi_at": self.copy.changed_at if self.copy else None,
        }

    def time_line(self, waiting: str = "") -> list[dict[str, Any]]:
        """Entries for the two lanes; `waiting` is the last one, without a time."""
        entries = [row for entry in self.history if (row := _history_row(self.entity, entry, self.board_names))]
        heads = self.heads
        if heads["pasi_at"]:
            who = heads["pasi_by"]
            text = _("Changed by %(who)s") % {"who": who} if who else _("Changed in PASI")
            entries.append({"side": "pasi", "text": text, "at": heads["pasi_at"]})
        if heads["agreed_at"]:
            entries.append({"side": "both", "text": _("Both sides match"), "at": heads["agreed_at"]})
        entries.sort(key=lambda entry: entry["at"])
        if waiting:
            entries.append({"side": "both", "text": waiting, "at": None})
        return entries


def _is_coming(link: Link) -> bool:
    """A change of the record waits to be taken up."""
    subject = {"entity": link.entity, "subject_id": link.subject_id}
    return DataEvent.objects.filter(**subject, collected_at=None, origin=Origin.SIS).exists()


def names_of(asns: Iterable[str]) -> dict[str, str]:
    """Names of students that only PASI knows, by ASN, in one query."""
    wanted = {asn for asn in asns if asn}
    if not wanted:
        return {}
    return {
        copy.asn: f"{copy.preferred_first_name or copy.legal_first_name} {copy.preferred_last_name or copy.legal_last_name}".strip()
        for copy in StudentCopy.objects.filter(asn__in=wanted).defer("document")
    }


def titles(items: Iterable[Discrepancy]) -> dict[int, str]:
    """What people call the record of each item, by the item's id. A handful of queries a kind, however many there are."""
    by_item: dict[int, str] = {}
    rows = list(items)
    load_records(rows)
    for entity in entities.written():
        mine = [item for item in rows if item.entity == entity.kind]
        names = titles_of_pasi(entity, {item.key: item.asn for item in mine if item.record is None})
        by_item |= {item.pk: entity.display.title(item.record) if item.record else names[item.key] for item in mine}
    return by_item


def load_records(items: Iterable[Discrepancy]) -> None:
    """Reads the SIS records of the items that have not been read along with them: one query a kind."""
    wanted: dict[str, list[Discrepancy]] = {}
    for item in items:
        if item.subject_id and not item.is_record_loaded:
            wanted.setdefault(item.entity, []).append(item)
    for kind, mine in wanted.items():
        records = entities.by_kind(kind).records.in_bulk({item.subject_id for item in mine})
        for item in mine:
            item.record = records.get(item.subject_id)


def titles_of_pasi(entity: Entity, asns: Mapping[str, str]) -> dict[str, str]:
    """Of records that only PASI has, by key: the student's name as PASI told it, else the ASN, else PASI's key."""
    if not entity.has_student:
        return {key: _("%(kind)s %(key)s") % {"kind": entity.display.name, "key": key[:8]} for key in asns}
    names = names_of(asns.values())
    return {key: names.get(asn, "") or words_asn(asn) for key, asn in asns.items()}


def words_asn(asn: str) -> str:
    return _("ASN %(asn)s") % {"asn": f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"} if len(asn) == 9 else _("A student")


def _history_row(entity: Entity, entry: AuditEntry, boards: Mapping[str, str]) -> dict[str, Any] | None:
    who = {"who": entry.actor_name}
    base = {"side": "sis", "at": entry.at}
    match entry.entity, entry.action:
        case entity.kind, verb if verb in OWN:
            return {**base, "text": OWN[Verb(verb)] % who}
        case entity.kind, _action if entry.changes:
            return {**base, "text": _changed(entity, entry, boards)}
        case "discrepancy", Verb.DISCREPANCY_OPENED:
            return {**base, "text": _("The difference was found here")}
        case "discrepancy", Verb.DISCREPANCY_SETTLED:
            return {**base, "side": "both", "text": _("Settled: both sides match")}
        case "discrepancy", Verb.LINKED_ANEW:
            return {**base, "text": _("Relinked by %(who)s") % who}
        case "discrepancy", Verb.DECISION_UNDONE:
            return {**base, "text": _("Decision undone by %(who)s") % who}
        case "discrepancy", Verb.ACCEPTED_PASI:
            return {**base, "text": _("Accepted PASI: %(who)s") % who}
        case "discrepancy", Verb.KEPT_SIS:
            return {**base, "text": _("Kept SIS: %(who)s") % who}
        case "discrepancy", _action:
            return {**base, "text": _("Decided field by field: %(who)s") % who}
        case "submission", _action:
            return _submission_row(entry, base)
    return None


def _submission_row(entry: AuditEntry, base: dict[str, Any]) -> dict[str, Any] | None:
    before, after = (entry.changes.get("status") or [None, ""])[:2]
    if after in ("in_flight", "checking") or (after == "waiting" and before not in (None, "")):
        return None  # intermediate steps, which nobody needs in the history of a record
    if after == "accepted":
        return {**base, "side": "pasi", "text": _("Stored in PASI")}
    label = words.SUBMISSION.get(after, {}).get("label", after)
    text = (
        _("Submission: %(state)s") % {"state": label}
        if before
        else _("Queued for PASI by %(who)s") % {"who": entry.actor_name}
    )
    return {**base, "text": text}


def _changed(entity: Entity, entry: AuditEntry, boards: Mapping[str, str]) -> str:
    changes = [(name, pair) for name, pair in entry.changes.items() if words.is_field(entity, name)]
    if len(changes) == 1:
        name, (_before, after) = changes[0]
        if after in (None, "", []):
            return _("%(field)s cleared by %(who)s") % {
                "field": words.field_label(entity, name),
                "who": entry.actor_name,
            }
        return _("%(field)s set to %(value)s by %(who)s") % {
            "field": words.field_label(entity, name),
            "value": words.value_text(entity, name, after, boards),
            "who": entry.actor_name,
        }
    return _("%(fields)s changed by %(who)s") % {
        "fields": words.field_labels(entity, [name for name, _pair in changes]),
        "who": entry.actor_name,
    }
