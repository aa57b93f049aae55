"""One record with both its sides, as the pages of a change and of a submission draw it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from operations.models import AuditEntry, User
from operations.models.audit import Verb
from pasi_connect.models import (
    Discrepancy,
    EnrolmentCopy,
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
from sis.models import DataEvent, SchoolEnrolment, Student
from sis.models.event import Origin
from sis.rules.asn import shown as asn_shown
from sis.services.events import SCHOOL_ENROLMENT

MOVED = {
    compare.CHANGED_IN_PASI: "pasi",
    compare.CHANGED_ON_BOTH: "both",
    compare.NEVER_AGREED: "never",
    compare.OURS_TO_SEND: "sis",
}
HISTORY = 30  # entries of the time line; the newest


@dataclass
class Record:
    """Both sides of one PASI key. `copy` is None when PASI has no such record, `enrolment` when the SIS has none."""

    key: str
    link: Link | None
    copy: EnrolmentCopy | None
    enrolment: SchoolEnrolment | None
    submission: Submission | None  # the newest that has not ended

    @classmethod
    def load(cls, key: str) -> "Record":
        link = Link.objects.select_related("enrolment__student", "enrolment__school").filter(key=key).first()
        copy = EnrolmentCopy.objects.defer("document").filter(key=key, vanished_at=None).first()
        live = Submission.objects.defer("sent_document").filter(key=key, status__in=LIVE).order_by("-id").first()
        if live and live.status in STUCK and link and _is_coming(link.subject_id):
            live = None  # a newer change is being taken up, which answers it
        return cls(key, link, copy, link.enrolment if link else None, live)

    @classmethod
    def only_here(cls, enrolment: SchoolEnrolment) -> "Record":
        """A record that has no RefId yet: nothing of it can be in PASI by our doing."""
        return cls("", None, None, enrolment, None)

    @property
    def hidden(self) -> bool:
        """PASI does not show us its record any more, which is not to say that it has none."""
        return self.copy is None and self.link is not None and self.link.hidden_at is not None

    @cached_property
    def identity_copy(self) -> EnrolmentCopy | None:
        """PASI's record as a decision on its identity looks at it: also one that PASI does not show us any more, as it was."""
        if self.hidden:
            return EnrolmentCopy.objects.defer("document").filter(key=self.key).first()
        return self.copy

    @cached_property
    def person(self) -> str:
        """The student's name: ours, else as PASI told it, else the ASN."""
        if self.enrolment:
            return self.enrolment.student.name
        asn = self.copy.asn if self.copy else ""
        return names_of([asn]).get(asn, "") or words_asn(asn)

    @cached_property
    def pasiprep(self) -> str:
        """The record's address in PASIprep, where the setting gives one and PASI has the record."""
        return words.pasiprep(SyncSettings.load().pasiprep_link, self.key) if self.copy else ""

    @property
    def asn(self) -> str:
        return (self.enrolment.student.asn if self.enrolment else self.copy.asn if self.copy else "") or ""

    def ours_in_words(self) -> str:
        """ "Ana Silva (1234-5678-9), Lantern School, 2026-2027"."""
        assert self.enrolment is not None
        ours = self.enrolment
        return f"{ours.student.name} ({ours.student.asn_shown}), {ours.school.name}, {ours.school_year}"

    def theirs_in_words(self, user: User) -> str:
        """The same of PASI's record. A student of other schools of ours has no name here, only the ASN that PASI told."""
        assert self.copy is not None
        here = Student.objects.filter(asn=self.copy.asn).first()
        name = here.name if here else names_of([self.copy.asn]).get(self.copy.asn, "")
        if here and not sis_selectors.students(user).filter(pk=here.pk).exists():
            name = ""
        school = SchoolCopy.objects.filter(code=self.copy.school_code).values_list("name", flat=True).first()
        who = f"{name} ({asn_shown(self.copy.asn)})" if name else words_asn(self.copy.asn)
        return f"{who}, {school or self.copy.school_code}, {self.copy.school_year}"

    @property
    def start_shown(self) -> str:
        """The start date as text: PASI may hold none, or one that is no day here."""
        start = self.enrolment.start_date if self.enrolment else None
        if start is None and self.copy:
            start = values.theirs(self.copy).get("start_date")
        return words.shown("start_date", start) or _("an unknown day")

    @property
    def grade(self) -> str:
        return self.enrolment.grade if self.enrolment else self.copy.grade if self.copy else ""

    @cached_property
    def verdict(self) -> compare.Verdict | None:
        if not (self.enrolment and self.copy and self.link):
            return None
        return submissions.verdict_of(self.enrolment, self.link, self.copy)

    @cached_property
    def board_names(self) -> dict[str, str]:
        sides = [side for side in (self.enrolment, self.copy) if side]
        codes = [getattr(side, name) for side in sides for name in words.BOARDS]
        agreed = (self.link.agreed if self.link else None) or {}
        return words.boards(*codes, *(agreed.get(name) for name in words.BOARDS))

    def row(self, name: str, agreed: Any, ours: Any, theirs: Any, state: str) -> dict[str, str]:
        """One field for the comparison, values as in JSON."""
        return {
            "name": name,
            "label": words.field_label(name),
            "agreed": words.shown(name, agreed, self.board_names),
            "sis": words.shown(name, ours, self.board_names),
            "pasi": words.shown(name, theirs, self.board_names),
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
            if not self.enrolment:
                return []
            ours = values.ours(self.enrolment, self.link)
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
        if self.verdict is None or self.enrolment is None or self.copy is None:
            return []
        left_out = set(differing)
        ours, theirs = values.ours(self.enrolment, self.link), values.theirs(self.copy)
        return [
            (words.field_label(name), words.shown(name, values.to_json(ours[name]), self.board_names))
            for name in theirs
            if name not in left_out
        ]

    @cached_property
    def history(self) -> list[AuditEntry]:
        """What the audit tells of this record, oldest first; the newest HISTORY entries."""
        items = Discrepancy.objects.filter(key=self.key).values_list("pk", flat=True)
        sent = Submission.objects.filter(key=self.key).values_list("pk", flat=True)
        subjects = {
            "discrepancy": [str(pk) for pk in items],
            "submission": [str(pk) for pk in sent],
            "school_enrolment": [str(self.enrolment.pk)] if self.enrolment else [],
        }
        found: list[AuditEntry] = []
        for kind, keys in subjects.items():
            if keys:
                found += AuditEntry.objects.filter(subject_type=kind, subject_id__in=keys).order_by("-id")[:HISTORY]
        return sorted(found, key=lambda entry: entry.pk)[-HISTORY:]

    @property
    def heads(self) -> dict[str, Any]:
        """Who and when, for the heads of the comparison's columns."""
        own = [entry for entry in self.history if entry.subject_type == "school_enrolment"]
        last = own[-1] if own else None
        who = (
            ", ".join(part for part in (self.copy.updated_by, self.copy.updated_by_organization) if part)
            if self.copy
            else ""
        )
        return {
            "agreed_at": self.link.agreed_at if self.link and self.link.agreed else None,
            "sis_by": last.actor_name if last else "",
            "sis_at": last.at if last else None,
            "pasi_by": who,
            "pasi_at": self.copy.effective_at if self.copy else None,
        }

    def time_line(self, waiting: str = "") -> list[dict[str, Any]]:
        """Entries for the two lanes; `waiting` is the last one, without a time."""
        entries = [told for entry in self.history if (told := _told(entry, self.board_names))]
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


def _is_coming(enrolment_id: int) -> bool:
    """A change of the record waits to be taken up."""
    subject = {"subject_type": SCHOOL_ENROLMENT, "subject_id": enrolment_id}
    return DataEvent.objects.filter(**subject, collected_at=None, origin=Origin.SIS).exists()


def names_of(asns: Iterable[str]) -> dict[str, str]:
    """Names of students that only PASI knows, by ASN, in one query."""
    wanted = {asn for asn in asns if asn}
    if not wanted:
        return {}
    return {
        copy.asn: f"{copy.preferred_first_name or copy.first_name} {copy.preferred_last_name or copy.last_name}".strip()
        for copy in StudentCopy.objects.filter(asn__in=wanted).defer("document")
    }


def words_asn(asn: str) -> str:
    return _("ASN %(asn)s") % {"asn": f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"} if len(asn) == 9 else _("A student")


def _told(entry: AuditEntry, boards: Mapping[str, str]) -> dict[str, Any] | None:
    who = {"who": entry.actor_name}
    told = {"side": "sis", "at": entry.at}
    match entry.subject_type, entry.action:
        case "school_enrolment", Verb.ENROLMENT_CREATED:
            return {**told, "text": _("Entered by %(who)s") % who}
        case "school_enrolment", Verb.ENROLMENT_MOVED:
            return {**told, "text": _("Moved to another student, school or year by %(who)s") % who}
        case "school_enrolment", Verb.PASI_READ_REPLACED:
            return {**told, "text": _("Compared with PASI, SIS values sent by %(who)s") % who}
        case "school_enrolment", Verb.PASI_READ_TAKEN:
            return {**told, "text": _("Compared with PASI, PASI’s values taken by %(who)s") % who}
        case "school_enrolment", Verb.SPELLING_AGREED:
            return {**told, "text": _("Spelling for PASI approved by %(who)s") % who}
        case "school_enrolment", Verb.ENROLMENT_CHANGED:
            return {**told, "text": _changed(entry, boards)}
        case "discrepancy", Verb.DISCREPANCY_OPENED:
            return {**told, "text": _("The difference was found here")}
        case "discrepancy", Verb.DISCREPANCY_SETTLED:
            return {**told, "side": "both", "text": _("Settled: both sides match")}
        case "discrepancy", Verb.LINKED_ANEW:
            return {**told, "text": _("Relinked by %(who)s") % who}
        case "discrepancy", Verb.DECISION_UNDONE:
            return {**told, "text": _("Decision undone by %(who)s") % who}
        case "discrepancy", Verb.ACCEPTED_PASI:
            return {**told, "text": _("Accepted PASI: %(who)s") % who}
        case "discrepancy", Verb.KEPT_SIS:
            return {**told, "text": _("Kept SIS: %(who)s") % who}
        case "discrepancy", _action:
            return {**told, "text": _("Decided field by field: %(who)s") % who}
        case "submission", _action:
            return _submission_told(entry, told)
    return None


def _submission_told(entry: AuditEntry, told: dict[str, Any]) -> dict[str, Any] | None:
    before, after = (entry.changes.get("status") or [None, ""])[:2]
    if after in ("in_flight", "checking") or (after == "waiting" and before not in (None, "")):
        return None  # steps between, which nobody needs in the story of a record
    if after == "accepted":
        return {**told, "side": "pasi", "text": _("Stored in PASI")}
    label = words.SUBMISSION.get(after, {}).get("label", after)
    text = (
        _("Submission: %(state)s") % {"state": label}
        if before
        else _("Queued for PASI by %(who)s") % {"who": entry.actor_name}
    )
    return {**told, "text": text}


def _changed(entry: AuditEntry, boards: Mapping[str, str]) -> str:
    known = [(name, pair) for name, pair in entry.changes.items() if words.is_field(name)]
    if len(known) == 1:
        name, (_before, after) = known[0]
        return _("%(field)s set to %(value)s by %(who)s") % {
            "field": words.field_label(name),
            "value": words.shown(name, after, boards) or _("not set"),
            "who": entry.actor_name,
        }
    return _("%(fields)s changed by %(who)s") % {
        "fields": words.field_labels([name for name, _pair in known]),
        "who": entry.actor_name,
    }
