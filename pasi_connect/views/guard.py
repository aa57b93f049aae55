"""What the guard stopped: many records missing at once from PASI's complete set. A permitted person looks, then approves."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations.actor import of_request
from operations.views.doors import Permitted
from pasi_connect.models import EnrolmentCopy, LocalCopy, SyncCursor
from pasi_connect.services import pulling, setting_up

SHOWN = 200


class GuardList(Permitted, View):
    any_permission = ("operations.approve", "operations.setup")

    def get(self, request: HttpRequest) -> HttpResponse:
        stopped = SyncCursor.objects.exclude(guard_stopped_at=None).order_by("notification_type")
        rows = [{"cursor": cursor, "count": len(cursor.guard_missing)} for cursor in stopped]
        return render(request, "pasi_connect/setup/guard_list.html", {"rows": rows})


class GuardPage(Permitted, View):
    any_permission = ("operations.approve", "operations.setup")

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return self._page(self._cursor(name))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.has_perm("operations.approve"):
            return self.handle_no_permission()  # type: ignore[no-any-return]
        try:
            count = setting_up.approve_vanished(of_request(request), name, request.POST.get("stopped_at", ""))
        except setting_up.MovedOn:
            messages.error(request, _("Not approved: the list has changed since you looked. Look at the new one."))
            cursor = SyncCursor.objects.filter(notification_type=name).exclude(guard_stopped_at=None).first()
            if cursor is None:
                return render(request, "errors/409.html", status=409)
            return self._page(cursor, 409)
        text = ngettext("Approved: %(n)s record has left.", "Approved: %(n)s records have left.", count) % {"n": count}
        messages.success(request, text)
        return redirect("pasi_connect:guard")

    @staticmethod
    def _cursor(name: str) -> SyncCursor:
        return get_object_or_404(SyncCursor.objects.exclude(guard_stopped_at=None), notification_type=name)

    def _page(self, cursor: SyncCursor, status: int = 200) -> HttpResponse:
        entity = pulling.ENTITIES.get(cursor.notification_type.partition(".")[0])
        if entity is None:
            raise Http404
        keys = cursor.guard_missing[:SHOWN]
        rows: list[LocalCopy] = list(
            entity.model._default_manager.filter(**{f"{entity.model.key_field}__in": keys})
            .defer("document")
            .order_by("pk")
        )
        context = {
            "cursor": cursor,
            "count": len(cursor.guard_missing),
            "rows": rows,
            "stopped_at": cursor.guard_stopped_at.isoformat() if cursor.guard_stopped_at else "",
            "enrolments": entity.model is EnrolmentCopy,
        }
        return render(self.request, "pasi_connect/setup/guard.html", context, status=status)
