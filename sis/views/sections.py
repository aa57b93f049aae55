"""The sections of the schools, and the students in one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations import keyset, offers, rights, wording
from operations.actor import user_of
from operations.views import lists
from sis import selectors
from sis.filters import SectionFilter
from sis.models import Section, Term
from sis.rules.section import CODE_CLASSES
from sis.views import codes
from sis.views.statuses import STATUS

FILTERS = ("school", "school_year", "term", "course")
PAGE = 50
LIST = lists.Listing(
    "sis.sections",
    "sis:section-list",
    columns=(
        lists.Column("number", gettext_lazy("Section")),
        lists.Column("school", gettext_lazy("School")),
        lists.Column("term", gettext_lazy("Term")),
        lists.Column("pasi_term", gettext_lazy("PASI term")),
        lists.Column("delivery", gettext_lazy("Delivery method"), visible=False),
        lists.Column("language", gettext_lazy("Language of instruction"), visible=False),
        lists.Column("teacher", gettext_lazy("Teacher")),
        lists.Column("students", gettext_lazy("Students")),
    ),
    filters=FILTERS,
)


def _page(request: HttpRequest, rows: Any) -> keyset.Page:
    try:
        return keyset.page(rows, request.GET, PAGE)
    except ValidationError:
        raise Http404 from None


def _address(request: HttpRequest, **changes: Any) -> str:
    """This page's query with some parameters changed; None removes one. Any change drops the page marks."""
    params = request.GET.copy()
    for name in ("after", "before", *changes):
        params.pop(name, None)
    for name, value in changes.items():
        if value is not None:
            params[name] = str(value)
    return f"?{params.urlencode()}"


def _pager(request: HttpRequest, page: keyset.Page, total: int) -> dict[str, str]:
    return {
        "shown": _("Showing %(number)s of %(total)s") % {"number": len(page.rows), "total": total},
        "earlier": _address(request, **dict([page.previous])) if page.previous else "",
        "next": _address(request, **dict([page.next])) if page.next else "",
    }


@rights.needs("view", "section")
class SectionList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        own = selectors.sections(user).filter(deleted=False)
        if turn := LIST.turn(request, lambda params: SectionFilter(params, own)):
            return turn
        filters = SectionFilter(request.GET, own)
        self._choices(filters, user)
        sound = filters.is_valid()
        rows = filters.qs if sound else Section.objects.none()
        seats = Count("course_enrolments", filter=Q(course_enrolments__deleted=False))
        page = _page(request, rows)
        # Counted for the page's rows only: within the list every section would be counted before the page is cut.
        counts = dict(
            Section.objects.filter(pk__in=[one.pk for one in page.rows])
            .order_by()
            .annotate(seats=seats)
            .values_list("pk", "seats")
        )
        total, words = rows.order_by().count(), codes.words()
        context = {
            "filterset": filters,
            "count": total,
            "rows": [
                {
                    "section": one,
                    "seats": counts[one.pk],
                    "codes": {name: words(name, getattr(one, name)) for name in CODE_CLASSES},
                }
                for one in page.rows
            ],
            "pager": _pager(request, page, total),
            "chips": self._chips(filters),
            "clear": LIST.clear(request, filters),
            **LIST.context(request),
        }
        return render(request, "sis/section_list.html", context, status=200 if sound else 400)

    @staticmethod
    def _choices(filters: SectionFilter, user: Any) -> None:
        """Pick lists of the existing values; a person of one school does not choose one."""
        for name in set(filters.form.fields) - set(FILTERS):
            del filters.form.fields[name]
        schools = [(one.code, f"{one.name} ({one.code})") for one in selectors.schools(user).order_by("code")]
        calendars = Term.objects.filter(calendar__school__in=selectors.schools(user)).order_by()
        years = {str(year) for year in calendars.values_list("calendar__school_year", flat=True).distinct()}
        terms = sorted(set(calendars.values_list("name", flat=True).distinct()))
        choices = {
            "school": schools if len(schools) > 1 else [],
            "school_year": [(one, one) for one in sorted(years, reverse=True)],
            "term": [(one, one) for one in terms],
        }
        for name, pairs in choices.items():
            widget = forms.Select(choices=[("", _("Any")), *pairs]) if pairs else forms.HiddenInput()
            filters.form.fields[name].widget = widget

    def _chips(self, filters: SectionFilter) -> list[dict[str, str]]:
        chips = []
        for name, field in filters.form.fields.items():
            if raw := self.request.GET.get(name, "").strip():
                text = dict(getattr(field.widget, "choices", ())).get(raw, raw)
                chips.append(
                    {
                        "text": wording.pair(field.label, text),
                        "url": lists.address(self.request, **{name: None, lists.MINE: 1}),
                    }
                )
        return chips


@rights.needs("view", "section")
class SectionPage(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        section = get_object_or_404(selectors.sections(user), pk=pk)
        seats = selectors.course_enrolments(user).filter(section=section, deleted=False)
        page = _page(request, seats.prefetch_related("stored_grades"))
        total = seats.order_by().count()
        context = {
            "section": section,
            "rows": page.rows,
            "count": total,
            "pager": _pager(request, page, total),
            "statuses": STATUS,
            "facts": _facts(section),
            "panels": offers.panels("sis.section", request, section),
            "may_edit": rights.can(user, "edit", "section"),
        }
        return render(request, "sis/section.html", context)


def _facts(section: Section) -> list[tuple[Any, Any]]:
    words = codes.words(section.school_year)
    courses = section.courses.order_by("code")
    return [
        (_("Courses"), ", ".join(f"{course.code} {course.name}" for course in courses)),
        (_("Credits offered"), section.credits_offered),
        (_("Diploma course"), _("yes") if section.course.diploma else _("no")),
        (_("Term"), section.term.name),
        (_("First day"), section.start_date.isoformat()),
        (_("Last day"), section.end_date.isoformat()),
        (_("Teacher"), section.teacher),
        *((capfirst(wording.label_of(Section, name)), words(name, getattr(section, name))) for name in CODE_CLASSES),
        *(
            (capfirst(wording.label_of(Section, name)), getattr(section, name))
            for name in ("minutes_offered", "local_section_id", "description")
        ),
    ]
