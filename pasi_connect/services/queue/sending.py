"""Senders: take up what changed here, claim a submission, send it, record what came back; the call outside of every transaction.

A sender that dies leaves rows with a dead lease: unknown outcomes, which are read back before anything is sent again.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from operations import wake
from pasi_connect.models import Submission
from pasi_connect.rules import faults
from pasi_connect.services.compare import failures
from pasi_connect.services.queue import collecting, lease, outcomes, submissions
from pasi_connect.services.queue.claiming import Flight, claim, due, may_call, orphans, take_over
from pasi_connect.soap import answers, gateway
from pasi_connect.soap.gateway import CallResult, Line

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
    """One submission, one step further. False when another sender has it, or it may not go now."""
    claimed = claim(pk)
    if claimed is None:
        return _look_after(pk)
    submission, flight = claimed
    if flight is not None:
        with lease.Keeper(submission):
            _finish(flight, _call(flight))
    return True


def _look_after(pk: int) -> bool:
    """Finds out what became of a submission whose sender died. False when it is in living hands or not on its way."""
    dead = take_over(pk)
    if dead is not None:
        _read_back(dead)
    return dead is not None


def _finish(flight: Flight, told: CallResult) -> None:
    try:
        outcomes.record(flight, told)
    except Exception as error:  # noqa: BLE001 - counted, or raised on
        failures.of_submission(flight.submission, error, submissions.move)
        return
    if told.answer.outcome in (faults.UNKNOWN, faults.VERSION_CONFLICT):
        _read_back(flight.submission, conflict=told.answer.outcome == faults.VERSION_CONFLICT)


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
    """A claimed submission, its lease kept. `answer` is None when the call before it ended so that this one was not made."""

    flight: Flight
    keeper: lease.Keeper
    answer: "Future[CallResult | None]"


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
            submission, flight = claimed
            if flight is not None:
                keeper = lease.Keeper(submission)
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
            told = flying.answer.result()
            assert told is not None  # who follows a call that did not end as usual is given back below
            self.usual_seconds = told.milliseconds / 1000
            if told.answer.outcome not in SETTLED and following is not None:
                self._give_back(following)
                following = None
            _finish(flying.flight, told)
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


def _exchange(flight: Flight, over: Line, before: "Future[CallResult | None] | None") -> CallResult | None:
    """The call, unless the one before it did not end as usual."""
    if before is not None:
        told = before.result()
        if told is None or told.answer.outcome not in SETTLED:
            return None
    return _call(flight, over)


def _call(flight: Flight, over: Line | None = None) -> CallResult:
    told = gateway.exchange(flight.message, over)
    return replace(told, answer=answers.of_one(told.answer))
