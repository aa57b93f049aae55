from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    HELD = "held", _("Held")
    IN_FLIGHT = "in_flight", _("On its way")
    CHECKING = "checking", _("Checking the outcome")
    ACCEPTED = "accepted", _("In PASI")
    NO_CHANGE = "no_change", _("Nothing to send")
    REJECTED = "rejected", _("Rejected")
    NEEDS_REVIEW = "needs_review", _("Needs review")
    DEAD = "dead", _("Dead letter")
    CANCELLED = "cancelled", _("Cancelled")


QUEUED = (Status.WAITING, Status.HELD)
FLYING = (Status.IN_FLIGHT, Status.CHECKING)
STUCK = (Status.REJECTED, Status.NEEDS_REVIEW, Status.DEAD)  # a person is needed
LIVE = (*QUEUED, *FLYING, *STUCK)
ENDED = (Status.ACCEPTED, Status.NO_CHANGE, Status.CANCELLED)


class Submission(models.Model):
    """One record on its way to PASI. The row is the work: who holds its lease may send it, nobody else.

    `lane` is the unit of order (the student), and `place` the order within it: the id of the first data event that the
    submission carries, whenever that was taken up. `bulk` lets single changes of people go before it, lane by lane.
    `seen_version` is PASI's version that the person had before their eyes, advanced only along versions that our own accepted
    submissions made. `fence` rises with each claim; an outcome is written only by the holder of the latest.
    """

    entity = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    lane = models.CharField(max_length=60)
    place = models.BigIntegerField(default=0)
    bulk = models.BooleanField(default=False)
    key = models.CharField(max_length=60, db_index=True)
    school_code = models.CharField(max_length=4)
    fields = models.JSONField(default=list)
    # Of a kind that is sent in parts: which one, and PASI's RefId of it once it has been sent.
    part = models.CharField(max_length=40, blank=True)
    item = models.CharField(max_length=60, blank=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    rejections = models.JSONField(default=list)  # [{"code", "message"}]

    seen_version = models.BigIntegerField()
    live_version = models.BigIntegerField(
        null=True
    )  # seen by a person in a live read, where PASI does not announce the year's changes
    base_version = models.BigIntegerField(null=True)  # sent with
    core_version = models.BigIntegerField(null=True)  # answered
    sent_document = models.BinaryField(null=True)  # what was sent last, compressed XML
    sent_fields = models.JSONField(default=list)

    alone = models.BooleanField(default=False)  # a call that carried it with others was refused as a whole

    attempts = models.PositiveIntegerField(default=0)
    faults = models.PositiveSmallIntegerField(default=0)  # tries that ended in an exception of our own
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_holder = models.CharField(max_length=120, blank=True)
    fence = models.BigIntegerField(default=0)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    actor_local_id = models.CharField(max_length=150)
    actor_ip = models.CharField(max_length=50)

    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "subject_id", "part"],
                condition=Q(status__in=["waiting", "held"]),
                name="one_queued_a_part",
            ),
            models.UniqueConstraint(
                fields=["lane"], condition=Q(status__in=["in_flight", "checking"]), name="one_flying_a_lane"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="submission_status"),
            models.Index(fields=["entity", "subject_id", "id"], name="submission_subject"),
            models.Index(fields=["bulk", "place", "id"], name="submission_turn", condition=Q(status="waiting")),
            models.Index(fields=["lane", "place", "id"], name="submission_lane"),
            models.Index(fields=["school_code", "status", "id"], name="submission_school"),
            models.Index(fields=["finished_at"], name="submission_finished", condition=Q(status="accepted")),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.subject_id}: {self.status}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE
