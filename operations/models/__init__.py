from operations.models.audit import AuditEntry
from operations.models.error import ErrorEntry
from operations.models.heartbeat import Heartbeat
from operations.models.idempotency import IdempotencyKey
from operations.models.job import Job, JobRow
from operations.models.notice import Notice
from operations.models.pending import PendingTask
from operations.models.people import ApiToken, Invitation, User
from operations.models.reading import ReadEntry
from operations.models.remembered import RememberedList
from operations.models.settings import ApprovalSettings, KeepingSettings

__all__ = [
    "ApiToken", "ApprovalSettings", "AuditEntry", "ErrorEntry", "Heartbeat", "IdempotencyKey", "Invitation", "Job", "JobRow", "KeepingSettings", "Notice",
    "PendingTask", "ReadEntry", "RememberedList", "User",
]  # fmt: skip
