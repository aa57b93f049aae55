"""The state of each of a student's enrolments with PASI, why, and what comes next. Read in sets, no query per row."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from operations.models import User
from pasi_connect import entities, selectors
from pasi_connect.models import Action, Discrepancy, LinkState, Submission
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.rules import held
from pasi_connect.services import words
from pasi_connect.services.compare import failures
from pasi_connect.services.compare.context import Context
from pasi_connect.services.decisions import expected
from pasi_connect.services.states import IN_STEP, NOT_COMPARED, NOT_LINKED, State, states_of
from pasi_connect.services.words import Why
from pasi_connect.views import expectations
from sis.models import SchoolEnrolment
from sis.models.organization import State as SchoolState
from sis.services.events import SCHOOL_ENROLMENT


@dataclass
class Line:
    """One enrolment. `links` are (label, address); `item` is its open change, `planned` what is still to be done with it.

    `quiet`: nothing that anybody has to look at. `may_go`: "send now" can do something for it.
    """

    enrolment: SchoolEnrolment
    state: State
    why: Why
    links: list[tuple[str, str]] = field(default_factory=list)
    item: Discrepancy | None = None
    fields: str = ""
    planned: list[Action] = field(default_factory=list)
    expected: list[dict[str, Any]] = field(default_factory=list)
    may_go: bool = False

    @property
    def calm(self) -> bool:
        """In step, or no part of the synchronization."""
        return self.state.state in (IN_STEP, NOT_COMPARED)

    @property
    def quiet(self) -> bool:
        return self.calm and not self.planned and not self.expected


def lines(user: User, enrolments: Sequence[SchoolEnrolment]) -> list[Line]:
    """For enrolments of the person's schools, with `student` and `school` selected along; in their order."""
    states, context, link = states_of(enrolments), Context(), LinkState.load()
    items = selectors.discrepancies(user).in_bulk([one.discrepancy for one in states.values() if one.discrepancy])
    wanted = [one.submission for one in states.values() if one.submission]
    sent = selectors.submissions(user).defer("sent_document").in_bulk(wanted)
    planned = _planned(user, [one.pk for one in enrolments])
    all_alerts = expected.of_enrolments(enrolments)
    rows = []
    for one, alerts in zip(enrolments, all_alerts, strict=True):
        state = states[one.pk]
        item = items.get(state.discrepancy) if state.discrepancy else None
        submission = sent.get(state.submission) if state.submission else None
        line = Line(one, state, _why(one, state, submission, item, context, link), item=item)
        line.fields = words.field_labels(entities.of(one), (row["name"] for row in item.fields)) if item else ""
        line.planned = planned.get(one.pk, [])
        # PASI's alerts for old years are history; it reports none for them.
        line.expected = expectations.lines(alerts) if not one.deleted and one.school_year in context.years else []
        flying = submission is not None and submission.status in FLYING
        line.may_go = not flying and context.takes_part(entities.of(one), one.school.code, one.school_year)
        line.links = _links(one, state, submission, item, context)
        rows.append(line)
    return rows


def _planned(user: User, enrolment_ids: list[int]) -> dict[int, list[Action]]:
    """Planned actions still to come, or stopped on their day, by enrolment; why is for the school that planned them."""
    rows = Action.objects.filter(
        status__in=(Action.Status.PLANNED, Action.Status.STOPPED),
        records__entity=SCHOOL_ENROLMENT,
        records__subject_id__in=enrolment_ids,
    ).values_list("pk", "records__subject_id")
    pairs = set(rows.order_by())
    if not pairs:
        return {}
    actions, sight = Action.objects.in_bulk({pk for pk, _subject in pairs}), selectors.Sight(user)
    for one in actions.values():
        one.detail = one.detail if sight.words(one) else ""  # for the page; nothing is saved
    by_enrolment: dict[int, list[Action]] = {}
    for pk, subject in sorted(pairs):
        by_enrolment.setdefault(subject, []).append(actions[pk])
    return by_enrolment


def mark(rows: Sequence[Line]) -> str:
    """Changes when a line's content does: an open page sends it, so that nothing is redrawn without need."""
    parts = [
        (line.state, line.why, line.links, line.fields, [(one.pk, one.status) for one in line.planned], line.expected)
        for line in rows
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _why(
    one: SchoolEnrolment,
    state: State,
    submission: Submission | None,
    item: Discrepancy | None,
    context: Context,
    link: LinkState,
) -> Why:
    waits = submission.status == Status.WAITING if submission else state.is_live
    if waits and (gone := words.away(link)):
        return gone
    if submission is not None:
        return words.why(submission)
    if state.is_live:
        return Why(_("It was saved and is being picked up."), _("Nothing to do."))
    if state.reason == failures.SET_ASIDE:
        return Why(
            _("What PASI sent about it could not be stored or compared here."),
            _("Try it again on the page “Failed records”."),
        )
    if item is not None:
        if item.undecided:
            return Why(
                _("The values here and in PASI differ, and nobody has decided yet."), _("Decide which values to keep.")
            )
        return Why(_("Decided; the reset is on its way"), _("Nothing to do."))
    if state.state == IN_STEP:
        return Why(_("Deleted on both sides, or never in PASI.") if one.deleted else _("Both sides match."))
    reason = held.reason_of(_situation(one, context))
    if reason is not None:
        return Why(_(reason.message), _(reason.next_step))
    if state.state == NOT_LINKED and one.deleted:
        return Why(_("It was deleted before it reached PASI."), _("Nothing to do."))
    return Why(
        _("PASI has no record of this enrolment, and no submission is on its way."),
        _("A district officer can send it now; saving a change to it sends it too."),
    )


def _situation(one: SchoolEnrolment, context: Context) -> held.Situation:
    """What would hold a submission of this record, if there were one."""
    return held.Situation(
        sync_on=context.settings.regular_synchronization,
        school_active=one.school.enrolment_sync == SchoolState.ACTIVE,
        year_ahead=one.school_year > context.last_possible,
        year_synchronized=one.school_year in context.years,
        year_accepted=context.year_accepted(one.school_year),
        has_asn=bool(one.student.asn),
        undecided=False,
        person_outside=False,
        year_closed=context.year_closed(one.school_year),
    )


def _links(
    one: SchoolEnrolment, state: State, submission: Submission | None, item: Discrepancy | None, context: Context
) -> list[tuple[str, str]]:
    links = []
    if state.reason == failures.SET_ASIDE:
        links.append((_("Open “Failed records”"), reverse("pasi_connect:set-aside")))
    if item is not None:
        links.append((_("Open the change"), reverse("pasi_connect:change", args=[item.pk])))
    if submission is not None:
        links.append((_("Open the submission"), reverse("pasi_connect:submission", args=[submission.pk])))
    if context.is_historical(one.school_year):
        links.append((_("Compare with PASI"), reverse("pasi_connect:enrolment-live", args=[one.pk])))
    return links
