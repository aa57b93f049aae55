"""What a school should know that needs no decision: the product's notices, and other schools' records."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from alerts import selectors
from alerts.services import seeing
from alerts.views.tabs import tabs
from operations import offers, rights
from operations.actor import of_request, user_of
from operations.models import Notice, User
from operations.services import notices as notice_service
from operations.views import lists
from pasi_connect import selectors as engine
from pasi_connect.models import EnrolmentCopy, SchoolCopy
from pasi_connect.services.compare.context import Context
from sis import selectors as sis
from sis.models import School, SchoolEnrolment, Student


@rights.needs("view", "notice")
class Notices(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        lists.refuse_unknown(request, ())
        notices = selectors.notices(user)
        page = lists.page(request, notices, newest_first=True)
        total = notices.order_by().count()
        names = dict(School.objects.filter(code__in={row.school_code for row in page.rows}).values_list("code", "name"))
        students = _students(user, page.rows)
        title = ngettext("%(n)s notice", "%(n)s notices", total) % {"n": total}
        rows = [
            {
                "notice": row,
                "text": offers.notice_text(row.kind, row.values),
                "school": names.get(row.school_code, ""),
                "student": students.get(row.values.get("student")),
                "acts": selectors.may_end(user, row),
            }
            for row in page.rows
        ]
        context = {
            "tabs": tabs(request),
            "rows": rows,
            "pager": lists.pager(request, page, total, newest_first=True),
            "title": title if total else _("No notices"),
            "acts": any(row["acts"] for row in rows),
        }
        return render(request, "alerts/notices.html", context)


def _students(user: User, notices: list[Notice]) -> dict[Any, Student]:
    """Those whom notices are about and whom the person may see, by id: a notice itself holds no name."""
    return dict(sis.students(user).in_bulk([row.values["student"] for row in notices if row.values.get("student")]))


@rights.needs("view", "notice")
class MarkSeen(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        notice = get_object_or_404(selectors.all_notices(user), pk=pk)
        lists.require(selectors.may_end(user, notice))
        if not notice_service.mark_seen(of_request(request), notice.pk):
            messages.info(request, _("Somebody else marked it as seen first."))
        elif notice.person_id:
            messages.success(request, _("Marked as seen. The notice is closed."))
        else:
            messages.success(request, _("Marked as seen for everyone at your school."))
        return redirect("alerts:notices")


@rights.needs("view", "change")
class OtherRecords(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        lists.refuse_unknown(request, ())
        page = lists.page(request, selectors.other_records(user), newest_first=True)
        text = ngettext("%(n)s shown, newest first", "%(n)s shown, newest first", len(page.rows)) % {
            "n": len(page.rows)
        }
        pager = {**lists.pager(request, page, 0, newest_first=True), "shown": text}
        context = {
            "tabs": tabs(request),
            "rows": _records(user, page.rows),
            "pager": pager,
            "acts": engine.decides(user),
        }
        return render(request, "alerts/other_records.html", context)


def _records(user: User, copies: list[EnrolmentCopy]) -> list[dict[str, Any]]:
    """Each with the other school's name and our students' stays. Three queries however many there are."""
    codes = {copy.school_code for copy in copies}
    names = dict(SchoolCopy.objects.filter(code__in=codes).values_list("code", "name"))
    names |= dict(School.objects.filter(code__in=codes).values_list("code", "name"))
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


@rights.needs("decide", "change")
class RecordSeen(View):
    """One record, at the version that stood on the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        copy = get_object_or_404(selectors.records_elsewhere(user), pk=pk)
        lists.require(engine.decides(user))
        raw = request.POST.get("version", "")
        version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else copy.core_version
        if seeing.mark_seen(of_request(request), user, copy, version):
            messages.success(request, _("Marked as seen. The record appears again when PASI sends a newer version."))
        else:
            messages.info(request, _("Somebody else marked it as seen first."))
        return redirect("alerts:other-records")
