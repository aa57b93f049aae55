"""Students: the list, the search that leaves no name in an address, and one student's page."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations import clock, exports, keyset, offers, rights
from operations.actor import user_of
from operations.views import lists
from sis import selectors
from sis.filters import StudentListFilter
from sis.forms.students import FindForm
from sis.models import SchoolEnrolment, Student
from sis.views import genders
from sis.views.lanes import lanes, month_names

PAGE = 50
MOST_FOUND = 100
CHUNK = 1000  # students read at once for a file
LIST = lists.Listing(
    "sis.students",
    "sis:student-list",
    columns=(
        lists.Column("born", gettext_lazy("Born")),
        lists.Column("enrolment", gettext_lazy("Latest enrolment")),
        lists.Column("grade", gettext_lazy("Grade")),
        lists.Column("days", gettext_lazy("First and last day"), visible=False),
    ),
    filters=("school", "school_year", "grade", "pasi_state"),
    sort="sort",
    defaults=lambda: {"school_year": str(selectors.current_year())},
)


def with_latest(students: QuerySet[Student], request: HttpRequest) -> QuerySet[Student]:
    """Each with `here`: the enrolments at the person's schools, the newest first."""
    here = selectors.enrolments(user_of(request)).order_by("-school_year", "deleted", "-start_date", "-pk")
    return students.prefetch_related(Prefetch("enrolments", here, to_attr="here"))


def table_context(request: HttpRequest, students: list[Student]) -> dict[str, Any]:
    """What the table of students needs: rows with the latest enrolment, and what higher apps add to it."""
    rows = [{"student": student, "enrolment": student.here[0] if student.here else None} for student in students]  # type: ignore[attr-defined]
    enrolments = [row["enrolment"] for row in rows if row["enrolment"]]
    memory = LIST.context(request)
    panels = offers.panels("sis.enrolment-state", request, enrolments)
    columns = [panel for panel in panels if memory["cols"].get(panel.context.get("name"), True)]
    return {"rows": rows, "columns": columns, **memory}


@rights.needs("view", "student")
class StudentList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        filters = self._filters(request.GET)
        if turn := LIST.turn(request, self._filters):
            return turn
        sound = filters.is_valid()
        students = filters.qs if sound else Student.objects.none()
        order = filters.order if sound else "search_name"
        try:
            page = selectors.in_order(with_latest(students, request), request.GET, PAGE, order)
        except ValidationError:
            return HttpResponseBadRequest(_("The page must be a whole number."), content_type="text/plain")
        context = {
            "filter": filters,
            "count": (count := keyset.counted(students)),
            "count_shown": keyset.upto(count),
            "page": page,
            "query": request.GET.urlencode(),
            "earlier": self._turn(page.previous),
            "next": self._turn(page.next),
            "chips": [{"text": text, "url": self._without(name)} for name, text in filters.chips()],
            "clear": LIST.clear(request, filters),
            **table_context(request, page.rows),
        }
        return render(request, "sis/student_list.html", context, status=200 if sound else 400)

    def _filters(self, params: QueryDict) -> StudentListFilter:
        return StudentListFilter(params, selectors.students(user_of(self.request)), request=self.request)

    def _address(self, **changes: str) -> str:
        """This list with other parameters. An empty year stays: it stands for all years."""
        params = self.request.GET.copy()
        for mark in ("after", "before"):
            params.pop(mark, None)
        for name, value in changes.items():
            params.pop(name, None)
            if value or name == "school_year":
                params[name] = value
        return f"{reverse('sis:student-list')}?{params.urlencode()}"

    def _turn(self, mark: tuple[str, int] | None) -> str:
        return self._address(**{mark[0]: str(mark[1])}) if mark else ""

    def _without(self, name: str) -> str:
        return self._address(**{name: "", lists.MINE: "1"})


@rights.needs("view", "student")
class StudentExport(View):
    """The list of students as a file: the same filters and order, one line per student with the latest enrolment."""

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        filters = StudentListFilter(request.GET, selectors.students(user_of(request)), request=request)
        LIST.check(request, filters)
        students = lists.sound(filters)
        name = f"{_('students')}-{clock.today().isoformat()}"
        return exports.download(form, name, _("Students"), self._head(), self._lines(students, filters.order))

    @staticmethod
    def _head() -> list[object]:
        return [
            _("Last name"), _("First name"), _("ASN"), _("Student number"), _("Birth date"), _("School"),
            _("School name"), _("School year"), _("Grade"), *(column.label for column in offers.file_columns["sis.enrolments"]),
        ]  # fmt: skip

    def _lines(self, students: QuerySet[Student], order: str) -> Iterator[list[object]]:
        """Three queries plus those of the columns for each CHUNK students."""
        params: dict[str, int] = {}
        while True:
            page = selectors.in_order(with_latest(students, self.request), params, CHUNK, order)
            latest = {one.pk: one.here[0] for one in page.rows if one.here}
            columns = [column.texts(list(latest.values())) for column in offers.file_columns["sis.enrolments"]]
            for student in page.rows:
                yield self._line(student, latest.get(student.pk), columns)
            if page.next is None:
                return
            params = {page.next[0]: page.next[1]}

    @staticmethod
    def _line(student: Student, stay: SchoolEnrolment | None, columns: list[dict[int, str]]) -> list[object]:
        first = student.preferred_first_name or student.legal_first_name
        who = [student.legal_last_name, first, student.asn_shown, student.local_number, student.birth_date]
        if stay is None:
            return who
        where = [stay.school.code, stay.school.name, stay.school_year, stay.grade]
        return [*who, *where, *(texts.get(stay.pk, "") for texts in columns)]


@rights.needs("find", "student")
class FindStudent(View):
    """The words come in a POST and stay there: neither address nor log nor history carries a name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "sis/student_find.html", {"form": FindForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = FindForm(request.POST)
        if not form.is_valid():
            return render(request, "sis/student_find.html", {"form": form}, status=422)
        matches = selectors.find_students(user_of(request), form.cleaned_data["q"])
        students = list(with_latest(matches, request).order_by("search_name", "pk")[: MOST_FOUND + 1])
        if len(students) == 1:
            return redirect("sis:student", students[0].pk)
        more, students = len(students) > MOST_FOUND, students[:MOST_FOUND]
        if more:
            title = _("More than %(n)s students found") % {"n": MOST_FOUND}
        else:
            title = ngettext("%(n)s student found", "%(n)s students found", len(students)) % {"n": len(students)}
        context = {"form": form, "title": title, "more": more, "asked": True, **table_context(request, students)}
        return render(request, "sis/student_find.html", context)


@rights.needs("view", "student")
class StudentPage(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        student = get_object_or_404(selectors.students(user), pk=pk)
        stays = list(
            student.enrolments.select_related("school", "student").order_by("-school_year", "-start_date", "-pk")
        )
        codes = selectors.school_codes(user)
        own = [stay for stay in stays if codes is None or stay.school.code in codes]
        foreign = [stay for stay in stays if stay not in own and not stay.deleted]
        year = self._shown_year(own)
        context = {
            "student": student,
            "age": self._age(student),
            "latest": next((stay for stay in own if not stay.deleted), None),
            "own": own,
            "foreign": foreign,
            "shown_year": year,
            "facts": [
                (_("Legal name"), student.legal_name),
                *([] if student.legal_name_exact else [(_("Spelling"), _("differs from the document"))]),
                (_("Preferred name"), student.preferred_name),
                (_("Birth date"), student.birth_date.isoformat()),
                (_("Identity document"), self._document(student)),
                (_("Gender"), genders.gender(student.gender)),
            ],
            "months": month_names(),
            "lanes": lanes(year, [stay for stay in (*own, *foreign) if not stay.deleted], clock.today())
            if year
            else [],
            "columns": offers.panels("sis.enrolment-state", request, own),
            "row_actions": offers.panels("sis.enrolment-actions", request, own),
            "actions": offers.panels("sis.student-actions", request, student),
            "panels": offers.panels("sis.student", request, student),
        }
        return render(request, "sis/student.html", context)

    @staticmethod
    def _document(student: Student) -> str:
        """Its kind, the last characters of its number and the day of issue, where there are any."""
        parts = [offers.code_word("identity_document_type", student.identity_document_type)]
        if student.identity_document_number:
            parts.append(f"…{student.identity_document_number}")
        if student.identity_document_issued:
            parts.append(student.identity_document_issued.isoformat())
        return ", ".join(part for part in parts if part)

    @staticmethod
    def _shown_year(stays: list[SchoolEnrolment]) -> Any:
        """This school year when there is a stay in it, else the latest one."""
        years = {stay.school_year for stay in stays if not stay.deleted}
        current = selectors.current_year()
        return current if current in years else max(years, default=None)

    @staticmethod
    def _age(student: Student) -> int:
        today, born = clock.today(), student.birth_date
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
