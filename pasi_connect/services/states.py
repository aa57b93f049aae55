"""The state of each record between the SIS and PASI, in one word; read in sets, never a query per row.

The order is what a person needs to know first: what is under way, then what is wrong, then that all is well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from pasi_connect import entities
from pasi_connect.models import Discrepancy, Link, Submission
from pasi_connect.models.submission import FLYING, LIVE, STUCK, Status
from pasi_connect.rules.versions import opaque
from pasi_connect.services.compare import failures
from pasi_connect.services.compare.context import Context
from sis.models import DataEvent
from sis.models.event import Origin

NOT_LINKED = "not_linked"
NOT_COMPARED = "not_compared"
DIFFERS = "differs"
IN_STEP = "in_step"

# What a list is narrowed to: one word for states that mean the same work for a person.
GROUPS = {
    "differs": (_("Differs"), (DIFFERS,)),
    "on_its_way": (_("On its way"), (Status.WAITING, *FLYING)),
    "held": (_("Held"), (Status.HELD,)),
    "needs_you": (_("Rejected or needs review"), STUCK),
    "in_step": (_("In step"), (IN_STEP,)),
    "not_linked": (_("Not in PASI"), (NOT_LINKED,)),
    "not_compared": (_("Not compared"), (NOT_COMPARED,)),
}

STATES = (*(status.value for status in LIVE), NOT_LINKED, NOT_COMPARED, DIFFERS, IN_STEP)


@dataclass(frozen=True)
class State:
    """`state` is one of STATES. `reason` says why: a held reason, PASI's code, the kind of a discrepancy, or "".

    `core_version` and `key` are None where PASI has told us of no such record. `version` is the opaque text of
    the item. `submission` and `discrepancy` are the ids of the live submission and the open discrepancy, if any.
    """

    state: str
    reason: str = ""
    core_version: int | None = None
    key: str | None = None
    version: str = ""
    submission: int | None = None
    discrepancy: int | None = None

    @property
    def seen_version(self) -> int:
        """PASI's version that a person who looks at this has before their eyes; 0 when PASI has no such record."""
        return self.core_version or 0

    @property
    def is_live(self) -> bool:
        """Something is under way: the state will change by itself or by a person."""
        return self.submission is not None or self.state == Status.WAITING

    @property
    def is_moving(self) -> bool:
        """It changes within seconds; what else is under way waits for a cause to go, or for a person."""
        return self.state in (Status.WAITING, *FLYING)


def states_of(records: Iterable[Any]) -> dict[int, State]:
    """The state of each of these SIS records of one kind by its id.

    Eight queries however many there are; `school` must have been selected along.
    """
    rows = list(records)
    if not rows:
        return {}
    entity = entities.of(rows[0])
    entity.read_schools(rows)
    mine = {"entity": entity.kind, "subject_id__in": [row.pk for row in rows]}
    ids = [row.pk for row in rows]
    # In the order in which a change travels: one that moves on meanwhile is seen at its next place, never at none.
    uncollected = set(
        DataEvent.objects.filter(**mine, collected_at=None, origin=Origin.SIS).values_list("subject_id", flat=True)
    )
    live = {
        subject: (pk, status, reason)
        for subject, pk, status, reason in Submission.objects.filter(**mine, status__in=LIVE)
        .order_by("id")
        .values_list("subject_id", "pk", "status", "reason")
    }
    refs = dict(Link.objects.of(entity.kind, ids).values_list("subject_id", "key"))
    versions = dict(entity.live_copies(refs.values()).values_list(entity.copy.key_field, "core_version"))
    opened = Discrepancy.objects.filter(entity=entity.kind, key__in=refs.values(), status=Discrepancy.Status.OPEN)
    items = {key: (pk, kind) for key, pk, kind in opened.values_list("key", "pk", "kind")}
    aside = failures.of_records(entity, refs.values())
    context = Context()
    states = {}
    for row in rows:
        key = refs.get(row.pk)
        core_version = versions.get(key) if key else None
        item, kind = (items.get(key) if key else None) or (None, "")
        submission = None
        if row.pk in live and not (row.pk in uncollected and live[row.pk][1] in STUCK):
            submission, state, reason = live[row.pk]
        elif row.pk in uncollected:
            state, reason = Status.WAITING.value, ""  # also after an edit of a stuck one: the edit is on its way
        elif key is None:
            state, reason = NOT_LINKED, ""
        elif entity.by_year and entity.year_of(row) not in context.years:
            ahead = entity.year_of(row) > context.last_possible
            state, reason = NOT_COMPARED, "year_ahead" if ahead else "year_not_synchronized"
        elif not context.has_kind(entity):
            state, reason = NOT_COMPARED, "kind_off"
        elif not context.takes(entity, row):
            state, reason = NOT_COMPARED, "school_inactive"
        elif key in aside:
            state, reason = DIFFERS, failures.SET_ASIDE  # what stands here of it may be old
        elif item is not None:
            state, reason = DIFFERS, kind
        elif core_version is None and not entity.is_deleted(row):
            state, reason = NOT_LINKED, ""
        else:
            state, reason = IN_STEP, ""
        version = opaque(row.revision, core_version or 0)
        states[row.pk] = State(state, reason, core_version, key, version, submission, item)
    return states


def state_of(record: Any) -> State:
    return states_of([record])[record.pk]


def in_group(records: QuerySet[Any], group: str) -> QuerySet[Any]:
    """Of the SIS records those whose state, as `states_of` gives it, belongs to one of GROUPS."""
    wanted, context = GROUPS[group][1], Context()
    entity = entities.of(records.model())
    mine = {"entity": entity.kind, "subject_id": OuterRef("pk")}
    live = Submission.objects.filter(**mine, status__in=LIVE)
    latest = records.annotate(live_status=Subquery(live.order_by("-id").values("status")[:1]))
    uncollected = Exists(DataEvent.objects.filter(**mine, collected_at=None, origin=Origin.SIS))
    edited = uncollected & (Q(live_status=None) | Q(live_status__in=STUCK))  # the edit is on its way
    if Status.WAITING in wanted:
        return latest.filter(Q(live_status__in=wanted) | edited)
    if wanted == STUCK:
        return latest.filter(~uncollected, live_status__in=wanted)
    if wanted[0] in LIVE:
        return latest.filter(live_status__in=wanted)
    quiet = latest.filter(~uncollected, live_status=None)
    links = entity.links.filter(subject_id=OuterRef("pk"))
    copies = entity.copies.filter(**{entity.copy.key_field: OuterRef("key")}, vanished_at=None)
    items = Discrepancy.objects.filter(entity=entity.kind, key=OuterRef("key"), status=Discrepancy.Status.OPEN)
    takes_part = Q(school__code__in=sorted(context.active_schools(entity)))
    if entity.by_year:
        assert entity.sis is not None
        takes_part &= Q(**{f"{entity.sis.year}__in": [year.ending for year in context.years]})
    aside = Q(key__in=list(failures.of_records(entity)))
    live_here = Q(deleted=False) if entity.has_deletion else Q(pk__gt=0)
    alone = ~Exists(items) & ~Exists(copies) & ~aside
    match group:
        case "differs":
            return quiet.filter(takes_part & Exists(links.filter(Exists(items) | aside)))
        case "in_step":
            there = Exists(links.filter(~Exists(items) & Exists(copies) & ~aside))
            return quiet.filter(takes_part & (there | ~live_here & Exists(links.filter(alone))))
        case "not_linked":
            return quiet.filter(~Exists(links) | takes_part & live_here & Exists(links.filter(alone)))
    return quiet.filter(~takes_part & Exists(links))
