"""The schools: the state of each, and its home page."""

from collections import Counter, defaultdict
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from operations import offers, rights
from operations.actor import of_request, user_of
from sis import selectors
from sis.forms.schools import StateForm, state_name
from sis.models import School, SchoolEnrolment
from sis.models.organization import State
from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear
from sis.services import organizations


@rights.needs("view", "school")
class SchoolList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        year = selectors.current_year()
        live = Count("enrolments", filter=Q(enrolments__deleted=False, enrolments__school_year=year))
        schools = list(selectors.schools(user_of(request)).annotate(live=live).order_by("code"))
        if len(schools) == 1:
            return redirect("sis:school", schools[0].code)
        return render(request, "sis/school_list.html", {"schools": schools, "year": year})


@rights.needs("view", "school")
class SchoolHome(View):
    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        school = get_object_or_404(selectors.schools(user_of(request)), code=code)
        counts = self._counts(school)
        years = sorted({*counts, selectors.current_year()}, reverse=True)
        year = self._year(request, years)
        grades: Counter[str] = counts.get(year, Counter())
        most = max(grades.values(), default=0)
        order = [*GRADES, ""]
        bars = [
            {"grade": grade, "count": grades[grade], "width": round(1000 * grades[grade] / most)}
            for grade in sorted(grades, key=lambda grade: order.index(grade) if grade in order else 99)
        ]
        context = {
            "school": school,
            "year": year,
            "years": [
                {
                    "label": str(one),
                    "url": f"?school_year={one}",
                    "count": sum(counts[one].values()),
                    "current": one == year,
                }
                for one in years
            ],
            "total": sum(grades.values()),
            "bars": bars,
            "calendar": school.calendars.filter(school_year=year).prefetch_related("terms").first(),
            "sections": school.sections.filter(school_year=year, deleted=False).count(),
            "states": [_state(school, name) for name in organizations.STATES],
            "panels": offers.panels("sis.school", request, school),
            "may_edit": rights.can(request.user, "edit", "section"),
            "may_set_up": rights.can(request.user, "set_up", "school"),
        }
        return render(request, "sis/school.html", context)

    @staticmethod
    def _counts(school: School) -> dict[SchoolYear, Counter[str]]:
        """Live enrolments by year and grade, in one query."""
        counts: dict[SchoolYear, Counter[str]] = defaultdict(Counter)
        rows = SchoolEnrolment.objects.filter(school=school, deleted=False).order_by().values("school_year", "grade")
        for row in rows.annotate(n=Count("pk")):
            counts[row["school_year"]][row["grade"]] = row["n"]
        return counts

    @staticmethod
    def _year(request: HttpRequest, years: list[SchoolYear]) -> SchoolYear:
        try:
            year = SchoolYear.parse(request.GET.get("school_year", ""))
        except ValueError:
            return selectors.current_year()
        return year if year in years else selectors.current_year()


def _state(school: School, name: str) -> dict[str, Any]:
    """One of the school's two states, for its page."""
    value = getattr(school, name)
    other = State.INACTIVE if value == State.ACTIVE else State.ACTIVE
    return {
        "name": name,
        "label": capfirst(state_name(name)),
        "value": value,
        "word": State(value).label,
        "other": other.value,
    }


@rights.needs("set_up", "school")
class SwitchState(View):
    """A preview, then the switch: a school that becomes active sends what was held for it."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._preview(request, self._school(request, code), StateForm(request.GET))

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        school = self._school(request, code)
        form = StateForm(request.POST)
        if not form.is_valid():
            return self._preview(request, school, form)
        name, value = form.cleaned_data["name"], form.cleaned_data["value"]
        if organizations.set_state(of_request(request), school.pk, name, value):
            messages.success(request, _("%(what)s is now %(state)s.") % form.words())
        else:
            messages.info(request, _("No change was needed: %(what)s was already %(state)s.") % form.words())
        return redirect("sis:school", school.code)

    @staticmethod
    def _school(request: HttpRequest, code: str) -> School:
        return get_object_or_404(selectors.schools(user_of(request)), code=code)

    @staticmethod
    def _preview(request: HttpRequest, school: School, form: StateForm) -> HttpResponse:
        if not form.is_valid():
            messages.error(request, _("Choose active or inactive."))
            return redirect("sis:school", school.code)
        change = (school, form.cleaned_data["name"], form.cleaned_data["value"])
        context = {
            "school": school,
            "form": form,
            **form.words(),
            "activating": form.cleaned_data["value"] == "active",
            "panels": offers.panels("sis.school-state", request, change),
        }
        return render(request, "sis/school_state.html", context)
