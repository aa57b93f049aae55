"""PASI can hold more than an enrolment here: what a decision would leave on either side is checked first."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pasi_connect.entities import Entity


def check_days(
    entity: Entity, ours: Mapping[str, Any], theirs: Mapping[str, Any], take: Collection[str], keep: Collection[str]
) -> None:
    """First and last day are looked at together, on both sides as the decision leaves them.

    Raises ValidationError {"fields": [sentence]} where the two come from different sides and the exit lies before the start.
    """
    if entity.span is None or not set(entity.span) <= set(theirs):
        return
    sides = {name in take if name in {*take, *keep} else None for name in entity.span if ours[name] != theirs[name]}
    here = [theirs[name] if name in take else ours[name] for name in entity.span]
    there = [ours[name] if name in keep else theirs[name] for name in entity.span]
    if len(sides) > 1 and (_reversed(*here) or (keep and _reversed(*there))):
        start, end = here if _reversed(*here) else there
        message = _("The exit date %(exit)s would be before the start date %(start)s. Decide both dates the same way.")
        raise ValidationError({"fields": [message % {"start": start, "exit": end}]})


def _reversed(start: Any, end: Any) -> bool:
    return isinstance(start, dt.date) and isinstance(end, dt.date) and end < start


def explained(error: ValidationError) -> ValidationError:
    """The service's sentences, with the next step for somebody who wanted to accept PASI's values."""
    if not hasattr(error, "error_dict"):
        return error
    messages = dict(error.message_dict)
    if set(messages) - {"fields", "reason", "__all__"}:
        step = _("Keep the SIS values, or have the record corrected in PASI first, then decide.")
        messages["fields"] = [*messages.get("fields", []), step]
    return ValidationError(messages)
