"""What a school has to know and what asks for no decision: the product's notices, and other authorities' records."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from alerts import selectors
from alerts.services import seeing
from alerts.views.tabs import tabs
from operations import offers
from operations.actor import of_request
from operations.models import Notice, User
from operations.services import notices as notice_service
from pasi_connect.models import EnrolmentCopy, SchoolCopy
from pasi_connect.services.context import Context
from pasi_connect.views import lists
from sis import selectors as sis
from sis.models import School, SchoolEnrolment


class Notices(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        found = selectors.notices(user)
        page = lists.page(request, found, newest_first=True)
        total = found.order_by().count()
        names = dict(School.objects.filter(code__in={row.school_code for row in page.rows}).values_list("code", "name"))
        told = ngettext("%(n)s notice for your schools", "%(n)s notices for your schools", total) % {"n": total}
        context = {
            "tabs": tabs(request),
            "rows": [{"notice": row, "text": _text(row), "school": names.get(row.school_code, "")} for row in page.rows],
            "pager": lists.pager(request, page, total, newest_first=True),
            "title": told if total else _("No notice for your schools"),
            "acts": lists.decides(user),
        }
        return render(request, "alerts/notices.html", context)


def _text(notice: Notice) -> str:
    """The sentence in the reader's language; a kind that nobody offers any more shows its own name."""
    make = offers.notices.get(notice.kind)
    return str(make(notice.given)) if make else notice.kind.replace("_", " ")


class Seen(LoginRequiredMixin, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        notice = get_object_or_404(sis.scoped(Notice.objects.all(), user), pk=pk)
        lists.require(lists.decides(user))
        if notice_service.seen(of_request(request), notice.pk):
            messages.success(request, _("Seen. The notice is gone for everybody of the school."))
        else:
            messages.info(request, _("Somebody of the school had seen it already."))
        return redirect("alerts:notices")


class OtherRecords(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        page = lists.page(request, selectors.other_records(user), newest_first=True)
        shown = ngettext("%(n)s shown, newest first", "%(n)s shown, newest first", len(page.rows)) % {"n": len(page.rows)}
        pager = {**lists.pager(request, page, 0, newest_first=True), "shown": shown}
        context = {
            "tabs": tabs(request),
            "rows": _records(user, page.rows),
            "pager": pager,
            "acts": lists.decides(user),
        }
        return render(request, "alerts/other_records.html", context)


def _records(user: User, copies: list[EnrolmentCopy]) -> list[dict[str, Any]]:
    """Each with the other school's name and our students' stays. Two queries however many there are."""
    names = dict(SchoolCopy.objects.filter(code__in={copy.school_code for copy in copies}).values_list("code", "name"))
    ours: dict[str, list[SchoolEnrolment]] = {}
    stays = selectors.stays_of(user, Context().years).filter(student__asn__in={copy.asn for copy in copies})
    for stay in stays.select_related("student", "school").order_by("school_id", "pk"):
        ours.setdefault(stay.student.asn or "", []).append(stay)
    rows = []
    for copy in copies:
        own = ours.get(copy.asn, [])
        rows.append(
            {
                "copy": copy,
                "student": own[0].student if own else None,
                "schools": sorted({stay.school.name for stay in own}),
                "school": names.get(copy.school_code, ""),
            }
        )
    return rows


class RecordSeen(LoginRequiredMixin, View):
    """One record, at the version that stood on the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        copy = get_object_or_404(selectors.records_elsewhere(user), pk=pk)
        lists.require(lists.decides(user))
        raw = request.POST.get("version", "")
        version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else copy.core_version
        if seeing.seen(of_request(request), user, copy, version):
            messages.success(request, _("Seen. It is shown again when PASI tells a newer version."))
        else:
            messages.info(request, _("Somebody of the school had seen it already."))
        return redirect("alerts:other-records")
