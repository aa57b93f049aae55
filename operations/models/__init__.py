from operations.models.audit import AuditEntry
from operations.models.heartbeat import Heartbeat
from operations.models.idempotency import IdempotencyKey
from operations.models.job import Job, JobRow
from operations.models.notice import Notice
from operations.models.people import ApiToken, User

__all__ = ["ApiToken", "AuditEntry", "Heartbeat", "IdempotencyKey", "Job", "JobRow", "Notice", "User"]
