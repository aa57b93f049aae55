from django.db import models
from django.utils.translation import gettext_lazy as _

from sis.models.external import ONCE, External
from sis.models.fields import SchoolYearField
from sis.models.organization import School


class SchoolCalendar(External):
    """A school year at a school: its first and last day of classes."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="calendars")
    school_year = SchoolYearField(_("school year"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        ordering = ["school_year"]
        constraints = [
            ONCE,
            models.UniqueConstraint(fields=["school", "school_year"], name="calendar_once"),
            models.CheckConstraint(condition=models.Q(last_day__gt=models.F("first_day")), name="calendar_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.school_year}"


class Term(External):
    """A part of the school year, which is explicit here; no date decides it."""

    calendar = models.ForeignKey(SchoolCalendar, on_delete=models.CASCADE, related_name="terms")
    name = models.CharField(_("name"), max_length=40)
    portion = models.CharField(_("portion of the year"), max_length=8, help_text=_("1, 1/2 or 1/4."))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    store_code = models.CharField(
        _("Final Mark Store Code"),
        max_length=8,
        blank=True,
        help_text=_("The code under which final marks are stored."),
    )
    alternate_code = models.CharField(
        _("Alternate Term Code"),
        max_length=50,
        blank=True,
        help_text=_("PASI’s code of this term, from which its sections take theirs."),
    )
    is_summer = models.BooleanField(_("summer term"), default=False)

    class Meta:
        ordering = ["first_day", "id"]
        constraints = [
            ONCE,
            models.CheckConstraint(condition=models.Q(last_day__gt=models.F("first_day")), name="term_forward"),
            models.UniqueConstraint(fields=["calendar", "name"], name="term_once"),
        ]

    def __str__(self) -> str:
        return self.name
