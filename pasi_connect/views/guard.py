"""What the guard stopped: many records missing at once from PASI's set. An authorized person reviews and approves."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views import View

from operations import clock, exports, keyset, rights
from operations.actor import of_request, user_of
from operations.views import lists
from pasi_connect import entities
from pasi_connect.models import EnrolmentCopy, MissingRecord, SyncCursor
from pasi_connect.services.pull import vanishing
from pasi_connect.views.record import names_of

CHUNK = 1000


@rights.needs("view", "guard")
class GuardList(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        stopped = vanishing.stopped(user_of(request))
        rows = [{"cursor": cursor, "count": _missing(cursor).count()} for cursor in stopped]
        return render(request, "pasi_connect/setup/guard_list.html", {"rows": rows})


def _missing(cursor: SyncCursor) -> QuerySet[MissingRecord]:
    assert cursor.guard_stopped_at is not None
    return MissingRecord.objects.filter(cursor=cursor, stopped_at=cursor.guard_stopped_at)


def _cursor(request: HttpRequest, name: str) -> SyncCursor:
    """Raises 404 for a list with a record of a school that is not the person's."""
    for cursor in vanishing.stopped(user_of(request)):
        if cursor.notification_type == name:
            return cursor
    raise Http404


def _rows(cursor: SyncCursor, missing: list[MissingRecord]) -> list[dict[str, Any]]:
    """Each with its local copy, and for an enrolment the student's name. Two queries however many there are."""
    entity = entities.by_notification(cursor.notification_type)
    assert entity is not None
    model = entity.copy
    keys = [row.key for row in missing]
    copies = model._default_manager.filter(**{f"{model.key_field}__in": keys}).defer("document")
    by_key = {str(getattr(copy, model.key_field)): copy for copy in copies}
    names = names_of(getattr(copy, "asn", "") for copy in by_key.values())
    return [
        {"key": row.key, "copy": copy, "name": names.get(getattr(copy, "asn", ""), "")}
        for row in missing
        for copy in (by_key.get(row.key),)
    ]


@rights.needs("view", "guard")
class GuardPage(View):
    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return self._page(_cursor(request, name))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        lists.require(rights.can(request.user, "approve", "guard"))
        if SyncCursor.objects.filter(notification_type=name).exclude(guard_stopped_at=None).exists():
            _cursor(request, name)
        try:
            job = vanishing.approve(of_request(request), name, request.POST.get("stopped_at", ""))
        except vanishing.MovedOn:
            messages.error(request, _("Not approved: the list has changed since you reviewed it. Review the new one."))
            cursor = SyncCursor.objects.filter(notification_type=name).exclude(guard_stopped_at=None).first()
            if cursor is None:
                return render(request, "errors/409.html", status=409)
            return self._page(cursor, 409)
        messages.success(request, _("Approved. The records are being marked as missing."))
        return redirect("operations:job", job.pk)

    def _page(self, cursor: SyncCursor, status: int = 200) -> HttpResponse:
        missing = _missing(cursor)
        page, count = lists.page(self.request, missing, newest_first=False), missing.count()
        text = _("Showing %(number)s of %(total)s")
        pager = lists.pager(self.request, page, count, newest_first=False)
        numbers = {"number": len(page.rows), "total": number_format(count, force_grouping=True)}
        context = {
            "cursor": cursor,
            "count": count,
            "rows": _rows(cursor, page.rows),
            "pager": {**pager, "shown": text % numbers},
            "stopped_at": cursor.guard_stopped_at.isoformat() if cursor.guard_stopped_at else "",
            "enrolments": cursor.notification_type.startswith(EnrolmentCopy.notification_type),
        }
        return render(self.request, "pasi_connect/setup/guard.html", context, status=status)


@rights.needs("view", "guard")
class GuardExport(View):
    """The whole list as a file."""

    def get(self, request: HttpRequest, name: str, form: str) -> HttpResponseBase:
        cursor = _cursor(request, name)
        head = [_("Record"), _("ASN"), _("Student"), _("School"), _("School year")]
        file = f"{_('missing-records')}-{clock.today().isoformat()}"
        return exports.download(form, file, _("Missing records"), head, _lines(cursor))


def _lines(cursor: SyncCursor) -> Iterator[list[Any]]:
    after: dict[str, Any] = {}
    while True:
        page = keyset.page(_missing(cursor), after, CHUNK)
        for row in _rows(cursor, page.rows):
            copy = row["copy"]
            values = [getattr(copy, name, "") for name in ("asn", "school_code", "school_year")]
            yield [row["key"], values[0], row["name"], *values[1:]]
        if page.next is None:
            return
        after = dict([page.next])
