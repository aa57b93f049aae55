"""Sections and terms by hand: a section is added, edited and restored; a term gets PASI's code."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations import clock, offers, rights
from operations.actor import of_request, user_of
from sis import selectors
from sis.forms.sections import NewSectionForm, SectionForm, TermForm
from sis.models import Course, School, Section, Term
from sis.rules.enrolment import codes as codes_in
from sis.services import events, sections, terms
from sis.views import codes


@rights.needs("edit", "section")
class EditSection(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        section = self._section(pk)
        return self._page(section, self._form(section, initial=as_seen(section)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        section = self._section(pk)
        form = self._form(section, request.POST)
        wanted: dict[str, Any] = {"deleted": False}
        if "restore" not in request.POST:
            if not form.is_valid():
                return self._page(section, form, 422)
            wanted = form.values()
        try:
            saved = sections.change(
                of_request(request),
                pk,
                wanted,
                expected_revision=_number(request.POST.get("revision")),
                seen_version=_number(request.POST.get("seen")),
            )
        except sections.StaleSection as stale:
            return self._page(stale.current, self._redrawn(form, stale.current), 409)
        except ValidationError as error:
            if "restore" in request.POST:
                form = self._form(self._section(pk), initial=as_seen(section))
                for text in error.messages:
                    messages.error(request, text)
            else:
                form.refuse(error)
            return self._page(self._section(pk), form, 422)
        if saved.revision == section.revision:
            messages.info(request, _("Nothing was changed, so nothing was saved."))
        elif "restore" in request.POST:
            done = (
                _("The section is deleted. You can restore it here.")
                if saved.deleted
                else _("The section is restored.")
            )
            messages.success(request, done)
        else:
            messages.success(request, _("The section is saved."))
        return redirect("sis:section", pk)

    def _section(self, pk: int) -> Section:
        return get_object_or_404(selectors.sections(user_of(self.request)), pk=pk)

    @staticmethod
    def _form(section: Section, data: Any = None, **more: Any) -> SectionForm:
        return SectionForm(data, instance=section, code_lists=codes.pick_lists(section.school_year), **more)

    def _redrawn(self, form: SectionForm, current: Section) -> SectionForm:
        """The person's entries over the present record."""
        bound: Any = form.data
        data = bound.copy()
        for name, value in as_seen(current).items():
            data[name] = str(value)
        return self._form(current, data)

    def _page(self, section: Section, form: SectionForm, status: int = 200) -> HttpResponse:
        context = {"section": section, "school": section.school, "form": form, "stale": status == 409}
        return render(self.request, "sis/section_form.html", context, status=status)


def as_seen(section: Section) -> dict[str, int]:
    """The versions, here and in PASI, that show later whether the section is still the one that the person saw."""
    version_of = offers.seen_versions.get(events.SECTION)
    return {"revision": section.revision, **({"seen": version_of(section)} if version_of else {})}


@rights.needs("edit", "section")
class AddSection(View):
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        school = self._school(code)
        return self._page(school, self._form(school, initial={"term": self._term_id(school)}))

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        school = self._school(code)
        form = self._form(school, request.POST)
        if not form.is_valid():
            return self._page(school, form, 422)
        values = form.values()
        wanted = codes_in(values["course_codes"])
        course = Course.objects.filter(code__in=wanted[:1]).first()
        if course is None:
            form.add_error("course_codes", _("No course has the code %s.") % ", ".join(wanted[:1]))
            return self._page(school, form, 422)
        try:
            section = sections.create(of_request(request), form.cleaned_data["term"], course, values)
        except ValidationError as error:
            form.refuse(error)
            return self._page(school, form, 422)
        messages.success(request, _("The section is saved."))
        return redirect("sis:section", section.pk)

    def _school(self, code: str) -> School:
        return get_object_or_404(selectors.schools(user_of(self.request)), code=code)

    def _term_id(self, school: School) -> int | None:
        """The term in the address, or the first of the current school year that has not ended."""
        pk = _number(self.request.GET.get("term"))
        if pk:
            return pk
        going = Term.objects.filter(
            calendar__school=school, calendar__school_year=selectors.current_year(), last_day__gte=clock.today()
        )
        return going.order_by("first_day", "pk").values_list("pk", flat=True).first()

    @staticmethod
    def _form(school: School, data: Any = None, **more: Any) -> NewSectionForm:
        """Terms of the newest school year first."""
        offered = (
            Term.objects.filter(calendar__school=school)
            .select_related("calendar")
            .order_by("-calendar__school_year", "first_day", "pk")
        )
        return NewSectionForm(data, terms=list(offered), code_lists=codes.pick_lists(selectors.current_year()), **more)

    def _page(self, school: School, form: NewSectionForm, status: int = 200) -> HttpResponse:
        return render(self.request, "sis/section_form.html", {"school": school, "form": form}, status=status)


@rights.needs("set_up", "term")
class TermPage(View):
    """What PASI calls a term: its sections follow."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        term = self._term(pk)
        return self._page(term, self._form(term))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        term = self._term(pk)
        form = self._form(term, request.POST)
        if not form.is_valid():
            return self._page(term, form, 422)
        done = terms.set_alternate_code(of_request(request), pk, form.cleaned_data["alternate_code"])
        if done.changed:
            messages.success(
                request,
                ngettext("Saved. %(n)s section was updated.", "Saved. %(n)s sections were updated.", done.sections)
                % {"n": done.sections},
            )
        else:
            messages.info(request, _("Nothing was changed, so nothing was saved."))
        return redirect("sis:school", term.calendar.school.code)

    def _term(self, pk: int) -> Term:
        own = Term.objects.filter(calendar__school__in=selectors.schools(user_of(self.request)))
        return get_object_or_404(own.select_related("calendar__school"), pk=pk)

    @staticmethod
    def _form(term: Term, data: Any = None) -> TermForm:
        choices = codes.pick_lists(term.calendar.school_year).get("term_code", [])
        return TermForm(data, initial={"alternate_code": term.alternate_code}, choices=choices)

    def _page(self, term: Term, form: TermForm, status: int = 200) -> HttpResponse:
        school = term.calendar.school
        return render(self.request, "sis/term.html", {"term": term, "school": school, "form": form}, status=status)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
