from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    """What can be done to a record, as the audit keeps it; the label is how people read it."""

    ABSENCE_PLANNED = "absence planned", _("Absence planned")
    ABSENCE_ENDED = "absence ended", _("Absence ended")
    ASSIGNED = "assigned", _("Assigned")
    SNOOZED = "snoozed", _("Postponed")
    MAIL_CHOICE_CHANGED = "mail choice changed", _("E-mail choice changed")
    OTHER_RECORD_SEEN = "other record seen", _("Another school’s record seen")
    NOTICE_SEEN = "notice seen", _("Notice seen")
    PROFILE_CHANGED = "profile changed", _("Profile changed")
    PASSWORD_SET = "password set", _("Password set")
    USER_ADDED = "user added", _("Person added")
    USER_CHANGED = "user changed", _("Person changed")
    USER_SCHOOLS_CHANGED = "schools of a person changed", _("Schools of a person changed")
    SERVICE_ACCOUNT_ADDED = "service account added", _("Service account added")
    ROLE_CHANGED = "role changed", _("Role changed")
    LOGIN_UNLOCKED = "login unlocked", _("Sign-in unlocked")
    INVITATION_MADE = "invitation made", _("Invitation sent")
    TOKEN_MADE = "token made", _("API token created")
    TOKEN_REVOKED = "token revoked", _("API token revoked")
    JOB = "job", _("Job")
    SETTINGS_CHANGED = "settings changed", _("Settings changed")
    CONNECTION_TESTED = "connection tested", _("Connection tested")
    CERTIFICATE_INSTALLED = "certificate installed", _("Certificate installed")
    CERTIFICATE_REPLACED = "certificate replaced", _("Certificate replaced")
    CODE_VALUES_READ = "code values read", _("Code values read")
    AUTHORITY_CREATED = "authority created", _("School authority added")
    AUTHORITY_RENAMED = "authority renamed", _("School authority renamed")
    EXTERNAL_ID_SET = "external ID set", _("External ID set by a load")
    RECORD_LOADED = "record loaded", _("Added by a load")
    RECORD_CHANGED_BY_LOAD = "record changed by load", _("Changed by a load")
    SCHOOL_CREATED = "school created", _("School added")
    SCHOOL_RENAMED = "school renamed", _("School renamed")
    SCHOOL_STATE_CHANGED = "school state changed", _("State of a school changed")
    STUDENT_CREATED = "student created from PASI", _("Student added from PASI")
    STUDENT_CHANGED = "student changed", _("Student changed")
    ASN_REPLACED = "ASN replaced", _("ASN replaced")
    ENROLMENT_CREATED = "enrolment created", _("Enrolment entered")
    ENROLMENT_CHANGED = "enrolment changed", _("Enrolment changed")
    ENROLMENT_MOVED = "enrolment moved", _("Enrolment moved")
    COURSE_ENROLMENT_BEGUN = "course enrolment begun", _("Course enrolment started")
    COURSE_ENROLMENT_ENDED = "course enrolment ended", _("Course enrolment ended")
    COURSE_ENROLMENT_REMOVED = "course enrolment removed", _("Course enrolment removed")
    COURSE_ENROLMENT_CARRIED_ON = "course enrolment carried on", _("Course enrolment continued")
    COURSE_ENROLMENT_CHANGED = "course enrolment changed", _("Course enrolment changed")
    COURSE_ENROLMENT_RESTORED = "course enrolment restored", _("Course enrolment restored")
    GRADE_STORED = "grade stored", _("Grade stored")
    SECTION_CREATED = "section created", _("Section added")
    SECTION_CHANGED = "section changed", _("Section changed")
    TERM_CHANGED = "term changed", _("Term changed")
    SPELLING_AGREED = "spelling agreed", _("Spelling for PASI approved")
    SUBMISSION = "submission", _("Submission")
    SENT_NOW = "sent now", _("Sent now")
    SCHOOL_SENT_NOW = "school sent now", _("School sent now")
    FAILURE_FREED = "freed", _("Failed record tried again")
    VANISHED_APPROVED = "vanished records approved", _("Missing records approved")
    PASI_READ_REPLACED = "PASI read and replaced", _("Compared with PASI, SIS values sent")
    PASI_READ_TAKEN = "PASI read and taken", _("Compared with PASI, PASI’s values taken")
    DISCREPANCY_OPENED = "discrepancy opened", _("Differs from PASI")
    DISCREPANCY_SETTLED = "discrepancy settled", _("Both sides match again")
    ACCEPTED_PASI = "accepted PASI", _("Accepted PASI")
    KEPT_SIS = "kept SIS", _("Kept SIS")
    ACCEPTED_IN_PART = "accepted PASI in part", _("Decided field by field")
    LINKED_ANEW = "linked anew", _("Relinked")
    DECISION_UNDONE = "decision undone", _("Decision undone")
    ACTION_UNDONE = "action undone", _("Action undone")
    PLANNED_ACTION_DONE = "planned action done", _("Planned action completed")
    PLANNED_ACTION_STOPPED = "planned action stopped", _("Planned action failed")
    EXIT_CODES_SET = "exit codes in bulk", _("Exit codes in bulk")
    YEAR_END_RUN = "year end run", _("Year end run")
    RECONCILIATION_MADE = "reconciliation made", _("Reconciliation added")
    RECONCILIATION_FILES_CHANGED = "reconciliation files changed", _("Files of a reconciliation changed")
    RECONCILIATION_FILES_TURNED = "reconciliation files turned", _("Files of a reconciliation swapped")
    RECONCILIATION_COMPARED = "reconciliation compared", _("Reconciliation compared")
    RECONCILIATION_REMOVED = "reconciliation removed", _("Reconciliation removed")
    DEMO_DISTRICT_MADE = "demo district made", _("Demo district created")
    DEMO_WORK_MADE = "demo work made", _("Demo work created")


class AuditEntry(models.Model):
    """Who did what to which record, when and why. Written by the services, never changed, never deleted."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=200)  # as PASI is told, with the program
    actor_username = models.CharField(max_length=150, blank=True)  # who it was here, at that time
    actor_full_name = models.CharField(max_length=301, blank=True)
    actor_ip = models.CharField(max_length=50, blank=True)
    action = models.CharField(max_length=60)
    entity = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=60, blank=True)
    school_code = models.CharField(max_length=4, blank=True)
    changes = models.JSONField(default=dict)  # field -> [before, after]
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["entity", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["school_code", "id"], name="audit_school"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("An audit entry is never changed.")
        if self.action not in Verb.values:
            raise TypeError("An audit entry has one of the verbs.")
        super().save(*args, **kwargs)
