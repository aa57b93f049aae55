"""Shapes of what people enter about a student's courses."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from operations import clock
from operations.forms.days import DayField
from operations.forms.fields import field_of
from sis.models import CourseEnrolment, SchoolEnrolment, Section
from sis.rules import course_enrolment as rules

DATE_MISSING = {"required": _("Enter a date.")}


class _CourseForm(forms.Form):
    def refuse(self, error: ValidationError) -> None:
        """Shows what the service refused at the fields that it names."""
        for name, texts in error.message_dict.items():
            self.add_error(name if name in self.fields else None, texts)


def section_name(section: Section) -> str:
    number = gettext("section %(number)s") % {"number": section.number}
    parts = [f"{section.course.code} {section.course.name}", number, section.teacher]
    return ", ".join(part for part in parts if part)


class AddCourseForm(_CourseForm):
    """A student's place in one of the school's sections, which are grouped by term."""

    section = forms.TypedChoiceField(
        label=_("Section"), coerce=int, error_messages={"required": _("Choose the section.")}
    )
    entry_date = DayField(
        label=_("Entry date"),
        help_text=_("First day in the section."),
        initial=clock.today,
        error_messages=DATE_MISSING,
    )
    credits_attempted = forms.IntegerField(
        label=_("Credits attempted"),
        help_text=_("Leave empty for the credits that the course offers."),
        required=False,
        min_value=0,
        max_value=99,
    )
    challenge = forms.BooleanField(
        label=_("Challenge: the student is assessed without having taken the course"), required=False
    )

    def __init__(self, *args: Any, sections: Iterable[Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[int, str]]] = {}
        for section in sections:
            groups.setdefault(section.term.name, []).append((section.pk, section_name(section)))
        field_of(self, "section").choices = [("", "—"), *groups.items()]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        values = {name: self.cleaned_data[name] for name in ("entry_date", "challenge")}
        if self.cleaned_data["credits_attempted"] is not None:
            values["credits_attempted"] = self.cleaned_data["credits_attempted"]
        return values

    @staticmethod
    def first_day(stay: SchoolEnrolment, today: dt.date) -> dt.date:
        """Today, within the stay."""
        return min(max(today, stay.start_date), stay.exit_date)


OPEN, REMOVED = "open", "removed"


class EndCourseForm(_CourseForm):
    """A student's last day in a section, and how it ends."""

    outcome = forms.ChoiceField(
        label=_("Current status"),
        widget=forms.RadioSelect,
        choices=[
            (rules.WITHDRAWN, _("Withdrawn: the student left the course")),
            (rules.COMPLETED, _("Completed")),
            (OPEN, _("Continues, until the exit date or the section's last day")),
            (REMOVED, _("Entered in error: remove it")),
        ],
        error_messages={"required": _("Choose the current status.")},
    )
    exit_date = DayField(label=_("Exit date"), help_text=_("Last day in the section."), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def drawn_with(record: CourseEnrolment) -> dict[str, Any]:
        """The form opens with the present values, so that looking changes nothing."""
        outcome = record.status if record.status in rules.OVER else OPEN
        return {"outcome": outcome, "exit_date": record.exit_date, "revision": record.revision}

    def wanted(self, record: CourseEnrolment, today: dt.date) -> dict[str, Any]:
        """The fields that the service is asked to change."""
        outcome = self.cleaned_data["outcome"]
        if outcome == REMOVED:
            return {"deleted": True}
        open_status = record.status if record.status in rules.OPEN else rules.open_status(record.entry_date, today)
        status = open_status if outcome == OPEN else outcome
        return {"exit_date": self.cleaned_data["exit_date"], "status": status}
