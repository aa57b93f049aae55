"""What higher apps offer to lower ones. Each app registers in its `panels.py` and `jobs.py`, which are found at start.

A page of a lower app shows panels of higher apps without importing them; health asks probes; the tick runs chores; a worker
runs jobs.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class NavItem:
    group: str
    order: int
    label: str
    url: str
    icon: str
    count: int | str | None = None
    attention: bool = False
    current: bool = False
    key: str = ""  # keyboard shortcut, as "g i"


@dataclass(frozen=True)
class Panel:
    """A rendered part of a page: `template` with `context`; lower `order` stands first."""

    order: int
    template: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Banner:
    """The state of the whole system under the top bar; `level` is attn or bad."""

    level: str
    title: str
    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class JobKind:
    """One kind of job. `run` takes an `operations.services.jobs.Running` and gives the job's result; `page` gives the
    address of what the job belongs to, for the link on its page; `approve` is the permission that releases it."""

    label: Any
    run: Callable[[Any], "dict[str, Any] | None"]
    page: Callable[[Any], str] | None = None
    approve: str = "operations.approve"


Navigation = Callable[[HttpRequest], list[NavItem]]
PanelMaker = Callable[[HttpRequest, Any], "Panel | None"]
FrameMaker = Callable[[HttpRequest], dict[str, Any]]
Probe = Callable[[], dict[str, Any]]
Chore = Callable[[], None]

navigation: list[Navigation] = []
panel_makers: dict[str, list[PanelMaker]] = defaultdict(list)
frame_makers: list[FrameMaker] = []
probes: dict[str, Probe] = {}
chores: dict[str, Chore] = {}
jobs: dict[str, JobKind] = {}
# subject type of a job's row -> {row id: (name, address)} of the rows that the person may see
job_rows: dict[str, Callable[[HttpRequest, list[Any]], dict[int, tuple[str, str]]]] = {}
notices: dict[str, Callable[[dict[str, Any]], str]] = {}  # kind -> the sentence from what the notice was given


def panels(page: str, request: HttpRequest, subject: Any) -> list[Panel]:
    """The panels of `page` for `subject`, in their order."""
    made = [maker(request, subject) for maker in panel_makers[page]]
    return sorted((panel for panel in made if panel), key=lambda panel: panel.order)
