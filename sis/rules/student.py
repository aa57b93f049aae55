"""The rules for a student's names and identification before they are saved here, and what PASI will say of them.

Pure: two tables of rows, read by one function each. The limits are PASI's, so that a person learns of a fault while the form is open.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.rules import latin1
from operations.rules.words import gettext_noop

LEGAL = ("legal_first_name", "legal_middle_name", "legal_last_name", "legal_suffix")
PREFERRED = ("preferred_first_name", "preferred_middle_name", "preferred_last_name", "preferred_suffix")
DOCUMENT = ("identity_document_type", "identity_document_issued", "identity_document_number")
IDENTIFICATION = (*LEGAL, "legal_name_exact", "birth_date", *DOCUMENT)
FIELDS = (*IDENTIFICATION, *PREFERRED)

# Types that follow from documents which a student has in PASI (12006), and types of PASI's own systems (11225).
DERIVED = frozenset(
    {
        "StudentDocumentSelfDeclared",
        "StudentDocumentSupported",
        "StudentDocumentVerified",
        "SupportingDocumentNoLongerAvailable",
    }
)
RESTRICTED = frozenset({"FromSIS", "FromStudentRecords", "FromAlbertaEducation"})
NOT_SENT = DERIVED | RESTRICTED

PERIOD_INSIDE = re.compile(r"[^\s.]\.\S")
HYPHENS = re.compile("--")
PERIOD_FIRST = re.compile(r"(?:^|\s)\.")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One row: PASI's number ("" for our own), the field it is shown at, the source page, the test, the message.

    `looks_at`: the fields that the test reads. An edit that touches none of them passes, since an old fault
    must not keep people from working on something else.
    """

    number: str
    field: str
    looks_at: tuple[str, ...]
    source: str
    broken: Callable[[Record], bool]
    message: str


@dataclass(frozen=True)
class Expectation:
    """What PASI will say of a record that may be saved here. `at(record, today)`: whether it will; `level`: whether it refuses."""

    number: str
    field: str
    source: str
    at: Callable[[Record, dt.date], bool]
    message: str
    next_step: str
    level: str = "rejection"


def _spelled(pattern: re.Pattern[str], names: Iterable[str]) -> Callable[[Record], bool]:
    looked_at = tuple(names)
    return lambda record: any(pattern.search(record[name]) for name in looked_at)


def _parts(record: Record, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(record[name] for name in names)


PAGE = "Student; StudentIdentificationInfo"
NAME = "Name; Submit Name"
SPELLING = (
    ("11203", PERIOD_INSIDE, gettext_noop("There is a period inside a word. Put a space after it.")),
    ("11220", HYPHENS, gettext_noop("The name has two hyphens in a row.")),
    ("11224", PERIOD_FIRST, gettext_noop("A word in the name begins with a period.")),
)

RULES: tuple[Rule, ...] = (
    Rule("", "legal_first_name", LEGAL[:1], PAGE, lambda r: not r["legal_first_name"],
         gettext_noop("Enter the legal first name.")),
    Rule("", "legal_last_name", LEGAL[2:3], PAGE, lambda r: not r["legal_last_name"],
         gettext_noop("Enter the legal last name. For a person with a single name, enter LNU.")),
    Rule("", "birth_date", ("birth_date",), PAGE, lambda r: not r["birth_date"], gettext_noop("Enter the birth date.")),
    *(
        Rule(number, name, (name,), f"Rule {number}", _spelled(pattern, (name,)), message)
        for number, pattern, message in SPELLING
        for name in (*LEGAL, *PREFERRED)
    ),
    Rule("11233", "identity_document_issued", ("identity_document_issued", "birth_date"), "Rule 11233",
         lambda r: bool(r["identity_document_issued"] and r["birth_date"] and r["identity_document_issued"] < r["birth_date"]),
         gettext_noop("The identity document was issued before the birth date.")),
    Rule("", "identity_document_type", DOCUMENT, PAGE,
         lambda r: not r["identity_document_type"] and bool(r["identity_document_issued"] or r["identity_document_number"]),
         gettext_noop("Choose the identity document.")),
    Rule("", "preferred_last_name", PREFERRED, NAME,
         lambda r: any(_parts(r, PREFERRED)) and not r["preferred_last_name"],
         gettext_noop("Enter the preferred last name as well: PASI keeps the whole name.")),
    Rule("", "preferred_first_name", PREFERRED, NAME,
         lambda r: any(_parts(r, PREFERRED)) and not r["preferred_first_name"],
         gettext_noop("Enter the preferred first name as well: PASI keeps the whole name.")),
    Rule("11201", "preferred_first_name", (*LEGAL, *PREFERRED), "Rule 11201",
         lambda r: _parts(r, PREFERRED) == _parts(r, LEGAL),
         gettext_noop("The preferred name is the same as the legal name. Leave it empty.")),
)  # fmt: skip

EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation("65031", "identity_document_type", "Rule 65031", lambda r, _today: not r["identity_document_type"],
                gettext_noop("PASI does not accept an identification without an identity document."),
                gettext_noop("Choose the document that you have seen.")),
    Expectation("12006", "identity_document_type", "Rule 12006", lambda r, _today: r["identity_document_type"] in DERIVED,
                gettext_noop("PASI sets this kind of identity document itself. It cannot be sent."),
                gettext_noop("Choose the document that you have seen.")),
    Expectation("11225", "identity_document_type", "Rule 11225",
                lambda r, _today: r["identity_document_type"] in RESTRICTED,
                gettext_noop("PASI accepts this kind of identity document from its own systems only."),
                gettext_noop("Choose the document that you have seen.")),
    Expectation("11232", "identity_document_issued", "Rule 11232",
                lambda r, today: bool(r["identity_document_issued"] and r["identity_document_issued"] > today),
                gettext_noop("PASI warns about an identity document that was issued in the future."),
                gettext_noop("Check the date on the document."), level="warning"),
    *(
        Expectation("", name, "Calling PASI Services", lambda r, _today, name=name: not latin1.fits(r[name]),  # type: ignore[misc]
                    gettext_noop("PASI cannot store this name as it is written."),
                    gettext_noop("Enter a spelling without these letters, and clear the box “Legal name is exact”."))
        for name in (*LEGAL, *PREFERRED)
    ),
)  # fmt: skip


def faults(record: Record, touched: Collection[str] = FIELDS) -> list[Rule]:
    """Every broken rule that looks at one of the fields `touched`. `record` holds FIELDS by name."""
    fields = set(touched)
    return [rule for rule in RULES if fields.intersection(rule.looks_at) and rule.broken(record)]


def expected(record: Record, today: dt.date) -> list[Expectation]:
    """What PASI will say of the record as it is."""
    return [row for row in EXPECTATIONS if row.at(record, today)]
