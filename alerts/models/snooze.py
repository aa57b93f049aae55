from django.conf import settings
from django.db import models


class Snooze(models.Model):
    """Somebody looks at a change again on a later day, and says why. Shown with it; hidden from nobody, decided by everybody."""

    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    until = models.DateField()
    reason = models.TextField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    who = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["key", "entity"], name="snoozed_once")]

    def __str__(self) -> str:
        return f"{self.key} until {self.until}"
