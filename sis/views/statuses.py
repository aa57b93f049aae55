"""How the statuses of course enrolments look: icon and weight; the words are the model's."""

from typing import Any

from sis.models import CourseEnrolment

Status = CourseEnrolment.Status

STATUS: dict[str, dict[str, Any]] = {
    Status.REGISTERED.value: {"label": Status.REGISTERED.label, "icon": "clock"},
    Status.ACTIVE.value: {"label": Status.ACTIVE.label, "icon": "play", "level": "ok"},
    Status.COMPLETED.value: {"label": Status.COMPLETED.label, "icon": "check-circle", "level": "ok"},
    Status.WITHDRAWN.value: {"label": Status.WITHDRAWN.label, "icon": "exit"},
}
