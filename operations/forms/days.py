"""A day as people enter it."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from operations import clock
from operations.rules import days


class DayInput(forms.DateInput):
    """The browser's calendar; a text that is no date stays visible, which a date field would hide."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        try:
            dt.date.fromisoformat(context["widget"]["value"] or "2000-01-01")
        except ValueError:
            context["widget"]["type"] = "text"
        return context


class DayField(forms.DateField):
    """A day, chosen in the browser's own calendar or typed in a common form.

    `initial` may be a function, as `clock.today` where today is what is nearly always meant.
    """

    WRONG = {
        "form": gettext_lazy("“%(text)s” is not a date. Enter year-month-day, like %(example)s."),
        "ambiguous": gettext_lazy("“%(text)s” can mean two different days. Enter year-month-day, like %(example)s."),
        "none": gettext_lazy("“%(text)s” is not a day in the calendar. Check the day and the month."),
    }
    EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)

    def __init__(self, **kwargs: Any) -> None:
        limits = {"min": self.EARLIEST.isoformat(), "max": self.LATEST.isoformat()}
        widget = DayInput(format="%Y-%m-%d", attrs={"autocomplete": "off", **limits})
        super().__init__(**{"widget": widget, **kwargs})

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, dt.date):
            return super().to_python(value)
        text = str(value).strip()
        try:
            day = days.parse(text)
        except days.NotADay as wrong:
            raise self._error(wrong.reason, text) from None
        if not self.EARLIEST <= day <= self.LATEST:
            raise self._error("none", text)
        return day

    def _error(self, reason: str, text: str) -> ValidationError:
        return ValidationError(self.WRONG[reason] % {"text": text[:30], "example": clock.today().isoformat()}, reason)
