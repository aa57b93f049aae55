"""The sections of the schools, and the students in one."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations import clock, exports, keyset, offers, rights, wording
from operations.actor import user_of
from operations.models import AuditEntry, User
from operations.views import lists
from sis import selectors
from sis.filters import SectionFilter
from sis.models import Section, Term
from sis.services import events
from sis.services.sections import EDITABLE
from sis.views import codes
from sis.views.section_forms import as_seen
from sis.views.statuses import STATUS

FILTERS = ("school", "school_year", "term", "course")
PAGE = 50
CHUNK = 1000  # sections read at once for a file
# What the page shows of a section beside its course and its days, and the columns of its file.
FOR_PASI = (
    "term_code", "language", "delivery", "schedule", "minutes_offered", "local_section_id", "description",
)  # fmt: skip
IN_FILE = tuple(name for name in EDITABLE if name != "deleted")
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


def _filters(params: QueryDict, user: User) -> SectionFilter:
    """The list, and its file: deleted sections only where they are asked for."""
    return SectionFilter(lists.with_default(params, "deleted", "false", ()), selectors.sections(user))


def _seats(sections: Sequence[Section]) -> dict[int, int]:
    """Students of each. Of these rows alone: a count within the list would be made for every section before the page is cut."""
    seats = Count("course_enrolments", filter=Q(course_enrolments__deleted=False))
    rows = Section.objects.filter(pk__in=[one.pk for one in sections]).order_by()
    return dict(rows.annotate(seats=seats).values_list("pk", "seats"))


@rights.needs("view", "section")
class SectionList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        if turn := LIST.turn(request, lambda params: _filters(params, user)):
            return turn
        filters = _filters(request.GET, user)
        self._choices(filters, user)
        rows = lists.rows(filters)
        page = lists.page(request, rows, size=PAGE)
        seats, words = _seats(page.rows), codes.words()
        total = keyset.counted(rows)
        context = {
            "filterset": filters,
            "count": total,
            "count_shown": keyset.upto(total),
            "query": request.GET.urlencode(),
            "rows": [{"section": one, "seats": seats[one.pk], "codes": words(one)} for one in page.rows],
            "pager": lists.pager(request, page, total),
            "chips": lists.chips(request, filters, ()),
            "clear": LIST.clear(request, filters),
            **LIST.context(request),
        }
        return render(request, "sis/section_list.html", context, status=200 if filters.is_valid() else 400)

    @staticmethod
    def _choices(filters: SectionFilter, user: User) -> None:
        """Pick lists of the existing values; a person of one school does not choose one. What has no box stays in force unseen."""
        for name in set(filters.form.fields) - {*FILTERS, "deleted"}:
            filters.form.fields[name].widget = forms.HiddenInput()
        filters.form.fields["deleted"].widget = forms.Select(choices=[("", _("No")), ("true", _("Yes"))])
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


@rights.needs("view", "section")
class SectionExport(View):
    """The list of sections as a file: the same filters, a line a section."""

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        filters = _filters(request.GET, user_of(request))
        LIST.check(request, filters)
        rows = lists.sound(filters)
        name = f"{_('sections')}-{clock.today().isoformat()}"
        return exports.download(form, name, _("Sections"), self._head(), self._lines(rows))

    @staticmethod
    def _head() -> list[object]:
        return [
            _("School"), _("School name"), _("School year"), _("Course"), *(capfirst(wording.label_of(Section, name)) for name in IN_FILE),
            _("Term"), _("Students"), *(column.label for column in offers.file_columns["sis.sections"]),
        ]  # fmt: skip

    @staticmethod
    def _lines(sections: QuerySet[Section]) -> Iterator[list[object]]:
        """Two queries and those of the columns for each CHUNK sections."""
        after, words = 0, codes.words()
        while rows := list(sections.filter(pk__gt=after).order_by("pk")[:CHUNK]):
            after = rows[-1].pk
            seats, columns = _seats(rows), [column.texts(rows) for column in offers.file_columns["sis.sections"]]
            for one in rows:
                values = words(one)
                yield [
                    one.school.code, one.school.name, one.school_year, one.course.name, *(values[name] for name in IN_FILE),
                    one.term.name, seats[one.pk], *(texts.get(one.pk, "") for texts in columns),
                ]  # fmt: skip


@rights.needs("view", "section")
class SectionPage(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        section = get_object_or_404(selectors.sections(user), pk=pk)
        seats = selectors.course_enrolments(user).filter(section=section, deleted=False)
        page = lists.page(request, seats.prefetch_related("stored_grades"), size=PAGE)
        total = seats.order_by().count()
        context = {
            "section": section,
            "rows": page.rows,
            "count": total,
            "pager": lists.pager(request, page, total),
            "statuses": STATUS,
            "facts": _facts(section),
            "panels": offers.panels("sis.section", request, section),
            "may_edit": rights.can(user, "edit", "section"),
            **({"deletion": _deletion(section), "seen": as_seen(section)} if section.deleted else {}),
        }
        return render(request, "sis/section.html", context)


def _deletion(section: Section) -> AuditEntry | None:
    """Who deleted it, when and why."""
    entries = AuditEntry.objects.filter(entity=events.SECTION, subject_id=str(section.pk))
    return entries.filter(changes__has_key="deleted").order_by("-id").first()


def _facts(section: Section) -> list[tuple[Any, Any]]:
    words = codes.words(section.school_year)(section)
    courses = section.courses.order_by("code")
    return [
        (_("Courses"), ", ".join(f"{course.code} {course.name}" for course in courses)),
        (_("Credits offered"), section.credits_offered),
        (_("Diploma course"), _("yes") if section.course.diploma else _("no")),
        (_("Term"), section.term.name),
        (_("First day"), section.start_date.isoformat()),
        (_("Last day"), section.end_date.isoformat()),
        (_("Teacher"), section.teacher),
        *((capfirst(wording.label_of(Section, name)), words[name]) for name in FOR_PASI),
    ]
