from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Absence(models.Model):
    """Somebody is away from the first to the last day, and a colleague stands in. It ends by itself, or before by `ended_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    stand_in = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["first_day", "id"]
        indexes = [
            models.Index(fields=["last_day"], name="absence_present", condition=Q(ended_at=None)),
            models.Index(fields=["user", "last_day"], name="absence_user"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_forward"),
            models.CheckConstraint(condition=~Q(user=F("stand_in")), name="absence_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.first_day} to {self.last_day}"
