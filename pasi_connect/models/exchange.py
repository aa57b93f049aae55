from django.db import models
from django.utils.translation import gettext_lazy as _

from pasi_connect.models.submission import Submission


class Outcome(models.TextChoices):
    PENDING = "", _("On its way")
    ACCEPTED = "accepted", _("Accepted")
    NO_CHANGE = "no_change", _("No change")
    REJECTED = "rejected", _("Rejected")
    VERSION_CONFLICT = "version_conflict", _("Version conflict")
    NOT_AUTHORIZED = "not_authorized", _("Not authorized")
    OUR_FAULT = "our_fault", _("Error in our message")
    NOT_YET = "not_yet", _("Not ready yet")
    PASI_FAULT = "pasi_fault", _("Error in PASI")
    UNAVAILABLE = "unavailable", _("Unavailable")
    UNKNOWN = "unknown", _("Unknown")


WITH_BODIES = ~models.Q(request_body="") | ~models.Q(answer_body="")


class Exchanges(models.QuerySet["Exchange"]):
    def carrying(self, submission_id: int) -> "Exchanges":
        """The calls that carried the submission, alone or with others."""
        parts = ExchangePart.objects.filter(submission=submission_id).values("exchange")
        return self.filter(models.Q(submission=submission_id) | models.Q(pk__in=parts))


class Exchange(models.Model):
    """One call to PASI, written before it is made. Bodies are kept only while the setting says so.

    `submission` and `key` are those of the first record of a call that carries several; all of them are its `parts`.
    """

    message_id = models.UUIDField(unique=True)
    operation = models.CharField(max_length=60)
    key = models.CharField(max_length=60, blank=True)
    submission = models.ForeignKey(Submission, on_delete=models.SET_NULL, null=True, related_name="exchanges")
    school_code = models.CharField(max_length=4, blank=True)
    organization = models.CharField(max_length=6)
    person_name = models.CharField(max_length=200)
    person_local_id = models.CharField(max_length=150)
    person_username = models.CharField(max_length=150, blank=True)  # who acted here, whatever name PASI was given
    person_full_name = models.CharField(max_length=301, blank=True)
    person_ip = models.CharField(max_length=50)
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, default=Outcome.PENDING)
    code = models.CharField(max_length=10, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    request_bytes = models.PositiveIntegerField(default=0)
    answer_bytes = models.PositiveIntegerField(default=0)
    request_body = models.TextField(blank=True)
    answer_body = models.TextField(blank=True)

    objects = Exchanges.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["operation", "id"], name="exchange_operation"),
            models.Index(fields=["outcome", "id"], name="exchange_outcome"),
            models.Index(fields=["school_code", "id"], name="exchange_school"),
            models.Index(fields=["id"], name="exchange_bodies", condition=WITH_BODIES),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.message_id}"


class ExchangePart(models.Model):
    """One record of a call that carried several, and what PASI said of it."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="parts")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, default=Outcome.PENDING)
    code = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["exchange", "submission"], name="part_of_a_call_once")]
        indexes = [models.Index(fields=["key"], name="exchange_part_key")]

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.key}"
