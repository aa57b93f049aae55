"""Who has read what: which addresses show students, and the entries written once their answers have gone out.

An entry is never written in the transaction of the request, costs it one statement at most, and never fails it. One thread of a
process writes; the others leave their entries with it and go, so that a database that is locked or away keeps nobody.
"""

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from operations import answers, clock, faults, logs
from operations.actor import of_request
from operations.models import ReadEntry
from operations.rules import outage

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
MOST_REMEMBERED = 50_000
BATCH = 200
AGAIN_SECONDS = 5.0  # between two tries while nothing can be written
LONGEST_FILTER = 500
NOT_A_FILTER = ("after", "before", "csrfmiddlewaretoken", "mine", "page")
# What a refusal of the content shows is the record all the same: 409 and 412 carry the new picture, 422 the form.
SHOWS = (409, 412, 422)

# Gives the number of the student, or an expression that finds it, from what stands in the address.
StudentOf = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Reads:
    """What an address shows. `student`: of whom, where it is one; else a list. `posted`: the fields of a form that are its filter."""

    label: Any
    kind: str = ReadEntry.Kind.LISTED
    student: StudentOf | None = None
    posted: tuple[str, ...] = ()


# Name of an address -> what it shows of students; None where that is nothing. The whole table: config/reads.py.
TABLE: dict[str, Reads | None] = {}


@dataclass(frozen=True)
class Entry:
    """One reading, before the database has found the student. Equal ones of one hour are one.

    `filter` also of one student's record, in case that the student turns out not to be here.
    """

    hour: Any
    user_id: int
    program: str
    place: str
    filter: str
    address: tuple[tuple[str, Any], ...]

    def row(self, at: Any, ip: str) -> ReadEntry:
        reads = TABLE[self.place]
        assert reads is not None
        return ReadEntry(
            at=at,
            hour=self.hour,
            user_id=self.user_id,
            program=self.program,
            ip=ip[:50],
            kind=reads.kind,
            place=self.place,
            filter=self.filter,
            filter_digest=hashlib.blake2b(self.filter.encode("utf-8", "replace"), digest_size=16).hexdigest(),
            student_id=reads.student(dict(self.address)) if reads.student else None,
        )


class Recorder:
    """The entries of one process that wait to be written, and those of this hour that have been."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Entry, Any, str]] = deque()
        self.hour: Any = None
        self.written: set[Entry] = set()
        self.writing = threading.Lock()
        self.again_at = 0.0
        self.dropped = 0

    def note(self, entry: Entry, at: Any, ip: str) -> None:
        if entry in self.written:
            return
        if len(self.waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self.waiting.append((entry, at, ip))

    def write(self) -> None:
        """Everything that waits, unless another thread is at it. Raises nothing."""
        while self.waiting and time.monotonic() >= self.again_at:
            if not self.writing.acquire(blocking=False):
                return  # whoever holds it looks again after letting go
            try:
                self._write_batch()
            finally:
                self.writing.release()

    def _write_batch(self) -> None:
        batch = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
        try:
            _insert(batch)
        except Exception as error:  # noqa: BLE001 - a reading that was answered is never undone
            if outage.kind_of(error) or not faults.ours(error):
                self._keep(batch, error)
                return
            faults.each(batch, _insert, _lost)
        if self.dropped:
            log.error("%s access entries were lost while nothing could be written.", self.dropped)
            self.dropped = 0
        hour = batch[-1][0].hour
        if hour != self.hour or len(self.written) > MOST_REMEMBERED:
            self.hour, self.written = hour, set()
        self.written.update(entry for entry, _at, _ip in batch if entry.hour == hour)

    def _keep(self, batch: list[tuple[Entry, Any, str]], error: Exception) -> None:
        self.waiting.extendleft(reversed(batch))
        self.again_at = time.monotonic() + AGAIN_SECONDS
        log.warning("Access entries cannot be written (%s): %s wait.", logs.class_of(error), len(self.waiting))


def _insert(batch: Any) -> None:
    ReadEntry.objects.bulk_create([entry.row(at, ip) for entry, at, ip in batch], ignore_conflicts=True)


def _lost(one: tuple[Entry, Any, str], error: Exception) -> None:
    log.error("An access entry was lost: %s.", faults.place(error))


RECORDER = Recorder()


class ReadingMiddleware:
    """Leaves an entry for what the answer shows, once it has gone out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or response.status_code in SHOWS:
            note(request)
        if RECORDER.waiting:
            answers.when_sent(response, RECORDER.write)
        return response


def note(request: HttpRequest) -> None:
    match, user = request.resolver_match, getattr(request, "user", None)
    reads = TABLE.get(match.view_name) if match else None
    if match is None or reads is None or user is None or not user.is_authenticated:
        return
    if reads.posted and request.method != "POST":
        return  # the empty form
    now = clock.now()
    program = str(getattr(getattr(request, "auth", None), "name", ""))
    entry = Entry(
        now.replace(minute=0, second=0, microsecond=0),
        user.pk,
        program,
        match.view_name,
        filter_text(request, match.kwargs, reads.posted),
        tuple(sorted(match.kwargs.items())) if reads.student else (),
    )
    RECORDER.note(entry, now, of_request(request).ip)


def filter_text(request: HttpRequest, address: Mapping[str, Any], posted: tuple[str, ...] = ()) -> str:
    """ "grade=09, school=2001": what stands in the address and in the form, without blanks and the marks of pages."""
    return ", ".join(sorted({f"{name}={value}" for name, value in _pairs(request, address, posted)}))[
        :LONGEST_FILTER
    ].replace("\0", "")


def _pairs(request: HttpRequest, address: Mapping[str, Any], posted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from ((name, str(value)) for name, value in address.items())
    rows = list(request.GET.lists())
    if posted and request.method == "POST":
        rows += [(name, request.POST.getlist(name)) for name in posted]
    for name, values in rows:
        if name not in NOT_A_FILTER:
            texts = (" ".join(str(value).split()) for value in values)
            yield from ((name, text) for text in texts if text)
