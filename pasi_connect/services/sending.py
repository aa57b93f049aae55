"""Senders: claim a submission, send it, record what came back. The call is outside of every transaction.

A sender that dies leaves rows with a dead lease: unknown outcomes, which are read back before anything is sent again.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from operations import wake
from pasi_connect.rules import faults
from pasi_connect.services import lease, outcomes, submissions
from pasi_connect.services.claiming import Flight, claim, dead_leases, due, may_call, take_over
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Line, Told

__all__ = ["attempt", "dead_leases", "drain", "due", "may_call"]

DRAIN_SECONDS = 20.0
# After these nothing more is asked of PASI about the submission, and PASI is there: the next call may follow at once.
SETTLED = (faults.ACCEPTED, faults.NO_CHANGE, faults.REJECTED)
AHEAD_SECONDS = 0.1  # before an answer is expected, the next submission is made ready
PATIENCE_SECONDS = 0.5  # what is ready and cannot begin by then goes back to the queue, where another sender may take it


def attempt(pk: int) -> bool:
    """One submission, one step further. False when another sender has it, or it may not go now."""
    claimed = claim(pk)
    if claimed is None:
        return _look_after(pk)
    submission, flight = claimed
    if flight is not None:
        with lease.Keeper(submission):
            _finish(flight, gateway.exchange(flight.message))
    return True


def _look_after(pk: int) -> bool:
    """Finds out what became of a submission whose sender died. False when it is in living hands or not on its way."""
    dead = take_over(pk)
    if dead is not None:
        outcomes.read_back(dead)
    return dead is not None


def _finish(flight: Flight, told: Told) -> None:
    outcomes.record(flight, told)
    if told.answer.outcome in (faults.UNKNOWN, faults.VERSION_CONFLICT):
        outcomes.read_back(flight.submission, conflict=told.answer.outcome == faults.VERSION_CONFLICT)


def drain(first: int | None = None) -> None:
    """Works for up to DRAIN_SECONDS: the submission `first` if it may go, then whatever is due; wakes a successor if more is."""
    until = time.monotonic() + DRAIN_SECONDS
    with ThreadPoolExecutor(1, "wire") as wire:
        sender = _Sender(wire, until)
        flying = sender.begin(first)
        if flying is None and first is not None:
            _look_after(first)
            flying = sender.begin()
        while flying is not None:
            flying = sender.follow(flying)
    if time.monotonic() >= until and may_call() and due().exists():
        wake.now(submissions.SEND, 0)


@dataclass(frozen=True)
class _Called:
    """A claimed submission, its lease kept. `answer` is None when the call before it ended so that this one was not made."""

    flight: Flight
    keeper: lease.Keeper
    answer: "Future[Told | None]"


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

    def begin(self, pk: int | None = None, after: _Called | None = None) -> _Called | None:
        """Claims `pk`, or the first that is due, and puts it on the wire, behind `after`. None when there is none to be had."""
        while (claimed := claim(pk)) is not None:
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
                wake.now(submissions.SEND, self._give_back(following))
                return None
        return following

    @staticmethod
    def _give_back(following: _Called) -> int:
        following.keeper.end()
        return outcomes.give_back(following.flight)


def _exchange(flight: Flight, over: Line, before: "Future[Told | None] | None") -> Told | None:
    """The call, unless the one before it did not end as usual."""
    if before is not None:
        told = before.result()
        if told is None or told.answer.outcome not in SETTLED:
            return None
    return gateway.exchange(flight.message, over)
