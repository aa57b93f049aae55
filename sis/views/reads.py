"""Who has seen which student: the list, its file, and the search for a student."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations import clock, exports, reading, rights, wording
from operations.actor import user_of
from operations.models import ReadEntry, User
from operations.views import lists
from sis import selectors
from sis.filters import ReadFilter
from sis.forms.students import FindForm
from sis.models import Student

PAGE = 50
CHUNK = 1000
LIST = lists.Listing(
    "sis.reads",
    "sis:reads",
    columns=(
        lists.Column("person", gettext_lazy("Person")),
        lists.Column("what", gettext_lazy("Type of access")),
        lists.Column("subject", gettext_lazy("Student or filter")),
    ),
    filters=("user", "kind"),  # days would go stale, and a student is one record
)


@rights.needs("view", "access")
class SeesAccess(View):
    """For those who may see who has seen whom."""


def place(entry: ReadEntry) -> str:
    """The page or list, in words; an address that no longer exists shows its name."""
    reads = reading.TABLE.get(entry.place)
    return str(reads.label) if reads else entry.place


def students_of(user: User, entries: Iterable[ReadEntry]) -> dict[int, Student]:
    """Those whom the person may see, by id; one query."""
    return selectors.students(user).in_bulk({entry.student_id for entry in entries if entry.student_id})


class ReadList(SeesAccess):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        own = selectors.read_entries(user)
        if turn := LIST.turn(request, lambda params: ReadFilter(params, own)):
            return turn
        filters = ReadFilter(request.GET, own)
        sound = filters.is_valid()
        entries = filters.qs if sound else ReadEntry.objects.none()
        page = lists.page(request, entries, newest_first=True, size=PAGE)
        students = students_of(user, page.rows)
        student = (
            selectors.students(user).filter(pk=filters.form.cleaned_data["student"] or 0).first() if sound else None
        )
        find = FindForm()
        find.fields["q"].help_text = ""  # its button stands beside it
        context = {
            "filterset": filters,
            "find": find,
            "shown": ("user", "kind", "first_day", "last_day"),
            "keep": [("student", request.GET.get("student"))],
            "student": student,
            "chips": self._chips(filters, student) if sound else [],
            "clear": LIST.clear(request, filters),
            **LIST.context(request),
            "query": request.GET.urlencode(),
            "rows": [{"entry": one, "place": place(one), "student": students.get(one.student_id)} for one in page.rows],
            "earlier": lists.address(request, **dict([page.previous])) if page.previous else "",
            "next": lists.address(request, **dict([page.next])) if page.next else "",
            "count": ngettext("%(n)s entry", "%(n)s entries", len(page.rows)) % {"n": len(page.rows)},
        }
        return render(request, "sis/reads.html", context, status=200 if sound else 400)

    def _chips(self, filters: ReadFilter, student: Student | None) -> list[dict[str, str]]:
        person = filters.form.cleaned_data["user"]
        names = {"user": person.full_name if person else "", "student": student.name if student else ""}
        labels = {name: field.label for name, field in filters.form.fields.items()}
        texts = {name: wording.pair(labels[name], text) for name, text in names.items() if text}
        return lists.chips(self.request, filters, (), texts)


class FindRead(SeesAccess):
    """The search for a student. Its words come in a POST and stay there, as in every search for a student."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = FindForm(request.POST)
        students: list[Student] = []
        if form.is_valid():
            students = list(selectors.find_students(user_of(request), form.cleaned_data["q"])[:2])
        address = reverse("sis:reads")
        if len(students) == 1:
            return redirect(f"{address}?{urlencode({'student': students[0].pk})}")
        if students:
            messages.warning(request, _("Several students have this name. Enter the ASN or the local number."))
        else:
            messages.warning(request, _("No student found. Enter a name, an ASN or a local number."))
        return redirect(address)


class ReadExport(SeesAccess):
    """The list as a file: the same filters, the newest first."""

    def get(self, request: HttpRequest, form: str) -> HttpResponseBase:
        user = user_of(request)
        filters = ReadFilter(request.GET, selectors.read_entries(user))
        LIST.check(request, filters)
        entries = lists.sound(filters)
        head = [
            _("When"), _("Person"), _("User name"), _("Program"), _("IP address"), _("Type of access"), _("What"), _("Filter"),
            _("ASN"), _("Last name"), _("First name"),
        ]  # fmt: skip
        name = f"{_('access')}-{clock.today().isoformat()}"
        return exports.download(form, name, _("Access"), head, self._lines(user, entries))

    @staticmethod
    def _lines(user: User, entries: QuerySet[ReadEntry]) -> Iterator[list[object]]:
        """Two queries for each CHUNK entries."""
        before: int | None = None
        while True:
            rows = list((entries if before is None else entries.filter(pk__lt=before)).order_by("-id")[:CHUNK])
            students = students_of(user, rows)
            for one in rows:
                student = students.get(one.student_id or 0)
                whom = (
                    [student.asn_shown, student.legal_last_name, student.legal_first_name] if student else ["", "", ""]
                )
                yield [
                    localtime(one.at).strftime("%Y-%m-%d %H:%M"), one.user.full_name, one.user.username, one.program, one.ip,
                    one.get_kind_display(), place(one), one.filter, *whom,
                ]  # fmt: skip
            if len(rows) < CHUNK:
                return
            before = rows[-1].pk
