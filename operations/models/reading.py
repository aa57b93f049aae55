from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReadEntry(models.Model):
    """Who has seen which student, or which list of students, and when. Written by `operations.reading` alone, never changed.

    One row a person, program, student and hour; a list, a search or a file is one row with its filter, which may hold a
    student's name. `student_id` is the student's number, of which this app knows no more; null for a list, and for a record whose
    student is not here. `place` is the name of the address.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        LISTED = "listed", _("Listed")
        SEARCHED = "searched", _("Searched")
        EXPORTED = "exported", _("Exported")
        DOWNLOADED = "downloaded", _("Downloaded")

    at = models.DateTimeField(db_index=True)
    hour = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    program = models.CharField(max_length=100, blank=True)  # of the token that was sent; blank: in the browser
    ip = models.CharField(max_length=50, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    place = models.CharField(max_length=80)
    filter = models.TextField(blank=True)
    filter_digest = models.CharField(max_length=32, blank=True)
    student_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "user", "program", "student_id"],
                condition=Q(student_id__isnull=False),
                name="read_student_once",
            ),
            models.UniqueConstraint(
                fields=["hour", "user", "program", "place", "filter_digest"],
                condition=Q(student_id=None),
                name="read_list_once",
            ),
        ]
        indexes = [
            models.Index(fields=["student_id", "id"], name="read_student", condition=Q(student_id__isnull=False)),
            models.Index(fields=["user", "id"], name="read_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.place}"
