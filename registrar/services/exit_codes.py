"""Exit codes of many enrolments at once, and undoing what a year end or such a bulk has set.

Exit codes are kept here and never sent, so nothing goes to PASI; an exit date that the year end moved goes back there as well.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import rights
from operations.actor import Actor
from operations.models import JobRow
from operations.services import audit, jobs
from operations.services.jobs import Running
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, ActionRecord, Link
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import entries, taking_back
from sis.models import SchoolEnrolment
from sis.services import enrolments
from sis.services.events import SCHOOL_ENROLMENT

JOB = "pasi_connect.exit_codes"
AT_ONCE = 500  # as many as one short transaction carries
CHUNK = 200  # of a job, so that nobody's save waits long for it


@dataclass(frozen=True)
class Chosen:
    """Enrolments as chosen: (id, revision) of each that changes, and how many have the code already."""

    changing: list[tuple[int, int]]
    unchanged: int

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, str]], exit_code: str) -> "Chosen":
        """From (id, revision, exit code) of each."""
        records = list(rows)
        changing = [(pk, revision) for pk, revision, present in records if present != exit_code]
        return cls(changing, len(records) - len(changing))


@transaction.atomic
def change(actor: Actor, chosen: Chosen, exit_code: str, reason: str) -> tuple[Action, list[JobRow]]:
    """Sets the code: at once, or by the action's job where they are more than AT_ONCE. One entry, taken back as a whole.

    Gives the action and, where it was done at once, a row (not stored) for each record that was left as it is.
    """
    action = entries.record(actor, Action.Kind.EXIT_CODES, [], reason=reason, inputs={"exit_code": exit_code})
    changes = {"exit_code": [None, exit_code], "records": [None, len(chosen.changing)]}
    audit.record(
        actor, audit.Entry(audit.Verb.EXIT_CODES_SET, "action", str(action.pk), changes=changes, reason=reason)
    )
    if len(chosen.changing) > AT_ONCE:
        inputs = {"action": action.pk, "exit_code": exit_code, "reason": reason, "chosen": chosen.changing}
        action.job = jobs.start(actor, JOB, inputs, total=len(chosen.changing))
        action.save(update_fields=["job"])
        return action, []
    return action, _change(actor, action, chosen.changing, exit_code, reason, 0)


def run(running: Running) -> dict[str, Any]:
    """The job of a large bulk. Its mark: how many of the chosen it has looked at."""
    inputs = running.inputs
    action, chosen = Action.objects.get(pk=inputs["action"]), inputs["chosen"]
    if action.undone_at:
        raise ValidationError(_("It was undone in the meantime."))

    def work(most: int) -> None:
        start = running.mark or 0
        part = [(pk, revision) for pk, revision in chosen[start : start + most]]
        left = _change(running.actor, action, part, inputs["exit_code"], inputs["reason"], start)
        running.step(start + len(part), done=len(part), failed=len(left), rows=left)

    def pass_over(where: str) -> None:
        start = running.mark or 0
        left = _left({chosen[start][0]: ("fault", jobs.fault(where))})
        running.step(start + 1, done=1, failed=1, rows=left)

    while (running.mark or 0) < len(chosen):
        running.check()
        running.chunk(CHUNK, work, pass_over)
    return {"action": action.pk}


def _change(
    actor: Actor, action: Action, part: list[tuple[int, int]], exit_code: str, reason: str, so_far: int
) -> list[JobRow]:
    """One chunk. Gives a row for each that was left as it is."""
    ids = [pk for pk, _revision in part]
    before = dict(SchoolEnrolment.objects.filter(pk__in=ids).values_list("pk", "exit_code"))
    done = enrolments.change_many(
        actor, {pk: {"exit_code": exit_code} for pk in ids}, reason=reason, revisions=dict(part)
    )
    entries.add(action, _records(done.changed, before, so_far))
    left = {pk: ("moved", _("It has changed since you selected it.")) for pk in done.moved}
    left |= {pk: ("breaks_rule", " ".join(error.messages)) for pk, error in done.refused.items()}
    return _left(left)


def _left(left: dict[int, tuple[str, str]]) -> list[JobRow]:
    """A row for each that was left as it is, from code and sentence."""
    codes = dict(SchoolEnrolment.objects.filter(pk__in=left).values_list("pk", "school__code"))
    return [
        JobRow(
            entity=SCHOOL_ENROLMENT, subject_id=str(pk), school_code=codes[pk], code=code, message=message
        )
        for pk, (code, message) in sorted(left.items())
    ]  # fmt: skip


def _records(changed: dict[int, SchoolEnrolment], before: dict[int, str], so_far: int) -> Iterator[ActionRecord]:
    keys = dict(Link.objects.of(SCHOOL_ENROLMENT, changed).values_list("subject_id", "key"))
    for order, (pk, enrolment) in enumerate(changed.items(), so_far + 1):
        yield ActionRecord(
            order=order,
            entity=SCHOOL_ENROLMENT,
            subject_id=pk,
            key=keys.get(pk, ""),
            school_code=enrolment.school.code,
            before={"exit_code": before[pk]},
            after={"exit_code": enrolment.exit_code},
            revision_after=enrolment.revision,
        )


# Taking back ---------------------------------------------------------------------------------------------------------


def why_not(action: Action, records: Sequence[ActionRecord]) -> dict[int, str]:
    """A sentence by record id for each enrolment that has moved on."""
    sentences: dict[int, str] = {}
    for start in range(0, len(records), CHUNK):
        part = records[start : start + CHUNK]
        rows = SchoolEnrolment.objects.filter(pk__in=[record.subject_id for record in part])
        revisions = dict(rows.values_list("pk", "revision"))
        for record in part:
            if revisions.get(record.subject_id) != record.revision_after:
                sentences[record.pk] = _("The enrolment has been changed since.")
    return sentences


def undo(actor: Actor, action: Action, records: Sequence[ActionRecord], reason: str) -> None:
    """Restores the fields; dates go to PASI in the usual way."""
    wanted = {
        record.subject_id: {
            name: values.from_json(ENTITY, name, value) for name, value in (record.before or {}).items()
        }
        for record in records
    }
    revisions = {record.subject_id: record.revision_after or 0 for record in records}
    done = enrolments.change_many(actor, wanted, reason=reason, revisions=revisions)
    if done.moved:
        raise ValidationError(_("The enrolment has been changed since."))
    if done.refused:
        raise next(iter(done.refused.values()))


taking_back.register(Action.Kind.EXIT_CODES, taking_back.Undoer(why_not, undo, whole=False))
taking_back.register(
    Action.Kind.YEAR_END,
    taking_back.Undoer(why_not, undo, whole=False, permission=rights.to("run", "year_end")[0], across=True),
)
