"""How much a request may carry: forms and JSON little, files by their kind. A view that takes files names its kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

MB = 1024 * 1024
FORM_BYTES = 2 * MB  # a form or a JSON body, and what a form says beside its files


@dataclass(frozen=True)
class Kind:
    """`most`: bytes a file, by its ending in small letters; under "" those of every other ending, which else is not taken."""

    name: str
    files: int
    most: Mapping[str, int]

    @property
    def most_bytes(self) -> int:
        """Of a whole request."""
        return self.files * max(self.most.values()) + FORM_BYTES

    def most_of(self, name: str) -> int:
        """For a file of that name; 0 where its ending is not taken."""
        return self.most.get(PurePath(name).suffix.lower(), self.most.get("", 0))


# Exports of PASIprep: what they hold is found in them, so any ending will do.
EXPORTS = Kind("exports", files=2, most={"": 500 * MB})
# Records of another system, one a line: 150,000 students have some 60 MB.
LOADS = Kind("loads", files=1, most={"": 500 * MB})
