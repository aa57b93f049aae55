"""Parts of the product that give a sign of life every few seconds, and what it means when they stop."""

from dataclasses import dataclass

SILENT_SECONDS = 60.0


@dataclass(frozen=True)
class Part:
    """`everybody`: its silence stands on every page; that of the others is for those who run the product."""

    name: str
    everybody: bool = False


PARTS = (Part("tick", everybody=True), Part("listener", everybody=True), Part("worker"), Part("jobs"), Part("broker"))
BY_NAME = {part.name: part for part in PARTS}


def is_silent(age: float | None) -> bool:
    """`age`: seconds since the last sign of life; None when the part has never run. One from the future is none: a clock was set."""
    return age is not None and abs(age) >= SILENT_SECONDS
