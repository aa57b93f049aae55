"""A new stay: a student of a new school, a return in the same school year, a concurrent enrolment."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import user_of
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action
from pasi_connect.services import pick_lists
from pasi_connect.services.compare.context import Context
from pasi_connect.views.enrolments import saved_text
from registrar.forms.guided import StayForm
from registrar.services.actions import enrolling, plans
from registrar.views.guided.flow import Flow
from sis import selectors
from sis.models import SchoolCalendar, SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from sis.services.events import SCHOOL_ENROLMENT


class Enrol(Flow):
    """`?after=<enrolment>`: the student comes back; `?concurrent=<main enrolment>`: courses at a second school."""

    template = "registrar/guided/stay.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.pk = pk
        form = self._form(initial=self._initial())
        return self.page(form, self.begun(form, self._form))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.pk = pk
        return self.steps(self._form(request.POST))

    def done(self, action: Action) -> HttpResponse:
        record = action.records.filter(entity=SCHOOL_ENROLMENT, before__isnull=True).get()
        enrolment = SchoolEnrolment.objects.select_related("school").get(pk=record.subject_id)
        return self.redirect(action, saved_text(enrolment))

    @cached_property
    def _student(self) -> Student:
        return get_object_or_404(selectors.students(user_of(self.request)), pk=self.pk)

    def student(self) -> Student:
        return self._student

    def _form(self, data: Any = None, **more: Any) -> StayForm:
        self.student()
        year = selectors.current_year()
        if data:
            try:
                year = SchoolYear.parse(data.get("school_year", ""))
            except ValueError:
                pass
        return StayForm(data, years=years(), pick_lists=pick_lists.of_year(ENTITY, year), **more)

    def planner(self, form: Any) -> plans.Planner:
        values = form.cleaned_data
        school, year, words = values["school"], values["school_year"], form.words()
        done_at = enrolling.done_at(user_of(self.request), self.student(), school)
        return lambda: enrolling.enrol(self.student(), school, year, words, reason=values["reason"], done_at=done_at)

    def _initial(self) -> dict[str, Any]:
        """Taken from the enrolment that it starts from; nothing where that is not the person's to see."""
        initial: dict[str, Any] = {"school_year": str(selectors.current_year())}
        own = list(selectors.schools(user_of(self.request))[:2])
        if len(own) == 1:
            initial["school"] = own[0].pk
        for name in ("after", "concurrent"):
            if one := self._named(name):
                initial |= {"school_year": str(one.school_year), "grade": one.grade}
                if name == "after":
                    initial |= {"school": one.school_id, "exit_date": _last_day(one)}
                else:
                    initial |= {"school": "", "concurrent": True, "exit_date": _last_day(one)}
        return initial

    def _named(self, parameter: str) -> SchoolEnrolment | None:
        raw = self.request.GET.get(parameter, "")
        if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
            return None
        mine = selectors.enrolments(user_of(self.request))
        return mine.filter(pk=int(raw), student=self.student()).first()

    def context(self) -> dict[str, Any]:
        concurrent = False
        title, lead = _("New enrolment"), _("For a student who is new to a school, at any school of the authority.")
        if self._named("after"):
            title = _("Return")
            lead = _("Adds a new enrolment. The one that has ended stays as it is.")
        elif self._named("concurrent") or self.request.POST.get("concurrent"):
            title, concurrent = _("Concurrent enrolment"), True
            lead = _("Courses at a second school, while the student's main school stays the same.")
        return {"title": title, "lead": lead, "earlier": self._earlier(), "concurrent": concurrent}

    def _earlier(self) -> list[SchoolEnrolment]:
        """The student's latest stays at the person's schools: what the new one comes after."""
        mine = selectors.enrolments(user_of(self.request)).filter(student=self.student(), deleted=False)
        return list(mine.order_by("-school_year", "-start_date", "-pk")[:3])


def years() -> list[SchoolYear]:
    """From the next year back to the oldest that PASI takes; this one and the next until PASI has given its years."""
    context, current = Context(), selectors.current_year()
    oldest = min({current, *context.years, context.oldest_taken or current})
    newest = max({current + 1, *context.years})
    return [SchoolYear(ending) for ending in range(newest.ending, oldest.ending - 1, -1)]


def _last_day(stay: SchoolEnrolment) -> str:
    """The last day of the school's calendar, where it is still to come."""
    calendar = SchoolCalendar.objects.filter(school=stay.school, school_year=stay.school_year).first()
    return calendar.last_day.isoformat() if calendar and calendar.last_day > clock.today() else ""
