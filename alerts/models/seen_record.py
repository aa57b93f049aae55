from django.conf import settings
from django.db import models


class SeenRecord(models.Model):
    """A school has taken note of another school's record of its student, at this version; a newer one is shown again."""

    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    school_code = models.CharField(max_length=4)
    core_version = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    who = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key", "entity", "school_code", "core_version"], name="seen_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} at {self.school_code}"
