"""PASI's keys that a load brings along. The SIS keeps none: whoever links records says here how it takes one over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.actor import Actor


@dataclass(frozen=True)
class NotTaken:
    """`here`: the key by which the record goes already, or None."""

    delivered: str
    here: str | None


Adopter = Callable[[Actor, str, Sequence[tuple[Any, str]]], Mapping[int, NotTaken]]
_adopters: list[Adopter] = []


def adopts(adopter: Adopter) -> None:
    """From now on it gets the kind and the records with the keys that were delivered for them: called once, when the program starts. It gives by
    id what it did not take over."""
    _adopters.append(adopter)


def adopt(actor: Actor, kind: str, pairs: Sequence[tuple[Any, str]]) -> dict[int, NotTaken]:
    left: dict[int, NotTaken] = {}
    for adopter in _adopters:
        left |= adopter(actor, kind, pairs)
    return left
