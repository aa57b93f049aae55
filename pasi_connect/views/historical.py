"""A record of a year that is not synchronized: PASI's record is read while the person waits, and shown beside ours."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations import actor, rights
from operations.actor import user_of
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.forms.decisions import ExitForm
from pasi_connect.models import Link
from pasi_connect.models.submission import FLYING
from pasi_connect.services import words
from pasi_connect.services.compare.context import Context
from pasi_connect.services.decisions import historical
from pasi_connect.services.queue import submissions
from pasi_connect.services.states import state_of
from pasi_connect.views.record import Record
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment
from sis.services.events import SCHOOL_ENROLMENT


@rights.needs("view", "school_enrolment")
class LivePage(View):
    """Both sides as far as they are known; POST reads PASI's record, and shows the page with what it holds now."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.enrolment(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self.enrolment(pk)
        lists.require(selectors.sends(user_of(request)))
        try:
            picture = historical.live_read(actor.of_request(request), enrolment)
        except historical.NotRead as error:
            return self.page(enrolment, refused=str(error), status=503)
        except historical.NotPossible as error:
            return self.page(enrolment, refused=str(error), status=409)
        return self.page(enrolment, picture)

    def enrolment(self, pk: int) -> SchoolEnrolment:
        return get_object_or_404(sis_selectors.enrolments(user_of(self.request)), pk=pk)

    def page(
        self,
        enrolment: SchoolEnrolment,
        picture: historical.Picture | None = None,
        refused: str = "",
        reason: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """`picture` is what has just been read: only then can the person decide."""
        user = user_of(self.request)
        context = Context()
        link = Link.objects.of(SCHOOL_ENROLMENT, [enrolment.pk]).first()
        record = Record.load(link.entity, link.key) if link else Record.only_here(enrolment)
        rows = record.differing
        year = enrolment.school_year
        flying = bool(record.submission and record.submission.status in FLYING)
        values: dict[str, Any] = {
            "record": record,
            "enrolment": enrolment,
            "state": state_of(enrolment).state,
            "states": words.RECORD,
            "rows": rows,
            "equal": record.equal(row["name"] for row in rows),
            "heads": record.heads,
            "may": selectors.sends(user),
            "historical": context.is_historical(year),
            "closed": context.year_closed(year),
            "picture": picture,
            "refused": refused,
            "flying": flying,
            "can_send": bool(picture and rows) and not flying and not context.year_closed(year),
            "can_take": bool(picture and picture.version and rows) and not flying,
            "form": ExitForm(initial={"seen": picture.version if picture else 0, "reason": reason}),
            "submission": record.submission,
            "time_line": record.time_line(),
        }
        return render(self.request, "pasi_connect/enrolment_live.html", values, status=status)


class Decide(LivePage):
    """One of the two ways to continue; both read PASI again and refuse, showing the new picture, if it has changed."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self.enrolment(pk)
        lists.require(selectors.sends(user_of(request)))
        form = ExitForm(request.POST)
        version = form.cleaned_data["seen"] if form.is_valid() else None
        if version is None:
            return self.page(enrolment, refused=_("Read PASI's record first."), status=409)
        reason = form.cleaned_data["reason"]
        try:
            self.act(actor.of_request(request), enrolment, version, reason)
        except historical.NotRead as error:
            return self.page(enrolment, refused=str(error), reason=reason, status=503)
        except historical.NotPossible as error:
            present = submissions.copy_of(submissions.link_of(enrolment))
            now = historical.Picture(present.core_version if present else 0)
            picture = now if isinstance(error, historical.Moved) else None
            return self.page(enrolment, picture, refused=str(error), reason=reason, status=409)
        return redirect("sis:student", enrolment.student_id)

    def act(self, who: actor.Actor, enrolment: SchoolEnrolment, version: int, reason: str) -> None:
        raise NotImplementedError


class SendOurs(Decide):
    def act(self, who: actor.Actor, enrolment: SchoolEnrolment, version: int, reason: str) -> None:
        submission = historical.confirm(who, enrolment, version)
        if submission.status == "held":
            messages.warning(
                self.request, _("Confirmed, but it is held: %(why)s") % {"why": words.why(submission).text}
            )
        else:
            messages.success(self.request, _("Confirmed. The SIS values are on their way to PASI."))


class TakeTheirs(Decide):
    def act(self, who: actor.Actor, enrolment: SchoolEnrolment, version: int, reason: str) -> None:
        historical.take(who, enrolment, version, reason)
        messages.success(self.request, _("PASI's values taken. Nothing is sent."))
