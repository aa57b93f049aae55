"""A person decides on a discrepancy, one or a set of them, and takes it back while nothing has moved on."""

from pasi_connect.services.decisions.deciding import WHOLE, Moved, accept, decide, enrolment_of, reject
from pasi_connect.services.decisions.undoing import (
    former,
    take_former,
    undo,
    undo_many,
    why_not_many,
    why_not_undo,
)

__all__ = [
    "WHOLE",
    "Moved",
    "accept",
    "decide",
    "enrolment_of",
    "former",
    "reject",
    "take_former",
    "undo",
    "undo_many",
    "why_not_many",
    "why_not_undo",
]
