"""What must hold once everything is quiet, whatever was killed. Each broken rule is one sentence with ids, no values."""

import json
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from operations.models import AuditEntry
from pasi_connect.models import Decision, Discrepancy, EnrolmentCopy, Exchange, Link, Submission, SyncSettings
from pasi_connect.models.submission import FLYING, QUEUED, STUCK, Status
from pasi_connect.services.compare import values
from sis.models import DataEvent
from sis.models.event import Origin
from sis.services import events
from sis.services.events import SCHOOL_ENROLMENT
from tests.factories import documents as mapping


def all_of(address: str) -> list[dict[str, Any]]:
    """Every row of a list of the simulator's control, page by page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    root = address.split("/control/")[0]
    rows, following = [], address
    while following:
        with opener.open(following, timeout=30) as answer:
            page = json.load(answer)
        rows.extend(page["results"])
        following = page["next"] or ""
        following = root + following if following.startswith("/") else following
    return rows


def broken(control: str, without: Collection[str] = ()) -> list[str]:
    rules: dict[str, Callable[[], list[str]]] = {
        "state": _every_change_has_one_state,
        "applied": lambda: _applied_once(control),
        "order": _order_kept,
        "copies": lambda: _copies_are_pasis(control),
        "sides": _sides_equal,
        "audit": _audit_tells_every_step,
        "decisions": _decisions_kept,
        "attempts": _attempts,
    }
    return [sentence for name, rule in rules.items() if name not in without for sentence in rule()]


def _every_change_has_one_state() -> list[str]:
    found = [f"event {pk} was never collected" for pk in events.uncollected().values_list("pk", flat=True)]
    covered = set(Submission.objects.values_list("subject_id", flat=True))
    # A reset that was called back before it was taken up rightly has none.
    covered |= set(
        Decision.objects.exclude(undone_at=None)
        .exclude(rejected=[])
        .values_list("discrepancy__school_enrolment", flat=True)
    )
    changed = set(
        DataEvent.objects.filter(origin=Origin.SIS, entity=SCHOOL_ENROLMENT).values_list("subject_id", flat=True)
    )
    found += [f"record {pk} was changed and has no submission" for pk in changed - covered]
    moving = Submission.objects.filter(status__in=[Status.WAITING, *FLYING]).values_list("pk", "status")
    found += [f"submission {pk} is still {status}" for pk, status in moving]
    audited = AuditEntry.objects.filter(entity="school_enrolment", action="enrolment changed").count()
    left = DataEvent.objects.exclude(fields=[]).count()
    if audited > left:
        found.append(f"{audited} changes in the audit, {left} events")
    return found


def _applied_once(control: str) -> list[str]:
    applied: dict[str, int] = defaultdict(int)
    for call in all_of(f"{control}/calls/?operation=SubmitStudentSchoolEnrolment"):
        applied[(call["key"] or "").lower()] += bool(call["applied"])  # a refused call may name no record
    accepted: dict[str, int] = defaultdict(int)
    read_back: dict[str, int] = defaultdict(int)
    of_enrolments = Submission.objects.filter(entity=SCHOOL_ENROLMENT)
    for ref_id, reason in of_enrolments.filter(status=Status.ACCEPTED).values_list("key", "reason"):
        accepted[str(ref_id)] += 1
        read_back[str(ref_id)] += reason == "read_back"
    # A submission that was applied and then overtaken by another's change waits for a person: applied, not accepted.
    reviewed: dict[str, int] = defaultdict(int)
    overtaken = of_enrolments.filter(status__in=[Status.NEEDS_REVIEW, Status.CANCELLED])
    for ref_id in overtaken.values_list("key", flat=True):
        reviewed[str(ref_id)] += 1
    found = []
    for key in applied.keys() | accepted.keys():
        if applied[key] > accepted[key] + reviewed[key]:
            found.append(f"record {key}: doubled, applied {applied[key]} times, accepted {accepted[key]}")
        # Read back, and there already: somebody in PASI had written the same. That both sides are equal is asked elsewhere.
        if applied[key] < accepted[key] - read_back[key]:
            found.append(f"record {key}: lost, applied {applied[key]} times, accepted {accepted[key]}")
    return found


def _order_kept() -> list[str]:
    """PASI's versions follow the events, student by student: each accepted submission counts from the first event it carries."""
    sent_anew = {
        int(pk)
        for pk, changes in AuditEntry.objects.filter(action="submission").values_list("subject_id", "changes")
        if changes["status"] in [[stuck, Status.WAITING] for stuck in STUCK]
    }  # by a person, who puts it behind all that has happened since
    own = set(DataEvent.objects.filter(origin=Origin.SIS, entity=SCHOOL_ENROLMENT).values_list("subject_id", "id"))
    found: list[str] = []
    last: dict[str, tuple[int, int]] = {}
    rows = Submission.objects.filter(entity=SCHOOL_ENROLMENT, status=Status.ACCEPTED)
    for lane, place, pk, subject, version in sorted(
        rows.values_list("lane", "place", "id", "subject_id", "core_version")
    ):
        if pk not in sent_anew and (subject, place) not in own:
            found.append(f"submission {pk} stands at {place}, which is no event of its record")
        before, at = last.get(lane, (0, 0))
        if version <= before and place > at:
            found.append(f"submission {pk} was applied before an earlier one of its student")
        last[lane] = (max(version, before), place)
    return found


def _copies_are_pasis(control: str) -> list[str]:
    theirs = {row["RefId"].lower(): row for row in all_of(f"{control}/records/StudentSchoolEnrolment/")}
    found = []
    for copy in EnrolmentCopy.objects.filter(vanished_at=None).defer("document"):
        record = theirs.pop(copy.key, None)
        if record is None:
            found.append(f"local copy {copy.key} has no record in PASI")
        elif record["PASICoreVersion"] != copy.core_version:
            found.append(f"local copy {copy.key} stands at {copy.core_version}, PASI at {record['PASICoreVersion']}")
        elif values.plain(values.theirs(copy)) != values.plain(mapping.values(record)):
            found.append(f"local copy {copy.key} differs from PASI at the same version")
    found += [f"PASI's record {key} has no local copy" for key in theirs]
    return found


def _sides_equal() -> list[str]:
    """Without an open item, a held or a stuck submission both sides are equal."""
    open_refs = set(
        Submission.objects.filter(status__in=[*QUEUED, Status.REJECTED, Status.NEEDS_REVIEW, Status.DEAD]).values_list(
            "key", flat=True
        )
    )

    open_refs |= set(Discrepancy.objects.filter(status="open").values_list("key", flat=True))
    copies = {copy.key: copy for copy in EnrolmentCopy.objects.filter(vanished_at=None).defer("document")}
    found = []
    for link in Link.objects.select_related("school_enrolment"):
        copy = copies.get(link.key)
        if copy is None or link.key in open_refs:
            continue
        if values.ours(link.school_enrolment, link) != values.theirs(copy) and not (
            link.school_enrolment.deleted and copy.deleted
        ):
            found.append(f"record {link.key} differs, and nobody is told")
    return found


def _audit_tells_every_step() -> list[str]:
    """The audit's steps of each submission form one chain that ends at its present state."""
    steps: dict[str, list[list[str | None]]] = defaultdict(list)
    rows = AuditEntry.objects.filter(action="submission").order_by("id").values_list("subject_id", "changes")
    for pk, changes in rows:
        steps[pk].append(changes["status"])
    found = []
    for pk, status in Submission.objects.values_list("pk", "status"):
        chain = steps[str(pk)]
        at: str | None = None
        for before, after in chain:
            if before != at:
                found.append(f"submission {pk}: the audit jumps from {at} to {before}")
            at = after
        if at != status:
            found.append(f"submission {pk} is {status}, the audit ends at {at}")
    return found


def _decisions_kept() -> list[str]:
    told = AuditEntry.objects.filter(
        entity="discrepancy", action__in=["accepted PASI", "kept SIS", "accepted PASI in part"]
    ).count()
    made = Decision.objects.count()
    return [] if told == made else [f"{made} decisions, {told} in the audit"]


def _attempts() -> list[str]:
    most = SyncSettings.load().maximum_attempts
    found = [
        f"submission {pk} had {attempts} attempts"
        for pk, attempts in Submission.objects.filter(attempts__gt=most).values_list("pk", "attempts")
    ]
    lost = Exchange.objects.filter(
        operation="SubmitStudentSchoolEnrolment", outcome="accepted", submission=None
    ).count()
    return [*found, *([f"{lost} accepted exchanges without a submission"] if lost else [])]
