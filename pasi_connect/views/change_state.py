"""The state of one change in words, how it was settled, and the part of its page that updates itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations import rights
from operations.actor import user_of
from pasi_connect import entities, selectors
from pasi_connect.models import Decision, Discrepancy
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions, words
from pasi_connect.services.compare import values
from pasi_connect.views.record import Record

RESET, RESET_HELD, REFUSED, SETTLED = "reset", "reset_held", "refused", "settled"


def state_of(one: Discrepancy) -> str:
    """A key of `words.KIND`."""
    if not one.is_open:
        return SETTLED
    if one.undecided:
        return one.kind
    return REFUSED if Discrepancy.objects.filter(selectors.refused(), pk=one.pk).exists() else RESET


def context(one: Discrepancy, record: Record) -> dict[str, Any]:
    """What `change_state.html` shows."""
    state = state_of(one)
    submission = record.submission if one.is_open else None
    if state == RESET and submission is not None and submission.status == Status.HELD:
        state = RESET_HELD
    return {
        "item": one,
        "state": state,
        "running": state in (RESET, RESET_HELD, REFUSED),
        "held": state == RESET_HELD,
        "stuck": state == REFUSED,
        "submission": submission,
        "why": words.why(submission) if submission else None,
        "kinds": words.KIND,
        "submission_words": words.SUBMISSION,
    }


@rights.needs("view", "change")
@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """The state alone: the page asks for it while a reset is on its way."""
    user = user_of(request)
    one = get_object_or_404(selectors.discrepancies(user), pk=pk)
    part = context(one, Record.load(one.entity, one.key))
    return render(request, "pasi_connect/change_state.html", {**part, "alone": True})


def settled(one: Discrepancy, sight: selectors.Sight) -> dict[str, Any]:
    """How an item was settled: {title, who, reason}, by field where each side prevailed in some."""
    kept = {} if one.settled_by == "restored" else {"undone_at": None}  # its decision is the one that was taken back
    entity = entities.by_kind(one.entity)
    history = list(one.decisions.filter(**kept).select_related("discrepancy").order_by("id"))
    titles = {
        "accept": _("Settled: PASI's values were accepted"),
        "reject": _("Settled: PASI took the SIS values"),
        "mixed": _("Settled: PASI’s %(accepted)s accepted, the SIS %(kept)s kept")
        % {
            "accepted": words.field_labels(entity, dict.fromkeys(name for each in history for name in each.accepted)),
            "kept": words.field_labels(entity, dict.fromkeys(name for each in history for name in each.rejected)),
        },
        "link_anew": _("Settled: the SIS record was relinked"),
        "former": _("Settled: PASI took the SIS values; afterwards PASI’s former values were entered here again"),
        "restored": _(
            "Settled: the enrolment was deleted in PASI; afterwards the decision was undone and the enrolment restored"
        ),
    }
    decided = one.settled_by in titles
    return {
        "title": titles.get(
            one.settled_by, _("Settled automatically: both sides match, or the record is no longer synchronized")
        ),
        "who": ", ".join(dict.fromkeys(each.actor_name for each in history)) if decided else "",
        "reason": " · ".join(dict.fromkeys(filter(None, map(sight.reason, history)))) if decided else "",
    }


def former(last: Decision, record: Record) -> dict[str, Any] | None:
    """PASI's values before the reset, where they can still be taken: in words, with the address to post to."""
    by_name = decisions.former(last)
    if not by_name:
        return None
    text = ", ".join(
        f"{words.field_label(record.entity, name)} "
        f"{words.value_text(record.entity, name, values.to_json(value), record.board_names) or _('not set')}"
        for name, value in by_name.items()
    )
    return {"told": text, "url": reverse("pasi_connect:decision-take-former", args=[last.pk])}
