from operations.models.audit import AuditEntry
from operations.models.heartbeat import Heartbeat
from operations.models.idempotency import IdempotencyKey
from operations.models.people import ApiToken, User

__all__ = ["ApiToken", "AuditEntry", "Heartbeat", "IdempotencyKey", "User"]
