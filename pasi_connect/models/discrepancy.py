from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pasi_connect.models.relations import SubjectOf, relation
from pasi_connect.models.submission import Submission
from sis.models import SchoolEnrolment, Section, Student
from sis.models.fields import SchoolYearField


class Kind(models.TextChoices):
    CHANGED_IN_PASI = "changed_in_pasi", _("Only PASI changed")
    CHANGED_ON_BOTH = "changed_on_both", _("Conflict: both sides changed")
    NEVER_AGREED = "never_agreed", _("Never agreed")
    CREATED_IN_PASI = "created_in_pasi", _("Created in PASI")
    DELETED_IN_PASI = "deleted_in_pasi", _("Deleted in PASI")
    RESTORED_IN_PASI = "restored_in_pasi", _("Restored in PASI")
    MISSING_IN_PASI = "missing_in_pasi", _("Missing in PASI")
    IDENTITY_CHANGED_IN_PASI = "identity_changed_in_pasi", _("Identity changed in PASI")


# A first comparison brings thousands at once: they wait in a view of their own, and count nowhere else.
WAITS = Q(status="open", undecided__gt=0, first_comparison=False)
FIRST = Q(status="open", undecided__gt=0, first_comparison=True)


class Discrepancy(models.Model):
    """SIS record and local copy differ, and a person decides. Opens, follows and settles by itself.

    `fields`: [{"name", "agreed", "sis", "pasi", "state"}], values as in JSON; state is a kind, or `reset` while a rejected
    change is being reset. `undecided` is the number of fields that wait for a person. `first_comparison`: none of them was ever
    compared before, since the record or the field is new to us; whether the record lives is not among them.
    `version` is one opaque text for the SIS record and the core version shown.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SETTLED = "settled", _("Settled")

    kind = models.CharField(max_length=32, choices=Kind)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    entity = models.CharField(max_length=40, default="school_enrolment")
    key = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)  # its SIS record, where there is one
    school_enrolment = SubjectOf(SchoolEnrolment, entity="school_enrolment", related_name="+")
    section = SubjectOf(Section, entity="section", related_name="+")
    student = SubjectOf(Student, entity="student", related_name="+")
    school_code = models.CharField(max_length=4)
    school_year = SchoolYearField(null=True)
    asn = models.CharField(max_length=9, blank=True)
    fields = models.JSONField(default=list)
    undecided = models.PositiveSmallIntegerField(default=0)
    first_comparison = models.BooleanField(default=False)
    core_version = models.BigIntegerField(default=0)
    version = models.CharField(max_length=40)
    changed_by = models.CharField(max_length=200, blank=True)
    alike = models.CharField(max_length=16, blank=True, editable=False)  # the same for alike changes: rules.alike
    changed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(
        max_length=20, blank=True
    )  # itself, accept, reject, mixed, link_anew, former, restored

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["key", "entity"], condition=Q(status="open"), name="one_open_a_record")
        ]
        indexes = [
            models.Index(fields=["key", "id"], name="discrepancy_ref"),
            models.Index(fields=["subject_id"], name="discrepancy_subject"),
            models.Index(fields=["status", "id"], name="discrepancy_status"),
            models.Index(fields=["school_code", "status", "id"], name="discrepancy_school"),
            # The tabs of the inbox count and list by these, whatever else has ever been settled.
            models.Index(fields=["kind", "id"], name="discrepancy_waits", condition=WAITS),
            models.Index(fields=["school_code", "kind", "id"], name="discrepancy_waits_school", condition=WAITS),
            models.Index(fields=["alike", "id"], name="discrepancy_alike", condition=WAITS),
            models.Index(fields=["school_code", "entity", "id"], name="discrepancy_first", condition=FIRST),
            models.Index(fields=["id"], name="discrepancy_reset", condition=Q(status="open", undecided=0)),
            models.Index(fields=["settled_at"], name="discrepancy_settled", condition=Q(status="settled")),
            models.Index(fields=["core_version"], name="discrepancy_core_version"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entity} {self.key}"

    @property
    def record(self) -> Any:
        """Its SIS record, of whichever kind; None where there is none."""
        return getattr(self, relation(Discrepancy, self.entity))

    @record.setter
    def record(self, record: Any) -> None:
        setattr(self, relation(Discrepancy, self.entity), record)

    @property
    def is_record_loaded(self) -> bool:
        return Discrepancy._meta.get_field(relation(Discrepancy, self.entity)).is_cached(self)  # type: ignore[union-attr]

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class Decision(models.Model):
    """What a person decided, with both pictures, for ever."""

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)
    accepted = models.JSONField(default=list)  # field names
    rejected = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    picture = models.JSONField()  # the item's fields as they were decided on
    agreed_before = models.JSONField(null=True)
    revision_after = models.PositiveIntegerField(null=True)
    created_record = models.BooleanField(default=False)
    submission = models.ForeignKey(Submission, on_delete=models.SET_NULL, null=True, related_name="+")
    # Of a record decided as a whole: what its undo puts back. {"record": its id} of one that was made here, of the discrepancy's
    # kind; {"student", "school", "school_year", "asn"} of one that followed its identity; {"link": its columns} of one that was
    # linked anew.
    before = models.JSONField(default=dict)
    revision_undone = models.PositiveIntegerField(null=True)  # the SIS record's, after the undo
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"decision on {self.discrepancy_id}"
