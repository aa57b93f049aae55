"""Records of school years that are not synchronized: PASI announces no changes, so a person reads PASI first.

No record is overwritten unseen: each step reads PASI again and continues only while PASI's version is
the one that the person saw. Source: Managing School Enrolment Information (historical enrolments).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, wake
from operations.actor import Actor
from operations.previews import taken_back
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Link, Submission
from pasi_connect.models.submission import FLYING, QUEUED, STUCK, Status
from pasi_connect.rules.availability import NO_ACCESS, TELLS
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import copies, reading
from pasi_connect.services.queue import collecting, reviews, submissions
from pasi_connect.services.queue.claiming import may_call
from pasi_connect.soap.gateway import Purpose
from sis.models.event import Origin
from sis.services import events

READ_SECONDS = 20.0  # a person is waiting at the page
Result = TypeVar("Result")


class NotRead(Exception):
    """PASI gave no answer that tells what it holds; the message says so. Nothing was changed."""


class NotPossible(Exception):
    """It cannot be done with this record, or not now; the message says why."""


@dataclass(frozen=True)
class Picture:
    """What PASI holds now. `version` is 0 where it has no such record, or shows us none (`hidden`)."""

    version: int
    hidden: bool = False


@dataclass(frozen=True)
class Pair:
    """A compared field on both sides, as in JSON. `theirs` is None, too, where PASI has no such record."""

    name: str
    ours: Any
    theirs: Any
    differs: bool


@dataclass(frozen=True)
class Comparison:
    """Both sides after a look at PASI. `why_not`: why ours cannot go to PASI now; empty where it can."""

    record_id: int
    picture: Picture
    in_pasi: bool
    pairs: list[Pair]
    why_not: str
    queued_id: int | None


class Moved(NotPossible):
    """PASI's record is another one than the person saw. The local copy has the new picture, and so has `now`."""

    def __init__(self, now: Comparison) -> None:
        super().__init__(_("PASI's record has changed since you saw it. Check the new values, then decide."))
        self.now = now


@dataclass(frozen=True)
class _LiveRecord:
    """PASI's answer: its record, where it has one and shows it."""

    record: copies.Received | None = None
    hidden: bool = False


def live_read(actor: Actor, record: Any) -> Picture:
    """Asks PASI for its record of a SIS record now, on behalf of the person, and stores it as the local copy.

    A submission of the record that has become needless, because both sides are equal, is ended. Call it outside of every
    transaction. Raises NotPossible where the year is synchronized, NotRead where PASI does not answer.
    """
    _check_historical(record)
    link = submissions.link_of(record)
    return _store(link, _ask(actor, record, link))


def compare(actor: Actor, record: Any) -> Comparison:
    """As `live_read`; gives both sides as they stand then, and whether ours can go to PASI."""
    picture = live_read(actor, record)
    return _comparison(submissions.link_of(record), picture)


def _check_historical(record: Any) -> None:
    if not Context().is_historical(entities.of(record).year_of(record)):
        raise NotPossible(
            _("This school year is synchronized or in the future: PASI sends every change automatically.")
        )


def _check_taken(record: Any) -> None:
    if Context().year_closed(entities.of(record).year_of(record)):
        raise NotPossible(_("PASI no longer accepts enrolments of this school year."))


def _ask(actor: Actor, record: Any, link: Link | None) -> _LiveRecord:
    """PASI's answer; nothing of it is stored. A record without a key is not in PASI."""
    if not may_call():
        raise NotRead(_("PASI is unavailable or refusing our connection. Read the record when PASI answers again."))
    if link is None:
        return _LiveRecord()
    held = submissions.copy_of(link)
    # A node that lags behind what we know must not answer with its older record.
    least = max(held.core_version if held else 0, link.accepted_version)
    school = record.school
    purpose = Purpose(actor, school.organization_code, link.key, school.code)
    reply = reading.ask(entities.of(record), [(link.key, least)], purpose, READ_SECONDS)
    if not reply.items or reply.items[0].status not in TELLS:
        raise NotRead(_("PASI did not send its record. Try again in a minute."))
    item = reply.items[0]
    return _LiveRecord(item.record, hidden=item.status == NO_ACCESS)


def _store(link: Link, live: _LiveRecord) -> Picture:
    entity = entities.by_kind(link.entity)
    with transaction.atomic():
        locks.records(entity, [link.key])
        if live.record is None:
            # For these years no full set ever arrives to show that the record is gone: only this answer does.
            entity.live_copies([link.key]).update(vanished_at=clock.now())
        else:
            copies.store(entity.copy, [live.record])
        copy = submissions.copy_of(link)
        comparing.evaluate(entity, keys=[link.key])
    picture = Picture(copy.core_version if copy else 0, live.hidden)
    _end_needless(link, picture)
    return picture


@dataclass(frozen=True)
class _Rows:
    """The rows of the record, locked in the order copy, link, submission. `queued` is the one that would go out."""

    record: Any
    link: Link
    copy: Any
    queued: Submission | None
    stuck: list[Submission]
    flying: bool

    @property
    def entity(self) -> Entity:
        return entities.by_kind(self.link.entity)

    @property
    def version(self) -> int:
        return self.copy.core_version if self.copy else 0

    @property
    def is_anothers(self) -> bool:
        """PASI's record is of another student, school or year by now."""
        return self.copy is not None and bool(values.identity(self.record, self.copy))

    @property
    def differing(self) -> list[str]:
        """Names of the compared fields in which the two sides differ; all of them where PASI has no such record."""
        if self.copy is None:
            return list(self.entity.compared)
        ours, theirs = values.ours(self.record, self.link), values.theirs(self.copy)
        if ours.get("deleted") and theirs.get("deleted"):
            return []
        return [name for name, value in theirs.items() if value != ours[name]]

    def pairs(self) -> list[Pair]:
        ours = values.plain(values.ours(self.record, self.link))
        theirs = values.plain(values.theirs(self.copy)) if self.copy else {}
        differing = set(self.differing)
        return [Pair(name, value, theirs.get(name), name in differing) for name, value in ours.items()]

    def check_free(self) -> None:
        if self.flying:
            raise NotPossible(_("A submission of this record is on its way to PASI. Wait for its outcome."))

    def check_to_send(self) -> None:
        """Raises NotPossible where ours cannot go to PASI as both sides stand."""
        self.check_free()
        if self.is_anothers:
            raise NotPossible(
                _("PASI has moved this record to another student, school or school year. Correct it in PASIprep first.")
            )
        if not self.differing:
            raise NotPossible(_("Both sides match; there is nothing to send."))
        if self.copy is None and self.entity.is_deleted(self.record):
            raise NotPossible(_("The record is deleted here and PASI does not have it; there is nothing to send."))


def _lock(link_id: int) -> _Rows:
    kind, key = Link.objects.values_list("entity", "key").get(pk=link_id)
    copy, link = locks.sides(entities.by_kind(kind), key)
    assert link is not None
    copy = None if copy is not None and copy.vanished_at else copy
    rows = list(
        Submission.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(entity=kind, key=key, status__in=(*QUEUED, *FLYING, *STUCK))
        .order_by("id")
    )
    flying = any(row.status in FLYING for row in rows)
    queued = next((row for row in rows if row.status in QUEUED), None)
    return _Rows(link.record, link, copy, queued, [row for row in rows if row.status in STUCK], flying)


@transaction.atomic
def _comparison(link: Link, picture: Picture) -> Comparison:
    rows = _lock(link.pk)
    try:
        _check_taken(rows.record)
        rows.check_to_send()
        why_not = ""
    except NotPossible as error:
        why_not = str(error)
    now = Picture(rows.version, picture.hidden and rows.copy is None)
    queued_id = rows.queued.pk if rows.queued else None
    return Comparison(rows.record.pk, now, rows.copy is not None, rows.pairs(), why_not, queued_id)


@transaction.atomic
def _end_needless(link: Link, picture: Picture) -> None:
    """Both sides are equal: whoever wrote it, PASI holds it already."""
    rows = _lock(link.pk)
    if rows.flying or rows.copy is None or rows.version != picture.version or rows.differing or rows.is_anothers:
        return
    _agree_on_equal(rows)
    if rows.queued is not None:
        submissions.move(rows.queued, Status.NO_CHANGE, core_version=rows.version)
        submissions.supersede_stuck(rows.queued)


def _agree_on_equal(rows: _Rows) -> None:
    """Where both sides are equal, that is agreed; where they differ, ours is to replace what the person saw."""
    assert rows.copy is not None
    theirs, differing = values.plain(values.theirs(rows.copy)), set(rows.differing)
    rows.link.agreed = {
        **(rows.link.agreed or {}),
        **{name: value for name, value in theirs.items() if name not in differing},
    }
    rows.link.agreed_at = clock.now()
    rows.link.kept = {name: theirs[name] for name in differing}
    rows.link.save(update_fields=["agreed", "agreed_at", "kept"])


def confirm(actor: Actor, record: Any, seen_version: int) -> Submission:
    """The person has seen PASI's record at `seen_version` (0: PASI has none) beside ours: ours goes to PASI.

    Reads PASI once more and gives the submission, which goes out while PASI's record stays that one. Call it outside of
    every transaction. Raises Moved where PASI holds another version by now, NotPossible where nothing can be sent, NotRead.
    """
    _check_taken(record)
    _check_historical(record)
    link = submissions.link_of(record)
    return _confirm(actor, link, _ask(actor, record, link), seen_version)


def preview(actor: Actor, record: Any, seen_version: int, answer: Callable[[Submission], Result]) -> Result:
    """PASI's record is read, nothing is kept: what `answer` gives while everything stands as `confirm` would leave it.

    Raises as `confirm` does.
    """
    _check_taken(record)
    _check_historical(record)
    live = _ask(actor, record, Link.objects.of(entities.of(record).kind, [record.pk]).first())
    with taken_back():
        return answer(_confirm(actor, submissions.link_of(record), live, seen_version))


def _confirm(actor: Actor, link: Link, live: _LiveRecord, seen_version: int) -> Submission:
    picture = _store(link, live)
    _check_seen(link, picture, picture.version, seen_version)
    with transaction.atomic():
        rows = _lock(link.pk)
        _check_seen(link, picture, rows.version, seen_version)
        rows.check_to_send()
        if rows.copy is not None:
            _agree_on_equal(rows)
        if rows.queued is None:
            events.leave(actor, rows.record, rows.differing, Origin.SIS, seen_version)
        collecting.collect(rows.link.entity, rows.record.pk)
        queued = _lock(rows.link.pk).queued
        assert queued is not None
        queued.live_version = queued.seen_version = seen_version
        queued.user_id = actor.user_id
        queued.actor_name, queued.actor_local_id, queued.actor_ip = actor.name, actor.local_id, actor.ip
        queued.save()
        queued = Submission.objects.select_related("user").get(pk=queued.pk)
        _tell(actor, audit.Verb.PASI_READ_REPLACED, rows)
        if submissions.hold_or_release(queued, Context(), rows.record, Link.objects.get(pk=rows.link.pk)):
            wake.look_after_commit(submissions.SEND)
        return queued


def take(actor: Actor, record: Any, seen_version: int, reason: str = "") -> None:
    """The SIS record takes every value of PASI's record at `seen_version`. Nothing is sent; what was queued is ended.

    Raises as `confirm` does.
    """
    picture = live_read(actor, record)
    link = submissions.link_of(record)
    _check_seen(link, picture, picture.version, seen_version)
    with transaction.atomic():
        rows = _lock(link.pk)
        _check_seen(link, picture, rows.version, seen_version)
        rows.check_free()
        if rows.copy is None:
            raise NotPossible(_("PASI does not have this record, so there are no values to take."))
        for row in (*rows.stuck, *([rows.queued] if rows.queued else [])):
            submissions.move(row, Status.CANCELLED, actor, reason="took_pasi", detail=reason)
        try:
            reviews.take_values(actor, rows.link, rows.copy, reason)
        except reviews.NotPossible as error:
            raise NotPossible(str(error)) from None
        except ValidationError as error:
            raise NotPossible(" ".join(error.messages)) from error
        _tell(actor, audit.Verb.PASI_READ_TAKEN, rows)


def _check_seen(link: Link, picture: Picture, version: int, seen_version: int) -> None:
    if version != seen_version:
        raise Moved(_comparison(link, picture))


def _tell(actor: Actor, action: audit.Verb, rows: _Rows) -> None:
    changes = {"core_version": [None, rows.version]}
    record = rows.record
    entry = audit.Entry(action, rows.link.entity, str(record.pk), rows.entity.school_code(record), changes)
    audit.record(actor, entry)
