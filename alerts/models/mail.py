"""E-mail as rows: planned, claimed, sent. No row holds student data; nor does any mail."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MailChoice(models.Model):
    """What a person wants by e-mail; without a row: daily.

    `floor`: items up to this id need no mail at once any more. `turn` rises with each mail at once, so that of two processes
    that plan the same one the first wins.
    """

    class How(models.TextChoices):
        DAILY = "daily", _("Daily: changes older than two days")
        AT_ONCE = "at_once", _("Immediately for each new change, and daily for changes older than two days")
        OFF = "off", _("No e-mail")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    how = models.CharField(_("e-mail about changes"), max_length=8, choices=How, default=How.DAILY)
    floor = models.BigIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.how}"


class MailedItem(models.Model):
    """An item that one person got a mail about at once. Rows at or below the choice's floor are removed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    item_id = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "item_id"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.item_id} to {self.user_id}"


class Mail(models.Model):
    """One mail. The row is written before anything is sent; who claims it sends it, and nobody sends it twice.

    `key` names the mail among those of its kind and person: the day, the turn, or a number of its own. It tells of what happened
    after `since` up to `until`. A claim whose process died leaves `unknown`: it may have gone out, so it is not sent again.
    """

    class Kind(models.TextChoices):
        DAILY = "daily", _("Daily digest")
        AT_ONCE = "at_once", _("Immediate")
        TEST = "test", _("Test e-mail")
        NOTICE = "notice", _("Notice")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Delivery unknown")
        FAILED = "failed", _("Not sent")

    OVER = (Status.SENT, Status.UNKNOWN, Status.FAILED)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status, default=Status.PLANNED)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    address = models.EmailField()
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    planned_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "key"], name="mail_once")]
        indexes = [
            models.Index(
                fields=["status", "next_attempt_at"], name="mail_due", condition=Q(status__in=["planned", "sending"])
            ),
            models.Index(fields=["user", "id"], name="mail_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} to {self.user_id}: {self.status}"


class DigestDay(models.Model):
    """How far the digests of one day have been planned: everybody up to the user `upto` has been looked at."""

    day = models.DateField(primary_key=True)
    upto = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.day.isoformat()
