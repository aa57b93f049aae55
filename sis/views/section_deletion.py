"""Deleting a section, on a page that first says what will happen, here and in PASI."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations import offers, previews, rights
from operations.actor import of_request, user_of
from sis import selectors
from sis.forms.sections import DeletionForm
from sis.models import Section
from sis.services import sections
from sis.views.section_forms import as_seen


@rights.needs("edit", "section")
class DeleteSection(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        section = self._section(pk)
        return self._page(section, DeletionForm(initial=as_seen(section)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        section, form = self._section(pk), DeletionForm(request.POST)
        if not form.is_valid():
            return self._page(section, form, 422)
        words = form.cleaned_data
        try:
            sections.change(
                of_request(request),
                pk,
                {"deleted": True},
                expected_revision=words["revision"],
                seen_version=words["seen"],
                reason=words["reason"],
            )
        except sections.StaleSection as stale:
            anew = DeletionForm(initial={**as_seen(stale.current), "reason": words["reason"]})
            return self._page(stale.current, anew, 409)
        except ValidationError:
            return self._page(self._section(pk), form, 422)
        messages.success(request, _("The section is deleted. You can restore it here."))
        return redirect("sis:section", pk)

    def _section(self, pk: int) -> Section:
        return get_object_or_404(selectors.sections(user_of(self.request)), pk=pk)

    def _page(self, section: Section, form: DeletionForm, status: int = 200) -> HttpResponse:
        """`obstacles` are sentences: why it cannot be deleted."""
        obstacles, panels = self._looked_at(section)
        context: dict[str, Any] = {
            "section": section,
            "school": section.school,
            "form": form,
            "obstacles": obstacles,
            "panels": panels,
            "stale": status == 409,
        }
        return render(self.request, "sis/section_delete.html", context, status=status)

    def _looked_at(self, section: Section) -> tuple[list[str], list[offers.Panel]]:
        """The deletion, taken back: why it cannot be, and what higher apps say of it."""
        if section.deleted:
            return [_("This section is deleted.")], []
        with previews.taken_back():
            try:
                gone = sections.change(of_request(self.request), section.pk, {"deleted": True})
            except ValidationError as error:
                return error.messages, []
            return [], offers.panels("sis.section-deletion", self.request, gone)
