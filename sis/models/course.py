"""Courses of the authority, and the sections in which the schools teach them."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sis.models.external import ONCE, External
from sis.models.fields import CodesField, SchoolYearField
from sis.models.organization import School
from sis.models.years import Term
from sis.rules import section as rules

course_code = RegexValidator(r"^[A-Z]{3}[0-9]{4}$", _("A course code has three letters and four digits, like MAT3791."))


class Course(External):
    """A course by PASI's code. It belongs to the authority; what a school teaches are its sections."""

    code = models.CharField(_("course code"), max_length=7, unique=True, validators=[course_code])
    name = models.CharField(_("name"), max_length=160)
    credits_offered = models.PositiveSmallIntegerField(_("credits offered"), default=0)
    # An explicit yes or no; other products give an empty field a meaning.
    diploma = models.BooleanField(_("diploma course"), default=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["id"]
        constraints = [ONCE]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Section(External):
    """Courses taught together at one school in one term. School and school year follow from the term and never change (40112, 40115).

    `course` is the one that the section is known by; `courses` are all, and `course_codes` their codes, in order and with blanks
    between. The dates are the term's unless somebody set others; both are always filled, so that nobody has to derive them. `term_code`
    is the term's Alternate Term Code unless somebody set another. `revision` rises by one with each change.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="sections")
    school_year = SchoolYearField(_("school year"))
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sections")
    courses = models.ManyToManyField(Course, through="SectionCourse", related_name="taught_in")
    course_codes = CodesField(
        _("course codes"),
        max_length=255,
        blank=True,
        help_text=_("Separate several codes with spaces, like MAT3791 MAT3792."),
    )
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="sections")
    number = models.CharField(
        _("section number"),
        max_length=10,
        help_text=_("Identifies the section among those of the same course and term."),
    )
    teacher = models.CharField(_("teacher"), max_length=100, blank=True, help_text=_("Saved here only."))
    start_date = models.DateField(_("first day"), help_text=_("The first day of classes in this section."))
    end_date = models.DateField(_("last day"), help_text=_("The last day of classes in this section."))
    # Codes of PASI's lists (SectionTerm, InstructionalLanguage, PrimaryDeliveryMethod, DeliverySchedule).
    term_code = models.CharField(
        _("PASI term"),
        max_length=50,
        blank=True,
        help_text=_("PASI’s code. It is the term’s unless you choose another."),
    )
    language = models.CharField(
        _("language of instruction"), max_length=50, default=rules.ENGLISH, help_text=_("PASI’s code of the language.")
    )
    delivery = models.CharField(
        _("delivery method"), max_length=50, blank=True, default=rules.REGULAR,
        help_text=_("PASI’s code, such as REG for regular classes."),
    )  # fmt: skip
    schedule = models.CharField(
        _("delivery schedule"), max_length=50, default=rules.REGULAR,
        help_text=_("PASI’s code: SUM in summer terms, REG in all others."),
    )  # fmt: skip
    credits_offered = models.PositiveSmallIntegerField(
        _("credits offered"),
        default=0,
        help_text=_("Those of the course, unless this section offers a different number."),
    )
    minutes_offered = models.PositiveIntegerField(
        _("minutes of instruction"), null=True, blank=True, help_text=_("For the whole section.")
    )
    # How PASI tells two sections apart (rule 40104), beside term, delivery, language and schedule.
    local_section_id = models.CharField(
        _("local section ID"), max_length=8, blank=True,
        help_text=_("At most 8 characters. Must differ from those of similar sections in PASI."),
    )  # fmt: skip
    description = models.CharField(
        _("section description"), max_length=255, blank=True,
        help_text=_("Helps people distinguish this section from similar ones in PASI."),
    )  # fmt: skip
    deleted = models.BooleanField(
        _("deleted"), default=False, help_text=_("A deleted record is kept here and in PASI, marked as deleted.")
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["school", "school_year", "id"], name="section_school_year")]
        constraints = [
            ONCE,
            models.CheckConstraint(condition=models.Q(end_date__gt=models.F("start_date")), name="section_forward"),
            models.UniqueConstraint(
                fields=["term", "course", "number"], condition=models.Q(deleted=False), name="section_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.course_id} {self.number}"

    @property
    def title(self) -> str:
        """As people name it; reads the course."""
        return gettext("%(course)s, section %(number)s") % {"course": self.course.name, "number": self.number}


class SectionCourse(models.Model):
    """One of the courses of a section."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="taught")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "course"], name="section_course_once")]

    def __str__(self) -> str:
        return f"{self.section_id} {self.course_id}"
