"""Ways out for a submission that needs a person: send again over the version now seen, cancel, take PASI's values."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, wake
from operations.actor import Actor
from operations.rules import latin1
from operations.services import audit, jobs
from pasi_connect import entities
from pasi_connect.models import Link, Submission
from pasi_connect.models.submission import QUEUED, STUCK, Status
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.compare.context import Context
from pasi_connect.services.queue import submissions
from sis.models.event import Origin
from sis.services.events import subject_of


class NotPossible(Exception):
    """The submission's state does not allow this; the message says so."""


class MovedOn(NotPossible):
    """PASI's record has changed since the person saw it."""


def _lock(submission_id: int) -> tuple[Submission, Link, Any]:
    """The submission, the link with its SIS record, and the local copy where PASI shows the record."""
    kind, key = Submission.objects.values_list("entity", "key").get(pk=submission_id)
    copy, link = locks.sides(entities.by_kind(kind), key)
    assert link is not None
    copy = None if copy is not None and copy.vanished_at else copy
    submission = Submission.objects.select_for_update(of=("self",)).select_related("user").get(pk=submission_id)
    return submission, link, copy


def _evaluate(link: Link, settled_by: str = "itself") -> None:
    comparing.evaluate(entities.by_kind(link.entity), keys=[link.key], settled_by=settled_by)


def _check_seen(copy: Any, seen_version: int | None) -> None:
    """None counts the present state as seen."""
    if seen_version is not None and seen_version != (copy.core_version if copy else 0):
        raise MovedOn(_("PASI's record has changed since you opened this page. Check the new values first."))


def _take_person(submission: Submission, actor: Actor) -> None:
    """The person acting now is the one named to PASI."""
    submission.user_id = actor.user_id
    submission.actor_name, submission.actor_local_id, submission.actor_ip = actor.name, actor.local_id, actor.ip


@transaction.atomic
def send_again(actor: Actor, submission_id: int, seen_version: int | None = None) -> Submission:
    """Queues a rejected, reviewed or dead submission with the version now seen. None: the present state counts as seen.

    Where a later change of the record waits already, that one goes and this one is closed as superseded.
    """
    submission, link, copy = _lock(submission_id)
    if submission.status not in STUCK:
        raise NotPossible(_("Only a submission that was rejected, needs review or is a dead letter can be sent again."))
    present = copy.core_version if copy else 0
    _check_seen(copy, seen_version)
    waiting = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(
            entity=submission.entity,
            subject_id=submission.subject_id,
            part=submission.part,
            status__in=QUEUED,
        )
        .first()
    )
    if waiting is not None:
        submissions.move(submission, Status.CANCELLED, actor, reason="superseded")
        target = waiting
    else:
        target = submissions.move(
            submission, Status.WAITING, actor, attempts=0, faults=0, rejections=[], next_attempt_at=clock.now()
        )
        target.place, target.bulk = submissions.end_of_the_line(), jobs.in_job()
    target.seen_version = present
    _take_person(target, actor)
    target.save()
    if submissions.hold_or_release(target, Context(), link.record, link):
        wake.look_after_commit(submissions.SEND)
    _evaluate(link)
    return target


@transaction.atomic
def cancel(actor: Actor, submission_id: int, reason: str = "") -> Submission:
    """Gives up what has not been sent. The difference stays visible: it shows as a discrepancy or goes with the next change."""
    submission, link, _copy = _lock(submission_id)
    if submission.status not in (*QUEUED, *STUCK):
        raise NotPossible(_("It is on its way or has ended, so it can no longer be cancelled."))
    submissions.move(submission, Status.CANCELLED, actor, reason="by_person", detail=reason)
    _back_to_difference(link, submission.part)
    _evaluate(link)
    return submission


def _back_to_difference(link: Link, part: str) -> None:
    """Without the submission, what was ours to send is no longer on its way: it waits for a decision as never agreed."""
    verdict = submissions.verdict_of(link.record, link, submissions.copy_of(link))
    if verdict is None or not verdict.to_send:
        return
    given_up = entities.by_kind(link.entity).fields_of(part).intersection(verdict.to_send)
    link.agreed = {name: value for name, value in (link.agreed or {}).items() if name not in given_up}
    link.kept = {name: value for name, value in link.kept.items() if part and name not in given_up}
    link.agreed_digest = ""
    link.save(update_fields=["agreed", "kept", "agreed_digest"])


@transaction.atomic
def take_pasi(actor: Actor, submission_id: int, reason: str = "", seen_version: int | None = None) -> Submission:
    """Ends the submission by taking over every value that PASI holds, of a record that is sent in parts those of its part."""
    submission, link, copy = _lock(submission_id)
    if submission.status not in (*QUEUED, *STUCK):
        raise NotPossible(_("It is on its way or has ended."))
    _check_seen(copy, seen_version)
    if copy is None:
        raise NotPossible(_("PASI does not have this record, so there are no values to take."))
    submissions.move(submission, Status.CANCELLED, actor, reason="took_pasi", detail=reason)
    take_values(actor, link, copy, reason, submission.part)
    return submission


def take_values(actor: Actor, link: Link, copy: Any, reason: str = "", part: str = "") -> None:
    """The SIS record takes over every value that PASI holds. The caller holds the rows. Raises NotPossible for another's record.

    `part`: of a record that is sent in parts, the one whose values are taken.
    """
    record, entity = link.record, entities.by_kind(link.entity)
    assert entity.sis is not None
    if values.identity(record, copy):
        raise NotPossible(
            _("PASI has moved this record to another student, school or school year. Decide on that change first.")
        )
    mine = entity.fields_of(part)
    theirs = {name: value for name, value in values.theirs(copy).items() if name in mine}
    before = values.ours(record, link)
    differing = {name: value for name, value in theirs.items() if value != before[name]}
    if differing:
        entity.sis.change(actor, record.pk, differing, origin=Origin.PASI, reason=reason or _("Took PASI's values"))
    link.agreed, link.agreed_at = {**(link.agreed or {}), **values.plain(theirs)}, clock.now()
    link.kept = {name: value for name, value in link.kept.items() if part and name not in mine}
    link.save(update_fields=["agreed", "agreed_at", "kept"])
    _evaluate(link, "accept")


@transaction.atomic
def agree_spelling(actor: Actor, record: Any, spellings: dict[str, str]) -> None:
    """A person agrees how text outside Latin-1 is sent; the SIS record keeps its own. {field: text to send}.

    Raises ValidationError {field: [sentence]} for a spelling that PASI cannot store either.
    """
    record = entities.of(record).records.get(pk=record.pk)
    link = Link.objects.select_for_update().get(pk=submissions.link_of(record).pk)
    wrong = {
        name: [_("PASI cannot store this either. Use Latin letters.")]
        for name, text in spellings.items()
        if not text or not latin1.fits(text)
    }
    if wrong:
        raise ValidationError(wrong)
    for name, text in spellings.items():
        link.written = {**link.written, name: {**link.written.get(name, {}), getattr(record, name): text}}
    link.save(update_fields=["written"])
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.SPELLING_AGREED,
            link.entity,
            str(record.pk),
            subject_of(record).school_code,
            {name: [getattr(record, name), text] for name, text in spellings.items()},
        ),
    )
    submissions.release_held(entity=link.entity, subject_id=record.pk)
