from django.conf import settings
from django.db import models

from sis.models.student import Student


class Origin(models.TextChoices):
    SIS = "sis"
    PASI = "pasi"


class DataEvent(models.Model):
    """ "Look at this record again": written in the transaction of every change, also while synchronization is off.

    It carries no values. What is sent is computed from the state at that time. `collected_at` is set when the change has
    become (part of) a submission; `seen_version` is the PASI version that the person saw. `bulk` is set where
    many records changed in one go: a person's change to a single record is collected before these.
    """

    at = models.DateTimeField()
    entity = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    student = models.ForeignKey(Student, on_delete=models.PROTECT, null=True, related_name="+")
    school_code = models.CharField(max_length=4, blank=True)
    fields = models.JSONField(default=list)
    origin = models.CharField(max_length=4, choices=Origin, default=Origin.SIS)
    seen_version = models.BigIntegerField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    actor_local_id = models.CharField(max_length=150)
    actor_ip = models.CharField(max_length=50)
    collected_at = models.DateTimeField(null=True)
    bulk = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["entity", "bulk", "id"], name="event_turn", condition=models.Q(collected_at=None)),
            models.Index(fields=["student", "id"], name="event_of_student", condition=models.Q(collected_at=None)),
            models.Index(fields=["entity", "subject_id", "id"], name="event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.subject_id}"
