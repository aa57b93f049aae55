"""Course enrolments added and ended by hand. Here people finish what guided actions could not carry on."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations import clock, rights
from operations.actor import of_request, user_of
from sis import selectors
from sis.forms.courses import AddCourseForm, EndCourseForm
from sis.models import CourseEnrolment, SchoolEnrolment, Section
from sis.services import course_enrolments


@rights.needs("edit", "course_enrolment")
class AddCourse(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        stay = self._stay(pk)
        first_day = AddCourseForm.first_day(stay, clock.today())
        return self._page(stay, AddCourseForm(sections=self._sections(stay), initial={"entry_date": first_day}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        stay = self._stay(pk)
        sections = self._sections(stay)
        form = AddCourseForm(request.POST, sections=sections)
        if not form.is_valid():
            return self._page(stay, form, 422)
        section = next(one for one in sections if one.pk == form.cleaned_data["section"])
        try:
            course_enrolments.create(of_request(request), stay, section, form.values())
        except ValidationError as error:
            form.refuse(error)
            return self._page(stay, form, 422)
        messages.success(request, _("%(course)s is saved. It was changed here only.") % {"course": section.course.name})
        return redirect("sis:student", stay.student_id)

    def _stay(self, pk: int) -> SchoolEnrolment:
        return get_object_or_404(selectors.enrolments(user_of(self.request)), pk=pk, deleted=False)

    @staticmethod
    def _sections(stay: SchoolEnrolment) -> list[Section]:
        """Those of the school and year that share a day with the stay."""
        rows = Section.objects.filter(
            school_id=stay.school_id,
            school_year=stay.school_year,
            deleted=False,
            start_date__lte=stay.exit_date,
            end_date__gte=stay.start_date,
        )
        ordered = rows.select_related("school", "course", "term").order_by(
            "term__first_day", "term__name", "course__code", "number"
        )
        return list(ordered)

    def _page(self, stay: SchoolEnrolment, form: AddCourseForm, status: int = 200) -> HttpResponse:
        context = {"stay": stay, "student": stay.student, "form": form}
        return render(self.request, "sis/course_add.html", context, status=status)


@rights.needs("edit", "course_enrolment")
class EndCourse(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self._record(pk)
        return self._page(record, EndCourseForm(initial=EndCourseForm.drawn_with(record)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self._record(pk)
        form = EndCourseForm(request.POST)
        if not form.is_valid():
            return self._page(record, form, 422)
        values = form.cleaned_data
        try:
            saved = course_enrolments.change(
                of_request(request),
                pk,
                form.wanted(record, clock.today()),
                expected_revision=values["revision"],
                reason=values["reason"],
            )
        except course_enrolments.StaleCourseEnrolment as stale:
            return self._page(stale.current, self._redrawn(form, stale.current), 409)
        except ValidationError as error:
            form.refuse(error)
            return self._page(record, form, 422)
        if saved.revision == values["revision"]:
            messages.info(request, _("Nothing was changed, so nothing was saved."))
        else:
            messages.success(
                request, _("%(course)s is saved. It was changed here only.") % {"course": record.section.course.name}
            )
        return redirect("sis:student", record.student_id)

    def _record(self, pk: int) -> CourseEnrolment:
        return get_object_or_404(selectors.course_enrolments(user_of(self.request)), pk=pk, deleted=False)

    @staticmethod
    def _redrawn(form: EndCourseForm, current: CourseEnrolment) -> EndCourseForm:
        """The person's entries over the present record."""
        bound: Any = form.data
        data = bound.copy()
        data["revision"] = str(current.revision)
        return EndCourseForm(data)

    def _page(self, record: CourseEnrolment, form: EndCourseForm, status: int = 200) -> HttpResponse:
        context = {
            "record": record,
            "section": record.section,
            "student": record.student,
            "form": form,
            "stale": status == 409,
            "until": record.exit_date or record.section.end_date,
        }
        return render(self.request, "sis/course_end.html", context, status=status)
