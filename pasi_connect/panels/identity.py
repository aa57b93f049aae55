"""What a student's page shows of PASI beside the local copy: the state of names and identification, the next step."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers, rights
from operations.actor import user_of
from pasi_connect import entities, selectors
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import LIVE
from pasi_connect.rules import held
from pasi_connect.services import states, words
from pasi_connect.services.words import Why
from sis.models import Student
from sis.services.events import STUDENT


def standing(request: HttpRequest, student: Student) -> offers.Panel | None:
    """None for a student of whom nothing is compared and nothing waits."""
    state = states.state_of(student)
    mine = Submission.objects.filter(entity=STUDENT, subject_id=student.pk, status__in=LIVE)
    waiting = list(mine.defer("sent_document").order_by("pk"))
    if not waiting and state.state in (states.NOT_COMPARED, states.NOT_LINKED):
        return None
    links = []
    if rights.can(request.user, "view", "change"):
        entity = entities.by_kind(STUDENT)
        if state.discrepancy and selectors.discrepancies(user_of(request)).filter(pk=state.discrepancy).exists():
            links.append((_("Open the change"), reverse("pasi_connect:change", args=[state.discrepancy])))
        readable = set(
            selectors.submissions(user_of(request))
            .filter(pk__in=[one.pk for one in waiting])
            .values_list("pk", flat=True)
        )
        links += [
            (
                _("Open the submission: %(part)s") % {"part": entity.part_label(one.part)},
                reverse("pasi_connect:submission", args=[one.pk]),
            )
            for one in waiting
            if one.pk in readable
        ]
    why = words.why(waiting[-1], LinkState.load()) if waiting else _why(state)
    context = {"state": state, "states": words.RECORD, "why": why, "links": links}
    return offers.Panel(15, "pasi_connect/identity_standing.html", context)


def _why(state: states.State) -> Why:
    if state.is_live:
        return Why(_("It was saved and is being picked up."), _("Nothing to do."))
    if state.state == states.DIFFERS:
        return Why(
            _("The values here and in PASI differ, and nobody has decided yet."), _("Decide which values to keep.")
        )
    if state.reason in held.BY_CODE:
        reason = held.BY_CODE[state.reason]
        return Why(_(reason.message), _(reason.next_step))
    return Why(_("Both sides match."))


offers.panel_makers["sis.student"].append(standing)
