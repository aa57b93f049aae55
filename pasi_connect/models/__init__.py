from pasi_connect.models.action import Action, ActionRecord, BulkSelection
from pasi_connect.models.contract_change import ContractChange
from pasi_connect.models.copies import (
    AuthorityCopy,
    CodeValue,
    EnrolmentCopy,
    FieldTable,
    LocalCopy,
    MissingRecord,
    SchoolCopy,
    SectionCopy,
    StudentCopy,
    SyncCursor,
)
from pasi_connect.models.discrepancy import Decision, Discrepancy
from pasi_connect.models.exchange import Exchange, ExchangePart
from pasi_connect.models.failure import Failure
from pasi_connect.models.link import Link, LinkState, ListenerLease
from pasi_connect.models.settings import CallerSettings, ConnectionSettings, SyncSettings
from pasi_connect.models.submission import Submission

__all__ = [
    "Action",
    "ActionRecord",
    "AuthorityCopy",
    "BulkSelection",
    "CallerSettings",
    "CodeValue",
    "ConnectionSettings",
    "ContractChange",
    "Decision",
    "Discrepancy",
    "EnrolmentCopy",
    "Exchange",
    "ExchangePart",
    "Failure",
    "FieldTable",
    "Link",
    "LinkState",
    "ListenerLease",
    "LocalCopy",
    "MissingRecord",
    "SchoolCopy",
    "SectionCopy",
    "StudentCopy",
    "Submission",
    "SyncCursor",
    "SyncSettings",
]
