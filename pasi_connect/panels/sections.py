"""What a section's pages show of PASI: its state, why, what comes next, and what deleting it does there."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers
from operations.actor import of_request
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import Status
from pasi_connect.rules import held
from pasi_connect.services import states, words
from pasi_connect.services.decisions import expected
from pasi_connect.services.queue import submissions
from pasi_connect.services.words import Why
from pasi_connect.views import expectations
from sis.models import Section
from sis.services.events import SECTION


def standing(request: HttpRequest, section: Section) -> offers.Panel:
    """The section with its school and course selected along."""
    state = states.state_of(section)
    submission = Submission.objects.filter(pk=state.submission).first() if state.submission else None
    links = []
    if state.discrepancy:
        links.append((_("Open the change"), reverse("pasi_connect:change", args=[state.discrepancy])))
    if submission is not None:
        links.append((_("Open the submission"), reverse("pasi_connect:submission", args=[submission.pk])))
    why = words.why(submission, LinkState.load()) if submission else _why(state)
    context = {"state": state, "states": words.RECORD, "why": why, "links": links}
    return offers.Panel(10, "pasi_connect/section_standing.html", context)


def _why(state: states.State) -> Why:
    if state.is_live:
        return Why(_("It was saved and is being picked up."), _("Nothing to do."))
    if state.state == states.DIFFERS:
        return Why(
            _("The values here and in PASI differ, and nobody has decided yet."), _("Decide which values to keep.")
        )
    if state.state == states.IN_STEP:
        return Why(_("Both sides match."))
    if state.reason == "school_inactive":
        reason = held.BY_CODE["course_marks_inactive"]
        return Why(_(reason.message), _(reason.next_step))
    if state.reason in held.BY_CODE:
        reason = held.BY_CODE[state.reason]
        return Why(_(reason.message), _(reason.next_step))
    return Why(_("PASI has no record of this section."), _("Saving a change to it sends it."))


def deletion(request: HttpRequest, section: Section) -> offers.Panel:
    """What deleting it does in PASI. `section` is deleted already, in a transaction that will be taken back."""
    state = states.state_of(section)
    if state.core_version is None:
        return offers.Panel(
            10, "pasi_connect/section_deletion.html", {"text": _("PASI has no record of this section.")}
        )
    coming = submissions.forecast_of(section, of_request(request))
    is_held = coming.status == Status.HELD
    context = {
        "text": (
            _("One submission that deletes the section in PASI. It is held for now.")
            if is_held
            else _("One submission that deletes the section in PASI.")
        ),
        "why": words.why(coming) if is_held else None,
        "expected": expectations.lines(one for _field, one in expected.of_section(section)),
        "discrepancy": state.discrepancy,
    }
    return offers.Panel(10, "pasi_connect/section_deletion.html", context)


offers.panel_makers["sis.section"].append(standing)
offers.panel_makers["sis.section-deletion"].append(deletion)
offers.seen_versions[SECTION] = lambda section: states.state_of(section).seen_version
