"""Which changes are alike: of one kind, by one person, with the same fields from the same values to the same values.

A hundred alike changes are one thing to look at; the exceptions among them must not get lost.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pasi_connect.rules import compare

FROM = 5  # so many alike changes are shown as one
# Their fields are a whole record, each different: the kind and the person alone make them alike.
WHOLE = (compare.CREATED_IN_PASI, compare.DELETED_IN_PASI, compare.RESTORED_IN_PASI, compare.MISSING_IN_PASI)


def likeness(kind: str, changed_by: str, fields: Iterable[Mapping[str, Any]]) -> str:
    """16 hexadecimal digits, the same for changes that are alike. `fields`: {name, sis, pasi, …}, values as in JSON."""
    values = [] if kind in WHOLE else sorted([row["name"], row.get("sis"), row.get("pasi")] for row in fields)
    text = json.dumps([kind, changed_by, values], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
