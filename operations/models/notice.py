from django.conf import settings
from django.db import models


class Notice(models.Model):
    """Something that a school, one person, or without either those who run the product, must know and that asks for no decision.
    Ended by "Seen".

    `kind` names the sentence (`offers.notices`), which is made of `values` in the reader's language; `url` leads to the record.
    """

    school_code = models.CharField(max_length=4, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    values = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["school_code", "id"], name="notice_unseen", condition=models.Q(seen_at=None)),
            models.Index(fields=["person", "id"], name="notice_unseen_person", condition=models.Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.school_code}"
