"""The state of an enrolment as a badge that updates itself while something is under way."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from pasi_connect.services import words
from pasi_connect.services.states import State

register = template.Library()


@register.inclusion_tag("pasi_connect/cells/badge.html")
def enrolment_state(states: Mapping[int, State], enrolment_id: int, was_moving: bool = False) -> dict[str, Any]:
    """`was_moving`: the page has seen it under way, so being in step now means that it has arrived."""
    state = states[enrolment_id]
    label = _("In PASI") if was_moving and state.state == "in_step" else ""
    url = ""
    if state.discrepancy is not None:
        url = reverse("pasi_connect:change", args=[state.discrepancy])
    elif state.submission is not None and not state.is_moving:
        url = reverse("pasi_connect:submission", args=[state.submission])
    return {
        "state": state,
        "words": words.RECORD,
        "label": label,
        "moving": state.is_moving,
        "announced": was_moving or state.is_moving,
        "url": url,
        "enrolment_id": enrolment_id,
    }
