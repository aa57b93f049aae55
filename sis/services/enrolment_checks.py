"""What an enrolment may hold, and what a person may enter: the checks before anything is written."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from operations import wording
from operations.rules import latin1
from sis.models import SchoolEnrolment
from sis.models.fields import codes_fields
from sis.rules import enrolment as rules
from sis.rules import holding
from sis.services.columns import editable, most_characters

IDENTITY = ("student", "school", "school_year")
# What a person may change on an existing enrolment. School, year and student make it another enrolment.
EDITABLE = editable(SchoolEnrolment, besides=IDENTITY)
# Those that hold several codes, with how many at most.
CODES = {name: field.most for name, field in codes_fields(SchoolEnrolment).items() if field.most}
MOST = most_characters(SchoolEnrolment, EDITABLE)


def values(enrolment: SchoolEnrolment) -> dict[str, Any]:
    """All editable fields and the identity, by name."""
    return {name: getattr(enrolment, name) for name in (*EDITABLE, *IDENTITY)}


def check(record: Mapping[str, Any], entered: Iterable[str] = EDITABLE) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule.

    Characters are looked at in the fields `entered` alone: an old text in another one must not keep people from working, and is
    held before it is sent.
    """
    hold_days(record)
    problems: dict[str, list[str]] = {
        name: [_(latin1.INVISIBLE)]
        for name in entered
        if isinstance(record[name], str) and not latin1.enterable(record[name])
    }
    for fault in rules.faults(record, CODES):
        sentence = wording.with_number(_(fault.rule.message), fault.rule.number)
        problems.setdefault(fault.rule.field, []).append(sentence)
    if problems:
        raise ValidationError(problems)


def hold(record: Mapping[str, Any]) -> None:
    """Raises ValidationError {field: [sentences]} for what no enrolment here can hold, wherever it comes from."""
    problems: dict[str, list[str]] = {}
    for name, message, details in holding.faults(record, MOST):
        problems.setdefault(name, []).append(_(message) % details)
    if problems:
        raise ValidationError(problems)


def hold_days(record: Mapping[str, Any]) -> None:
    """Refuses first a day of PASI's that is no day here: no rule can calculate with it."""
    if any(isinstance(record[name], str) for name in ("start_date", "exit_date")):
        hold(record)
