from django.db import models

from operations.models import Job
from pasi_connect.models import Action
from sis.models import SchoolEnrolment
from sis.models.fields import SchoolYearField


class YearEndRehearsal(models.Model):
    """What a year end would and would not close, as of the rehearsal. The run does exactly this.

    `school_code` blank: all schools. `early`: asked for before the year has ended.
    """

    school_year = SchoolYearField()
    school_code = models.CharField(max_length=4, blank=True)
    early = models.BooleanField(default=False)
    exit_code = models.CharField(max_length=10)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="+")
    run = models.OneToOneField(Action, on_delete=models.PROTECT, null=True, related_name="rehearsal")

    class Meta:
        db_table = "pasi_connect_yearendrehearsal"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"year end {self.school_year}"


class YearEndRow(models.Model):
    """One concurrent enrolment of the rehearsal. `reason` is empty for those that close."""

    rehearsal = models.ForeignKey(YearEndRehearsal, on_delete=models.CASCADE, related_name="rows")
    enrolment = models.ForeignKey(SchoolEnrolment, on_delete=models.PROTECT, related_name="+")
    school_code = models.CharField(max_length=4)
    revision = models.PositiveIntegerField()
    closing_date = models.DateField(null=True)
    exit_date_before = models.DateField()
    exit_date_after = models.DateField(null=True)
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "pasi_connect_yearendrow"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["rehearsal", "enrolment"], name="year_end_row_once")]
        indexes = [models.Index(fields=["rehearsal", "reason", "id"], name="year_end_row_reason")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} in {self.rehearsal_id}"
