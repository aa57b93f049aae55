"""A row of the table of addresses, and the statuses by actor that many rows share: those of `access_table.COLUMNS`, in their order."""

from dataclasses import dataclass, field
from typing import Any

# Reads
EVERYBODY = "200 200 200 200 200"
PAGE = "302 200 200 200 200"  # a list or a page of one's own
IN_SCOPE = "302 200 404 200 200"
API_LIST = "401 200 200 200 200"
API_ITEM = "401 200 404 200 200"
API_OWN = "401 200 404 200 200"  # made by registrar A
# Permissions: registrars and district officers edit and decide, the administrator decides nothing
DECIDES_OK = "302 302 404 302 403"
DECIDES_REFUSED = "302 422 404 422 403"
API_DECIDES = "401 200 404 200 403"
API_YEAR_END = "401 403 403 202 403"
API_YEAR_END_READ = "401 403 403 200 403"
API_RECONCILES = "401 403 403 200 403"
DISTRICT_READS = "302 403 403 200 403"
SETS_UP = "302 403 403 200 200"
FOR_ADMINISTRATORS = "302 403 403 403 200"
ADMINISTRATOR_DOES = "302 403 403 403 302"
ADMINISTRATOR_REFUSED = "302 403 403 403 422"
RECONCILES = "302 403 403 200 403"
RECONCILES_DOES = "302 403 403 302 403"
RECONCILES_REFUSED = "302 403 403 422 403"
NO_RESULT = "302 403 403 404 403"  # the world's run has none
FOR_NOBODY = "404 404 404 404 404"
# Guided actions that start from one enrolment, as their addresses name them.
GUIDED = (
    "withdraw", "correct-last-day", "never-attended", "entered-in-error", "undelete", "withdrawal-was-a-mistake", "end-courses",
    "close-concurrent", "transfer-out",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """`args` and the values of `body` that begin with $ are names in the world."""

    name: str
    statuses: str
    args: tuple[str, ...] = ()
    method: str = "GET"
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)  # further actors whose status does not follow from the columns

    def __str__(self) -> str:
        return f"{self.method} {self.name}"
