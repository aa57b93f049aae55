"""Whether two schools divide a school year alike. Pure.

A concurrent enrolment needs it: "The school setup must be identical to the regular school. Core Alerts will be generated for
stored grades that do not have matching Term IDs" (Concurrent Enrollments with PASI Direct Connect). Summer terms are left out:
a summer school has one where the others have none.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class TermShape:
    """A term as plain values; `portion` is 1, 1/2 or 1/4."""

    name: str
    portion: str
    first_day: dt.date
    last_day: dt.date
    store_code: str
    is_summer: bool = False


# Compared in this order, each with the sentence for people.
COMPARED = {
    "name": gettext_noop("The term is called %(home)s at one school and %(other)s at the other."),
    "portion": gettext_noop("%(term)s: its portion of the year is %(home)s at one school and %(other)s at the other."),
    "first_day": gettext_noop("%(term)s starts on %(home)s at one school and on %(other)s at the other."),
    "last_day": gettext_noop("%(term)s ends on %(home)s at one school and on %(other)s at the other."),
    "store_code": gettext_noop(
        "%(term)s: the Final Mark Store Code is %(home)s at one school and %(other)s at the other."
    ),
}
WORDS = {
    **COMPARED,
    "no_calendar": gettext_noop("One of the two schools has no calendar for this school year."),
    "missing_there": gettext_noop("%(term)s exists only at the home school."),
    "missing_here": gettext_noop("%(term)s exists only at the concurrent school."),
}


@dataclass(frozen=True)
class Mismatch:
    """One difference: its key in WORDS, the term's name at the home school, and the two values as text ("–" for none)."""

    what: str
    term: str = ""
    home: str = ""
    other: str = ""

    @property
    def params(self) -> dict[str, str]:
        return {"term": self.term, "home": self.home, "other": self.other}


def mismatches(home: Iterable[TermShape] | None, other: Iterable[TermShape] | None) -> list[Mismatch]:
    """Every difference between the terms of two schools in one school year; empty when they match.

    None stands for a school without a calendar of that year.
    """
    if home is None or other is None:
        return [Mismatch("no_calendar")]
    pairs, alone_home, alone_other = _pair(list(home), list(other))
    differences = [
        Mismatch(name, ours.name, _text(getattr(ours, name)), _text(getattr(theirs, name)))
        for ours, theirs in pairs
        for name in COMPARED
        if getattr(ours, name) != getattr(theirs, name)
    ]
    differences += [Mismatch("missing_there", term.name) for term in alone_home]
    return differences + [Mismatch("missing_here", term.name) for term in alone_other]


def same_term(first: TermShape, second: TermShape) -> bool:
    """Whether a section of the one term can go on in the other: same name, same portion of the year."""
    return first.name == second.name and first.portion == second.portion


def _text(value: object) -> str:
    return str(value) or "–"


Pairs = list[tuple[TermShape, TermShape]]
# How a term finds its counterpart: by its name, else by its store code, else by its place in the year.
_LIKENESS: tuple[Callable[[TermShape, TermShape], bool], ...] = (
    lambda a, b: a.name == b.name,
    lambda a, b: bool(a.store_code) and a.store_code == b.store_code,
    lambda a, b: a.portion == b.portion and a.first_day <= b.last_day and b.first_day <= a.last_day,
)


def _pair(home: list[TermShape], other: list[TermShape]) -> tuple[Pairs, list[TermShape], list[TermShape]]:
    left = sorted((term for term in home if not term.is_summer), key=lambda term: (term.first_day, term.name))
    right = sorted((term for term in other if not term.is_summer), key=lambda term: (term.first_day, term.name))
    pairs: Pairs = []
    for alike in _LIKENESS:
        for ours in list(left):
            theirs = next((term for term in right if alike(ours, term)), None)
            if theirs:
                pairs.append((ours, theirs))
                left.remove(ours)
                right.remove(theirs)
    return sorted(pairs, key=lambda pair: pair[0].first_day), left, right
