from pasi_connect.models.action import Action, ActionRecord, BulkSelection
from pasi_connect.models.copies import (
    AuthorityCopy,
    CodeValue,
    EnrolmentCopy,
    LocalCopy,
    SchoolCopy,
    StudentCopy,
    SyncCursor,
)
from pasi_connect.models.discrepancy import Decision, Discrepancy
from pasi_connect.models.exchange import Exchange
from pasi_connect.models.link import EnrolmentLink, LinkState, ListenerLease
from pasi_connect.models.settings import CallerSettings, ConnectionSettings, SyncSettings
from pasi_connect.models.submission import Submission
from pasi_connect.models.year_end import YearEndRehearsal, YearEndRow

__all__ = [
    "Action",
    "ActionRecord",
    "AuthorityCopy",
    "BulkSelection",
    "CallerSettings",
    "CodeValue",
    "ConnectionSettings",
    "Decision",
    "Discrepancy",
    "EnrolmentCopy",
    "EnrolmentLink",
    "Exchange",
    "LinkState",
    "ListenerLease",
    "LocalCopy",
    "SchoolCopy",
    "StudentCopy",
    "Submission",
    "SyncCursor",
    "SyncSettings",
    "YearEndRehearsal",
    "YearEndRow",
]
