"""Students in sections, and the marks that were stored for them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sis.models.course import Course, Section
from sis.models.external import ONCE, External
from sis.models.fields import SchoolYearField
from sis.models.organization import School
from sis.models.student import SchoolEnrolment, Student
from sis.models.years import Term


class CourseEnrolment(External):
    """One student in one section, as part of one stay at the school of the section.

    `exit_date` is the last day in the section; None means: until the section's last day. `revision` rises by one with each
    change. Statuses: Course Enrolment (business object).
    """

    class Status(models.TextChoices):
        REGISTERED = "Registered", _("Registered")
        ACTIVE = "Active", _("Active")
        COMPLETED = "Completed", _("Completed")
        WITHDRAWN = "Withdrawn", _("Withdrawn")

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="course_enrolments")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="course_enrolments")
    enrolment = models.ForeignKey(SchoolEnrolment, on_delete=models.PROTECT, related_name="course_enrolments")
    entry_date = models.DateField(_("entry date"))
    exit_date = models.DateField(_("exit date"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    credits_attempted = models.PositiveSmallIntegerField(_("credits attempted"), default=0)
    challenge = models.BooleanField(
        _("challenge"), default=False, help_text=_("The student is assessed without having taken the course.")
    )
    deleted = models.BooleanField(_("deleted"), default=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["section", "id"], name="course_enrolment_section"),
            models.Index(fields=["student", "id"], name="course_enrolment_student"),
        ]
        constraints = [
            ONCE,
            models.CheckConstraint(
                condition=models.Q(exit_date=None) | models.Q(exit_date__gte=models.F("entry_date")),
                name="course_enrolment_forward",
            ),
            # 40263: what is over has an exit date.
            models.CheckConstraint(
                condition=models.Q(status__in=["Registered", "Active"]) | models.Q(exit_date__isnull=False),
                name="course_enrolment_over",
            ),
            models.UniqueConstraint(
                fields=["student", "section"],
                condition=models.Q(deleted=False, exit_date=None),
                name="course_enrolment_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.section_id} from {self.entry_date}"


class StoredGrade(External):
    """A stored mark: one for each course enrolment and store code; storing again overwrites it.

    Without a course enrolment it is a mark earned elsewhere or before: then one for each school, year and store code.
    """

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="stored_grades")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    school_year = SchoolYearField(_("school year"))
    # None where the school has no such term in that year: PASI answers such a mark with a core alert.
    term = models.ForeignKey(Term, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    store_code = models.CharField(_("store code"), max_length=8)
    course_enrolment = models.ForeignKey(
        CourseEnrolment, on_delete=models.PROTECT, null=True, blank=True, related_name="stored_grades"
    )
    mark = models.CharField(_("mark"), max_length=10)
    credits = models.PositiveSmallIntegerField(_("credits"), default=0)
    stored_at = models.DateTimeField(_("stored at"))
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["student", "id"], name="stored_grade_student")]
        constraints = [
            ONCE,
            models.UniqueConstraint(
                fields=["course_enrolment", "store_code"],
                condition=models.Q(course_enrolment__isnull=False),
                name="stored_grade_once",
            ),
            models.UniqueConstraint(
                fields=["student", "course", "school", "school_year", "store_code"],
                condition=models.Q(course_enrolment=None),
                name="stored_grade_elsewhere_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} {self.course_id} {self.store_code}"
