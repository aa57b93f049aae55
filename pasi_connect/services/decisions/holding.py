"""PASI holds more than an enrolment here can: what a decision would leave on either side is looked at before it is made."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pasi_connect.entities import SCHOOL_ENROLMENT
from sis.rules import holding
from sis.rules.school_year import SchoolYear
from sis.services import enrolments


def check_days(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], take: Collection[str], keep: Collection[str]
) -> None:
    """Start and exit are looked at together, on both sides as the decision leaves them.

    Raises ValidationError {"fields": [sentence]} where the two come from different sides and the exit lies before the start.
    """
    days = [name for name in SCHOOL_ENROLMENT.days if name in theirs]
    sides = {name in take if name in {*take, *keep} else None for name in days if ours[name] != theirs[name]}
    here = {name: theirs[name] if name in take else ours[name] for name in days}
    there = {name: ours[name] if name in keep else theirs[name] for name in days}
    if len(sides) > 1 and (_reversed(here) or (keep and _reversed(there))):
        side = here if _reversed(here) else there
        message = _("The exit date %(exit)s would be before the start date %(start)s. Decide both dates the same way.")
        raise ValidationError({"fields": [message % {"start": side["start_date"], "exit": side["exit_date"]}]})


def _reversed(days: Mapping[str, Any]) -> bool:
    start, end = days.get("start_date"), days.get("exit_date")
    return isinstance(start, dt.date) and isinstance(end, dt.date) and end < start


def explained(error: ValidationError) -> ValidationError:
    """The service's sentences, with the next step of somebody who wanted to take PASI's values."""
    if not hasattr(error, "error_dict"):
        return error
    told = dict(error.message_dict)
    if set(told) & set(enrolments.EDITABLE):
        step = _("Keep the SIS values, or have the record corrected in PASI first, then decide.")
        told["fields"] = [*told.get("fields", []), step]
    return ValidationError(told)


def to_delete(theirs: Mapping[str, Any], year: SchoolYear) -> dict[str, Any]:
    """PASI's record as the SIS can hold it, for one that is known here only to be deleted there: only that it is gone is sent."""
    return holding.nearest(theirs, enrolments.MOST, year.first_day, year.last_day) | {"deleted": True}
