"""Senders: collect what changed here, claim a submission, send it, record the answer. No transaction during a call.

A sender that dies leaves rows with a dead lease: unknown outcomes, which are read back before anything is sent again.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial

from operations import wake
from pasi_connect.models import Submission
from pasi_connect.rules import faults
from pasi_connect.services.compare import failures
from pasi_connect.services.queue import collecting, lease, outcomes, submissions
from pasi_connect.services.queue.claiming import Flight, claim, due, may_call, orphans, take_over
from pasi_connect.soap import answers, gateway
from pasi_connect.soap.gateway import Answer, CallResult, Line

__all__ = ["attempt", "drain", "due", "may_call", "orphans"]

DRAIN_SECONDS = 20.0
LOOK_SECONDS = 0.25  # between two looks for changes: a person's goes before a bulk that is being sent
# After these nothing more is asked of PASI about the submission, and PASI is there: the next call may follow at once.
SETTLED = (faults.ACCEPTED, faults.NO_CHANGE, faults.REJECTED)
AHEAD_SECONDS = 0.1  # before an answer is expected, the next submission is made ready
PATIENCE_SECONDS = (
    0.5  # what is ready and cannot begin by then goes back to the queue, where another sender may take it
)


def attempt(pk: int) -> bool:
    """Takes one submission one step further. False when another sender has it, or it may not go now."""
    claimed = claim(pk)
    if claimed is None:
        return _look_after(pk)
    _submission, flight = claimed
    if flight is not None:
        with lease.Keeper(*flight.submissions):
            _finish(flight, _call(flight))
    return True


def _look_after(pk: int) -> bool:
    """Finds out what became of a submission whose sender died. False when its sender lives or it is not on its way."""
    dead = take_over(pk)
    if dead is not None:
        _read_back(dead)
    return dead is not None


@dataclass(frozen=True)
class _Result:
    """What came of a call: as the log tells it, and of each record in the order of the flight's legs."""

    call: CallResult
    each: tuple[Answer, ...]

    @property
    def is_settled(self) -> bool:
        """Nothing more is asked of PASI about any of them, and PASI is there."""
        return all(answer.outcome in SETTLED for answer in self.each)


def _finish(flight: Flight, came: _Result) -> None:
    if len(flight.legs) == 1:
        _step(flight.legs[0].submission, lambda: outcomes.record(flight, came.call), came.each[0])
        return
    for leg, answer in zip(flight.legs, came.each, strict=True):
        _written(leg.submission, partial(outcomes.record_one, flight, leg, answer))
    outcomes.record_call(flight, came.call)
    # After that: what is asked of PASI takes as long as PASI likes.
    for leg, answer in zip(flight.legs, came.each, strict=True):
        if not outcomes.is_of_the_call(answer):
            _ask_about(leg.submission, answer)


def _step(submission: Submission, write: Callable[[], None], answer: Answer) -> None:
    if _written(submission, write):
        _ask_about(submission, answer)


def _written(submission: Submission, write: Callable[[], None]) -> bool:
    try:
        write()
    except Exception as error:  # noqa: BLE001 - counted, or raised on
        failures.of_submission(submission, error, submissions.move)
        return False
    return True


def _ask_about(submission: Submission, answer: Answer) -> None:
    if answer.outcome in (faults.UNKNOWN, faults.VERSION_CONFLICT):
        _read_back(submission, conflict=answer.outcome == faults.VERSION_CONFLICT)


def _read_back(submission: Submission, conflict: bool = False) -> None:
    try:
        outcomes.read_back(submission, conflict)
    except Exception as error:  # noqa: BLE001 - counted, or raised on
        failures.of_submission(submission, error, submissions.move)


def drain(first: int | None = None) -> None:
    """Works for up to DRAIN_SECONDS: the submission `first` if it may go, then whatever is due; wakes a successor if more is.

    What changes here meanwhile is taken up on the way.
    """
    until = time.monotonic() + DRAIN_SECONDS
    with ThreadPoolExecutor(1, "wire") as wire:
        sender = _Sender(wire, until)
        flying = sender.begin(first)
        if flying is None and first is not None:
            _look_after(first)
            flying = sender.begin()
        while flying is not None:
            flying = sender.follow(flying)
    if time.monotonic() >= until and (sender.left or (may_call() and due().exists())):
        wake.look(submissions.SEND)


@dataclass(frozen=True)
class _Called:
    """What was claimed, its lease kept. `answer` is None when the call before it ended so that this one was not made."""

    flight: Flight
    keeper: lease.Keeper
    answer: "Future[_Result | None]"


class _Sender:
    """One call at a time, made by the wire's thread over the line of this one, which does all that is to be done in the database.

    While PASI thinks about one submission, the outcome of the one before is written and the next one is made ready: claimed
    shortly before the answer is expected, and given back if that does not come. Its call begins with the answer, if PASI
    answered as usual; else it is not made.
    """

    def __init__(self, wire: ThreadPoolExecutor, until: float) -> None:
        self.wire, self.until = wire, until
        self.line = gateway.line()
        self.usual_seconds: float | None = None  # that the last answer took
        self.left = False  # changes that nobody had taken up at the last look
        self.looks_at = 0.0

    def _look(self, now: bool = False) -> None:
        if now or time.monotonic() >= self.looks_at:
            self.left = collecting.take_up()
            self.looks_at = time.monotonic() + LOOK_SECONDS

    def begin(self, pk: int | None = None, after: _Called | None = None) -> _Called | None:
        """Claims `pk`, or the first that is due, and puts it on the wire, behind `after`. None when there is none to be had."""
        self._look()
        while (claimed := claim(pk)) is not None or self.left:
            if claimed is None:
                if time.monotonic() >= self.until:
                    return None
                self._look(now=True)
                continue
            _submission, flight = claimed
            if flight is not None:
                keeper = lease.Keeper(*flight.submissions)
                keeper.begin()
                before = None if after is None else after.answer
                answer = self.wire.submit(_exchange, flight, self.line, before)
                return _Called(flight, keeper, answer)
            pk = None
        return None

    def follow(self, flying: _Called) -> _Called | None:
        """Waits for the answer and sees to it. Gives the submission that is on its way after it."""
        following = None
        try:
            following = self._ahead(flying)
            came = flying.answer.result()
            assert came is not None  # who follows a call that did not end as usual is given back below
            self.usual_seconds = came.call.milliseconds / 1000
            if not came.is_settled and following is not None:
                self._give_back(following)
                following = None
            _finish(flying.flight, came)
        except BaseException:
            if following is not None:
                following.keeper.end()  # its outcome will not be written: it is left to be taken over
            raise
        finally:
            flying.keeper.end()
        if following is None and time.monotonic() < self.until:
            following = self.begin()
        return following

    def _ahead(self, flying: _Called) -> _Called | None:
        if self.usual_seconds is None:
            return None
        wait([flying.answer], max(0.0, self.usual_seconds - AHEAD_SECONDS))
        if time.monotonic() >= self.until:
            return None
        following = self.begin(after=flying)
        if following is not None:
            wait([flying.answer], PATIENCE_SECONDS)
            if not flying.answer.done() and following.answer.cancel():
                self._give_back(following)
                wake.look(submissions.SEND)
                return None
        return following

    @staticmethod
    def _give_back(following: _Called) -> None:
        following.keeper.end()
        outcomes.give_back(following.flight)


def _exchange(flight: Flight, over: Line, before: "Future[_Result | None] | None") -> _Result | None:
    """The call, unless the one before it did not end as usual."""
    if before is not None:
        came = before.result()
        if came is None or not came.is_settled:
            return None
    return _call(flight, over)


def _call(flight: Flight, over: Line | None = None) -> _Result:
    result = gateway.exchange(flight.message, over)
    each = answers.of_each(result.answer, [one.key for one in flight.submissions])
    return _Result(replace(result, answer=answers.of_all(result.answer, each)), tuple(each))
