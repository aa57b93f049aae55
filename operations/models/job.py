from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.sentences import in_own_language


class Job(models.Model):
    """Work on many records: a row that a worker claims, with a mark from which it goes on after a kill.

    `inputs` are what the job was started with; `mark` is whatever its kind needs to go on;
    `done` and `failed` count records of `total`. `fence` rises with each claim, so a late worker writes nothing.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        WAITING_APPROVAL = "waiting_approval", _("Waiting for approval")
        COMPLETED = "completed", _("Completed")
        COMPLETED_WITH_PROBLEMS = "completed_with_problems", _("Completed with problems")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        INTERRUPTED = "interrupted", _("Interrupted")

    kind = models.CharField(max_length=60)
    status = models.CharField(max_length=24, choices=Status, default=Status.QUEUED)
    inputs = models.JSONField(default=dict)
    mark = models.JSONField(null=True)
    result = models.JSONField(default=dict)
    stage = models.CharField(max_length=120, blank=True)
    detail = models.TextField(blank=True)  # why it waits, failed or was cancelled, for people
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    actor_local_id = models.CharField(max_length=150)
    actor_ip = models.CharField(max_length=50)
    approved_by = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True)

    cancel_asked = models.BooleanField(default=False)
    interruptions = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "id"], name="job_status"),
            models.Index(fields=["user", "id"], name="job_user"),
            models.Index(fields=["kind", "id"], name="job_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.status}"

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def detail_words(self) -> str:
        """`detail` in the reader's language."""
        return in_own_language(self.detail)

    @property
    def stage_words(self) -> str:
        """`stage` in the reader's language."""
        return in_own_language(self.stage)


OVER = (
    Job.Status.COMPLETED, Job.Status.COMPLETED_WITH_PROBLEMS, Job.Status.FAILED, Job.Status.CANCELLED,
    Job.Status.INTERRUPTED,
)  # fmt: skip


class JobRow(models.Model):
    """One record that did not simply succeed: what happened to it, in words for people."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="rows")
    entity = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60)
    key = models.CharField(max_length=60, blank=True)
    school_code = models.CharField(max_length=4, blank=True)
    code = models.CharField(max_length=40)  # for programs: moved, settled, not_allowed, …
    message = models.TextField()
    failed = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.entity} {self.subject_id}: {self.code}"

    @property
    def words(self) -> str:
        """`message` in the reader's language."""
        return in_own_language(self.message)
