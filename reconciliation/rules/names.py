"""What a file's name says: `YYYY-NNNN-XX-BeforeDelete` or `-AfterUpload`. Any other name is allowed.

Source: Set Up Data Synchronization, "Using the Reconciliation Process"; direct-connect 19. YYYY is the year in which the
school year ends, NNNN the school's code, XX the kind of file.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

from reconciliation.rules.notes import Note
from sis.rules.school_year import SchoolYear

# Whoever copies or downloads a file again adds to its name: " (1)", " - Copy", "_final", "Copy of ".
FORM = re.compile(
    r"(?:copy of |copie de )?(\d{4})[-_ ](\d{4})[-_ ]([A-Z]{2})[-_ ](before[-_ ]?delete|after[-_ ]?upload)(?:[^A-Z0-9].*)?",
    re.ASCII | re.IGNORECASE,
)
SIDE = re.compile(r"before[-_ ]?delete|after[-_ ]?upload", re.IGNORECASE)
SCHOOL = re.compile(r"(?:S\.)?(\d{4})", re.ASCII)
SIDE_WORDS = {"beforedelete": "before", "afterupload": "after"}
SIDE_NAMES = {"before": "BeforeDelete", "after": "AfterUpload"}


@dataclass(frozen=True)
class Named:
    """What one name says; None is what it does not say. `side` is "before" or "after"."""

    school_year: str | None = None
    school: str | None = None
    type: str | None = None
    side: str | None = None


@dataclass(frozen=True)
class Belongs:
    """The school and the school year of a run, either of them open (None), and what the names contradict."""

    school: str | None
    school_year: str | None
    notes: tuple[Note, ...]
    is_swapped: bool = False


def named(file_name: str) -> Named:
    stem = PurePath(file_name).stem.strip()
    match = FORM.fullmatch(stem)
    if not match or len(SIDE.findall(stem)) > 1:
        return Named()
    ending = int(match[1])
    year = str(SchoolYear(ending)) if 1900 <= ending <= 2200 else None
    return Named(year, match[2], match[3].upper(), SIDE_WORDS[re.sub("[-_ ]", "", match[4].lower())])


def school_code(text: str) -> str:
    """Four digits from "9101" or "S.9101". Raises ValueError with a sentence for people."""
    match = SCHOOL.fullmatch(text.strip())
    if not match:
        raise ValueError("A school code has four digits, like 9101.")
    return match[1]


def belongs(
    before: Named, after: Named, *, chosen_type: str, school: str | None = None, school_year: str | None = None
) -> Belongs:
    """School and year: what was chosen, else what the names say with one voice. `notes` name every contradiction."""
    notes: list[Note] = []
    for side, name in (("before", before), ("after", after)):
        for code, says, chosen in (
            ("name_type", name.type, chosen_type),
            ("name_school", name.school, school),
            ("name_year", name.school_year, school_year),
        ):
            if says and chosen and says != chosen:
                notes.append(Note(code, {"side": side, "named": says, "chosen": chosen}))
    for code, first, second in (
        ("schools_differ", before.school, after.school),
        ("years_differ", before.school_year, after.school_year),
    ):
        if first and second and first != second:
            notes.append(Note(code, {"before": first, "after": second}))
    is_swapped = (before.side, after.side) == ("after", "before")
    if is_swapped:
        notes.append(Note("swapped"))
    elif before.side and before.side == after.side:
        notes.append(Note("same_side", {"named": SIDE_NAMES[before.side]}))
    return Belongs(
        school or _one_voice(before.school, after.school),
        school_year or _one_voice(before.school_year, after.school_year),
        tuple(notes),
        is_swapped,
    )


def _one_voice(first: str | None, second: str | None) -> str | None:
    return (first or second) if not (first and second) or first == second else None
