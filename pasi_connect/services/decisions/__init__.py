"""A person decides on one discrepancy or many, and can undo the decision until a record changes again."""

from pasi_connect.services.decisions.deciding import WHOLE, accept, decide, enrolment_of, reject
from pasi_connect.services.decisions.former import former, former_many, take_former, take_former_many
from pasi_connect.services.decisions.identity import link_anew, obstacles
from pasi_connect.services.decisions.rows import Moved
from pasi_connect.services.decisions.undoing import (
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
    "former_many",
    "link_anew",
    "obstacles",
    "reject",
    "take_former",
    "take_former_many",
    "undo",
    "undo_many",
    "why_not_many",
    "why_not_undo",
]
