"""Who looks after a change from PASI. It keeps nobody else from deciding."""

from django.conf import settings
from django.db import models


class Assignment(models.Model):
    """The present one of a record. It belongs to the PASI record, not to one item: an item that opens again is still theirs."""

    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    given_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["key", "entity"], name="assigned_once")]
        indexes = [models.Index(fields=["user", "key"], name="assignment_user")]

    def __str__(self) -> str:
        return f"{self.key} to {self.user_id}"


class AssignmentStep(models.Model):
    """One step of its history: from whom to whom, by whom and why. `before` and `after` are null where nobody had it."""

    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    item_id = models.BigIntegerField()
    school_code = models.CharField(max_length=4)
    at = models.DateTimeField()
    before = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["key", "id"], name="assignment_step_ref")]

    def __str__(self) -> str:
        return f"{self.key}: {self.before_id} to {self.after_id}"
