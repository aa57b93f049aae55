from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models import Job
from pasi_connect.models.discrepancy import Decision


class Action(models.Model):
    """One thing that a person did, on one record or many: a decision, a bulk of them, a guided action, a year end.

    Taken back as a whole. `given` is what the person entered; `due_on` is set while a planned action waits for its day.
    """

    class Kind(models.TextChoices):
        DECISION = "decision", _("Decision")
        BULK_DECISION = "bulk_decision", _("Bulk decisions")
        WITHDRAW = "withdraw", _("Withdraw")
        CORRECT_LAST_DAY = "correct_last_day", _("Correct the last day")
        NEVER_ATTENDED = "never_attended", _("Never attended")
        ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")
        UNDELETE = "undelete", _("Undelete")
        WITHDRAWAL_WAS_A_MISTAKE = "withdrawal_was_a_mistake", _("The withdrawal was a mistake")
        ENROL = "enrol", _("New enrolment")
        RETURN = "return", _("Return")
        TRANSFER_OUT = "transfer_out", _("Transfer out")
        CLOSE_CONCURRENT = "close_concurrent", _("Close a concurrent enrolment")
        END_COURSES = "end_courses", _("End course enrolments")
        YEAR_END = "year_end", _("Year end")
        EXIT_CODES = "exit_codes", _("Exit codes in bulk")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Failed")  # its day came and something had changed: a person looks
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(max_length=30, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.DONE)
    school_code = models.CharField(max_length=4, blank=True)  # where it was done; blank for several schools
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    actor_local_id = models.CharField(max_length=150)
    actor_ip = models.CharField(max_length=50)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    inputs = models.JSONField(default=dict)
    due_on = models.DateField(null=True)
    detail = models.TextField(blank=True)  # why it stopped
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)
    undo_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "id"], name="action_kind"),
            models.Index(fields=["due_on"], name="action_planned", condition=models.Q(status="planned")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def shown_status(self) -> str:
        """As people see it: what a job does is planned until the job begins, and cancelled when it never did. Reads the job."""
        if self.status != self.Status.DONE or self.job is None or self.job.started_at is not None:
            return self.status
        return self.Status.CANCELLED if self.job.is_over else self.Status.PLANNED


class ActionRecord(models.Model):
    """What an action did with one record: the values before and after, by field; `before` is null for a record it made.

    `chained`: its submission goes out only after that of the record before it in `order` is in PASI (one action, several
    submissions). Set to False when it has been let go.
    """

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="records")
    order = models.PositiveIntegerField(default=0)
    entity = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=60, blank=True)
    school_code = models.CharField(max_length=4)
    before = models.JSONField(null=True)
    after = models.JSONField(default=dict)
    revision_after = models.PositiveIntegerField(null=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="action_records")
    chained = models.BooleanField(default=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order", "id"]
        indexes = [
            models.Index(fields=["key", "id"], name="action_record_ref"),
            models.Index(fields=["entity", "subject_id", "id"], name="action_record_subject"),
            models.Index(fields=["school_code", "action"], name="action_record_school"),
            models.Index(fields=["subject_id"], name="action_record_chained", condition=models.Q(chained=True)),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.subject_id} in {self.action_id}"


class BulkSelection(models.Model):
    """What a bulk decision was started on, as it was seen then: one row however long the list.

    `ids` and `versions` of the items to decide, in the order in which they are decided; `left_out` are ids of items that the
    filter found and whose kind nobody named.
    """

    action = models.OneToOneField(Action, on_delete=models.CASCADE, primary_key=True, related_name="selection")
    ids = models.JSONField(default=list)
    versions = models.JSONField(default=list)
    left_out = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{len(self.ids)} items of action {self.action_id}"
