from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from pasi_connect.models.relations import SubjectOf, relation
from sis.models import SchoolEnrolment, Section, Student


class Links(models.QuerySet["Link"]):
    def of(self, entity: str, subject_ids: Iterable[int]) -> "Links":
        """Those of SIS records of one kind."""
        return self.filter(entity=entity, subject_id__in=subject_ids)


class Link(models.Model):
    """Ties a SIS record to its PASI record by its key there; a RefId is made and stored before anything is sent.

    `agreed` holds, per compared field, the value when both sides were last known equal (None: never).
    `kept` holds, per field whose change in PASI a person rejected, PASI's value that we are about to reset.
    `written` holds, per text field, what a person agreed to send for a text outside Latin-1: {field: {ours: sent}}.
    `unmatched`: a load has made the record, and nobody knows yet whether PASI has it already under another key.
    `hidden_at`: since when PASI has the record and does not show it to us; the local copy has vanished then.
    """

    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    school_enrolment = SubjectOf(SchoolEnrolment, entity="school_enrolment", related_name="links")
    section = SubjectOf(Section, entity="section", related_name="links")
    student = SubjectOf(Student, entity="student", related_name="links")
    agreed = models.JSONField(null=True)
    agreed_at = models.DateTimeField(null=True)
    agreed_digest = models.CharField(max_length=32, blank=True)
    kept = models.JSONField(default=dict)
    written = models.JSONField(default=dict)
    accepted_version = models.BigIntegerField(default=0)  # the last version that PASI gave one of our submissions
    hidden_at = models.DateTimeField(null=True)
    unmatched = models.BooleanField(default=False)

    objects = Links.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "entity"], name="link_once"),
            models.UniqueConstraint(fields=["subject_id", "entity"], name="link_of_a_subject"),
        ]
        indexes = [models.Index(fields=["entity", "id"], name="link_unmatched", condition=models.Q(unmatched=True))]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"

    @property
    def record(self) -> Any:
        """Its SIS record, of whichever kind."""
        return getattr(self, relation(Link, self.entity))

    @record.setter
    def record(self, record: Any) -> None:
        setattr(self, relation(Link, self.entity), record)


class LinkState(models.Model):
    """Is PASI reachable? One row."""

    class State(models.TextChoices):
        UP = "up", _("reachable")
        DOWN = "down", _("unavailable")
        NOT_AUTHORIZED = "not_authorized", _("refusing our connection")
        UNKNOWN = "unknown", _("not checked yet")

    state = models.CharField(max_length=16, choices=State, default=State.UNKNOWN)
    since = models.DateTimeField(null=True)
    last_answer_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    next_probe_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=10, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.state

    @classmethod
    def load(cls) -> "LinkState":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class ListenerLease(models.Model):
    """One listener at a time, on whichever host."""

    holder = models.CharField(max_length=120)
    until = models.DateTimeField()
    fence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.holder
