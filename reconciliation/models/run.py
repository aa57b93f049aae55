from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models import Job
from reconciliation.rules.types import TYPES
from sis.models.fields import SchoolYearField

KINDS = [(code, kind.title) for code, kind in TYPES.items()]
ROOM = "reconciliation"  # the folder of all runs' folders, under MEDIA_ROOT


class Run(models.Model):
    """Two files of one kind, compared: what they are, what was chosen, what came out.

    `school_code` and `school_year` may stay open. `checks` is the column check by side, `reasons` are the notes for which the
    files were refused, `summary` is summary.json literally, `warnings` are its warnings as notes, which can be translated.
    `header` is that of result.csv. `moved` counts the lines that differ from the run before (`engine/earlier_result.py`).

    `how` holds, by side, a person's choices for reading its file (`rules/reading_options.py`). `unusable_reasons` are the
    reasons in unusable.csv as notes, by their English words.
    """

    class Status(models.TextChoices):
        CHECKING = "checking", _("Columns are being checked")
        CHECKED = "checked", _("Columns checked")
        COMPARING = "comparing", _("Comparing")
        REFUSED = "refused", _("Refused")
        DONE = "done", _("Compared")

    type = models.CharField(max_length=2, choices=KINDS)
    school_code = models.CharField(max_length=4, blank=True)
    school_year = SchoolYearField(null=True, blank=True)
    set_deleted_apart = models.BooleanField(default=False)
    also = models.JSONField(default=list)
    xlsx = models.BooleanField(default=True)
    how = models.JSONField(default=dict)

    status = models.CharField(max_length=12, choices=Status, default=Status.CHECKING)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    folder = models.CharField(max_length=64, unique=True)
    result = models.CharField(max_length=40, blank=True)  # the folder in it that holds the result

    checks = models.JSONField(null=True)
    reasons = models.JSONField(default=list)
    summary = models.JSONField(null=True)
    warnings = models.JSONField(default=list)
    different_in = models.JSONField(default=dict)
    header = models.JSONField(default=list)
    unusable_header = models.JSONField(default=list)
    unusable_reasons = models.JSONField(default=dict)
    moved = models.JSONField(null=True)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["school_code", "type", "id"], name="reconciliation_run_school"),
            models.Index(fields=["created_at"], name="reconciliation_run_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.school_code} {self.school_year or ''}".strip()

    @property
    def place(self) -> Path:
        return Path(settings.MEDIA_ROOT) / ROOM / self.folder

    @property
    def result_place(self) -> Path:
        return self.place / self.result

    @property
    def is_done(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def state(self) -> str:
        """The status; "cancelled" or "failed" where a job has ended and left the run where it was."""
        if self.status in (self.Status.CHECKING, self.Status.COMPARING) and self.job is not None and self.job.is_over:
            return "cancelled" if self.job.status == Job.Status.CANCELLED else "failed"
        return self.status

    @property
    def is_at_work(self) -> bool:
        """A job reads its files."""
        return self.job is not None and not self.job.is_over


class RunFile(models.Model):
    """One of the two files, under the name that people know it by. `stored` is its name in the run's folder."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="files")
    side = models.CharField(max_length=6, choices=[("before", _("first file")), ("after", _("second file"))])
    name = models.CharField(max_length=255)
    stored = models.CharField(max_length=40)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["run", "-side"]  # before, after
        constraints = [models.UniqueConstraint(fields=["run", "side"], name="reconciliation_file_side")]

    def __str__(self) -> str:
        return f"{self.side} of run {self.run_id}"

    @property
    def path(self) -> Path:
        return self.run.place / self.stored
