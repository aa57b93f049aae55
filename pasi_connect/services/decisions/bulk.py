"""Decisions in bulk: chosen by filter, previewed, held by the guard when large, run as a job, recorded as one action.

The job decides the list as it was when the person started it: an item that has changed since is left to them.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.models import Job, JobRow
from operations.rules.guard import BULK_DECISION
from operations.services import jobs
from operations.services.jobs import Running
from pasi_connect import entities
from pasi_connect.models import Action, BulkSelection, Discrepancy
from pasi_connect.rules import bulk as rules
from pasi_connect.services.decisions import entries, many
from sis.rules.school_year import SchoolYear

JOB = "pasi_connect.bulk_decision"
# A record takes some ten rows: on SQLite a chunk stays below 500 rows, and whoever waits to save gets a turn between two chunks.
CHUNK, CHUNK_ALONE = (40, 10) if settings.SQLITE else (250, 25)
PAUSE_SECONDS = 0.03 if settings.SQLITE else 0.0


@dataclass(frozen=True)
class Choice:
    """`decision` is accept or reject; `kinds` are those that the person named, None where they named none. `field`: of each record
    this field alone is decided."""

    decision: str
    reason: str = ""
    kinds: frozenset[str] | None = None
    field: str = ""

    @property
    def accept(self) -> bool:
        return self.decision == rules.ACCEPT


@dataclass(frozen=True)
class Place:
    """The records of one kind at one school in one year: how many of the live ones the bulk would decide, and whether the guard
    trips."""

    entity: str
    school: str
    school_year: SchoolYear | None
    count: int
    live: int

    @property
    def guarded(self) -> bool:
        return BULK_DECISION.trips(self.count, self.live)


@dataclass
class Selection:
    """What a choice does to the items of a filter. `kinds` and `left_out_kinds` count by kind."""

    choice: Choice
    ids: list[int] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    left_out_kinds: Counter[str] = field(default_factory=Counter)
    on_the_way: int = 0  # open, but decided already
    places: list[Place] = field(default_factory=list)

    def _count(self, what: str) -> int:
        effects = {kind: rules.BY_KEY[kind, self.choice.decision] for kind in self.kinds}
        return sum(number for kind, number in self.kinds.items() if getattr(effects[kind], what))

    @property
    def here(self) -> int:
        """SIS records that change."""
        return self._count("here")

    @property
    def sent(self) -> int:
        """Submissions that go to PASI."""
        return self._count("sent")

    @property
    def mark(self) -> str:
        """Differs once the filter finds other items or one changes, so that only what the page showed is decided."""
        text = json.dumps([self.ids, self.versions, self.choice.decision, self.choice.field])
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @property
    def guarded(self) -> list[Place]:
        return [place for place in self.places if place.guarded]


def check(choice: Choice) -> None:
    """Raises ValidationError {"reason": …} for a rejection without one."""
    if not choice.accept and not choice.reason.strip():
        raise ValidationError({"reason": [_("Say why PASI is to be reset. The reason is saved with the decision.")]})


def select(items: QuerySet[Discrepancy], choice: Choice) -> Selection:
    """Which items the choice decides, which it leaves open, and the effect. Reads only; three queries."""
    selection = Selection(choice)
    alone: list[tuple[int, str]] = []
    places: Counter[tuple[str, str, SchoolYear | None]] = Counter()
    columns = ("pk", "version", "kind", "undecided", "entity", "school_code", "school_year")
    rows = items.filter(status=Discrepancy.Status.OPEN).select_related(None).order_by("pk").values_list(*columns)
    for pk, version, kind, undecided, entity, school, year in rows.iterator(chunk_size=5000):
        if not undecided:
            selection.on_the_way += 1
        elif not rules.decided(kind, choice.decision, choice.kinds):
            selection.left_out.append(pk)
            selection.left_out_kinds[kind] += 1
        else:
            selection.kinds[kind] += 1
            places[entity, school, year] += 1
            if kind in many.ONE_BY_ONE:
                alone.append((pk, version))
            else:
                selection.ids.append(pk)
                selection.versions.append(version)
    selection.ids += [pk for pk, _version in alone]
    selection.versions += [version for _pk, version in alone]
    live = _live(places)
    selection.places = sorted(
        (Place(*place, count, live.get(place, 0)) for place, count in places.items()),
        key=lambda place: (place.entity, place.school, place.school_year.ending if place.school_year else 0),
    )
    return selection


def _live(
    places: Mapping[tuple[str, str, SchoolYear | None], int],
) -> dict[tuple[str, str, SchoolYear | None], int]:
    counts: dict[tuple[str, str, SchoolYear | None], int] = {}
    for entity in entities.written():
        schools = {school for kind, school, _year in places if kind == entity.kind}
        if not schools or not entity.school_column or entity.sis is None:
            continue
        rows = entity.sis.model._default_manager.filter(school__code__in=schools).order_by()
        if entity.has_deletion:
            rows = rows.filter(deleted=False)
        by = ("school__code", entity.sis.year) if entity.sis.year else ("school__code",)
        for code, *year, number in rows.values_list(*by).annotate(number=Count("pk")):
            counts[entity.kind, code, year[0] if year else None] = number
    return counts


def why_approval(places: list[Place]) -> str:
    """The guard's words; "" where nothing trips."""
    if not places:
        return ""
    parts = [
        _("%(count)s of the %(live)s live enrolments of school %(school)s in %(year)s")
        % {"count": place.count, "live": place.live, "school": place.school, "year": place.school_year or "–"}
        for place in places[:5]
    ]
    if len(places) > 5:
        parts.append(_("and %(number)s more schools") % {"number": len(places) - 5})
    text = _("More than 20 % of a school's enrolments at once: a district officer must review the list first.")
    return f"{text} {'; '.join(parts)}."


@transaction.atomic
def start(
    actor: Actor, items: QuerySet[Discrepancy], choice: Choice, criteria: dict[str, Any], confirmed: bool = False
) -> tuple[Action, Job, Selection]:
    """The action with its list, and its job. `criteria` is the filter in the words of the list. See `check`.

    `confirmed`: a person who may approve has looked at the list, so the guard does not ask for a second approval.
    """
    check(choice)
    selection = select(items, choice)
    guarded = selection.guarded
    inputs = {
        "filter": criteria,
        "decision": choice.decision,
        "kinds": sorted(choice.kinds) if choice.kinds is not None else None,
        **({"field": choice.field} if choice.field else {}),
    }
    schools = {place.school for place in selection.places}
    action = entries.record(
        actor,
        Action.Kind.BULK_DECISION,
        [],
        school_code=schools.pop() if len(schools) == 1 else "",
        reason=choice.reason,
        inputs=inputs,
    )
    BulkSelection.objects.create(
        action=action, ids=selection.ids, versions=selection.versions, left_out=selection.left_out
    )
    action.job = jobs.start(
        actor,
        JOB,
        {"action": action.pk},
        total=len(selection.ids),
        needs_approval=why_approval(guarded),
        confirmed=confirmed,
        guard=[
            {
                "school": place.school,
                "school_year": str(place.school_year or ""),
                "count": place.count,
                "live": place.live,
            }
            for place in guarded
        ],
    )
    action.save(update_fields=["job"])
    return action, action.job, selection


# --- The job -----------------------------------------------------------------------------------------------------


def run(running: Running) -> dict[str, int]:
    """One transaction per chunk. The mark is the place in the list; everything before it is done and never repeated."""
    action = Action.objects.select_related("selection").get(pk=running.inputs["action"])
    if action.undone_at:
        raise ValidationError(_("It was undone in the meantime."))
    ids, versions = action.selection.ids, action.selection.versions
    if running.mark is None:
        _tell_left_out(running, action)
    while running.mark < len(ids):
        running.check()
        running.chunk(
            CHUNK,
            lambda most: _chunk(running, action, ids[running.mark :][:most], versions[running.mark :][:most]),
            lambda where: _pass_over(running, ids[running.mark], where),
        )
        time.sleep(PAUSE_SECONDS)
    return {"action": action.pk, "left_out": len(action.selection.left_out)}


def _pass_over(running: Running, item_id: int, where: str) -> None:
    item = Discrepancy.objects.get(pk=item_id)
    row = _row(item, "fault", jobs.fault(where), failed=True)
    running.step(running.mark + 1, done=1, failed=1, rows=[row])


def _chunk(running: Running, action: Action, part: list[int], versions: list[str]) -> None:
    """`part` of the list, from the mark on, as it was seen in `versions`."""
    at = running.mark
    wanted = Discrepancy.objects.in_bulk(part)
    if any(wanted[pk].kind in many.ONE_BY_ONE for pk in part if pk in wanted):
        part = part[:CHUNK_ALONE]
    inputs = action.inputs
    mine = {pk: wanted[pk] for pk in part if pk in wanted}
    done = many.decide_many(
        running.actor,
        mine,
        dict(zip(part, versions, strict=False)),
        accept=inputs["decision"] == rules.ACCEPT,
        reason=action.reason,
        field=inputs.get("field", ""),
    )
    entries.add(
        action,
        [
            entries.of_decision(running.actor, *done.decisions[pk], order=at + place)
            for place, pk in enumerate(part)
            if pk in done.decisions
        ],
    )
    others = {pk: done.others[pk] for pk in part if pk in wanted and pk not in done.decisions}
    rows = [_row(wanted[pk], why.code, why.message, why.failed) for pk, why in others.items()]
    running.step(at + len(part), done=len(part), failed=sum(row.failed for row in rows), rows=rows)


def _tell_left_out(running: Running, action: Action) -> None:
    """One row for each item that the filter found and whose kind nobody named."""
    left_out, decision = action.selection.left_out, action.inputs["decision"]
    with transaction.atomic():
        rows = []
        for start_ in range(0, len(left_out), 500):
            for item in Discrepancy.objects.filter(pk__in=left_out[start_ : start_ + 500]).order_by("id"):
                effect = rules.BY_KEY[item.kind, decision]
                why = effect.why_named or _("You did not choose this kind of change.")
                rows.append(_row(item, "not_named", _(why), failed=False))
        running.step(0, rows=rows)


def _row(item: Discrepancy, code: str, message: str, failed: bool) -> JobRow:
    return JobRow(
        entity="discrepancy",
        subject_id=str(item.pk),
        key=item.key,
        school_code=item.school_code,
        code=code,
        message=message,
        failed=failed,
    )
