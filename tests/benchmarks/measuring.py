"""Medians of interleaved rounds, and the row that each measured demand becomes."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """`ratio` is value ÷ floor, or floor ÷ value where the demand says how many times faster. `holds` is None for a mere report."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    demand: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, floor: float, unit: str, times: float, of: str) -> Figure:
    """The demand: `value` takes at most `times` the floor."""
    ratio = value / floor
    return Figure(name, value, unit, floor, ratio, f"≤ {times:g}× {of}", ratio <= times)


def at_least(name: str, value: float, floor: float, unit: str, times: float, of: str) -> Figure:
    """The demand: `value` seconds are at least `times` fewer than those of the plain way."""
    ratio = floor / value
    return Figure(name, value, unit, floor, ratio, f"≥ {times:g}× {of}", ratio >= times)


def within(name: str, value: float, unit: str, most: float) -> Figure:
    """The demand: `value` is at most `most`."""
    return Figure(name, value, unit, demand=f"≤ {most:g} {unit}", holds=value <= most)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(
    *works: Callable[[], object], rounds: int = ROUNDS, before: Callable[[], object] = lambda: None
) -> list[float]:
    """The median seconds of each work; one round runs each of them once, so that a slow minute meets all alike.

    `before` runs before each work and is not timed.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            before()
            times.append(seconds(work))
    return [statistics.median(times) for times in taken]
