from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Who did what to which record, when and why. Written by the services, never changed, never deleted."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    actor_ip = models.CharField(max_length=50, blank=True)
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60, blank=True)
    school_code = models.CharField(max_length=4, blank=True)
    changes = models.JSONField(default=dict)  # field -> [before, after]
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["school_code", "id"], name="audit_school"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    def save(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        if self.pk and not self._state.adding:
            raise TypeError("An audit entry is never changed.")
        super().save(*args, **kwargs)
