from alerts.models.absence import Absence
from alerts.models.assignment import Assignment, AssignmentStep
from alerts.models.mail import DigestDay, Mail, MailChoice, MailedItem
from alerts.models.seen_record import SeenRecord
from alerts.models.snooze import Snooze

__all__ = [
    "Absence",
    "Assignment",
    "AssignmentStep",
    "DigestDay",
    "Mail",
    "MailChoice",
    "MailedItem",
    "SeenRecord",
    "Snooze",
]
