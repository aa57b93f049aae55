"""Senders: claim a submission, send it, record what came back. The call is outside of every transaction.

A sender that dies leaves rows with a dead lease: unknown outcomes, which are read back before anything is sent again.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from operations import wake
from pasi_connect.rules import faults
from pasi_connect.services import lease, outcomes, submissions
from pasi_connect.services.claiming import Flight, claim, dead_leases, due, may_call, take_over
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Told

__all__ = ["attempt", "dead_leases", "drain", "due", "may_call"]

DRAIN_SECONDS = 20.0
# After these nothing more is asked of PASI about the submission: its outcome may be written while the next one is on its way.
SETTLED = (faults.ACCEPTED, faults.NO_CHANGE, faults.REJECTED)


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
    """Works for up to DRAIN_SECONDS: the submission `first` if it may go, then whatever is due; wakes a successor if more is.

    One call at a time. While PASI thinks about one submission, the outcome of the one before is written. None is claimed before
    its call can begin: a slow answer keeps no other submission waiting.
    """
    until = time.monotonic() + DRAIN_SECONDS
    with ThreadPoolExecutor(1, "wire") as wire:
        flying = _begin(wire, first)
        if flying is None and first is not None:
            _look_after(first)
            flying = _begin(wire)
        while flying is not None:
            flying = _next(wire, flying, until)
    if time.monotonic() >= until and may_call() and due().exists():
        wake.now(submissions.SEND, 0)


@dataclass(frozen=True)
class _Called:
    """A submission whose call the wire's thread is making, its lease kept."""

    flight: Flight
    keeper: lease.Keeper
    answer: "Future[Told]"


def _begin(wire: ThreadPoolExecutor, pk: int | None = None) -> _Called | None:
    """Claims `pk`, or the first that is due, and puts it on the wire. None when there is none to be had."""
    while (claimed := claim(pk)) is not None:
        submission, flight = claimed
        if flight is not None:
            keeper = lease.Keeper(submission)
            keeper.begin()
            return _Called(flight, keeper, wire.submit(gateway.exchange, flight.message, gateway.line()))
        pk = None
    return None


def _next(wire: ThreadPoolExecutor, flying: _Called, until: float) -> _Called | None:
    """Waits for the answer and sees to it. Gives the one that is on its way after it."""
    following = None
    try:
        told = flying.answer.result()
        if told.answer.outcome in SETTLED and time.monotonic() < until:
            following = _begin(wire)
        _finish(flying.flight, told)
    except BaseException:
        if following is not None:
            following.keeper.end()  # its outcome will not be written: it is left to be taken over
        raise
    finally:
        flying.keeper.end()
    return following or (_begin(wire) if time.monotonic() < until else None)
