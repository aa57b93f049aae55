"""What was set aside because our own program raised at it: the list, and trying again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from operations import actor, rights
from operations.actor import user_of
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.models import EnrolmentCopy, Failure, Link, StudentCopy
from pasi_connect.services import words
from pasi_connect.services.compare import failures
from sis.models import Student
from sis.rules import asn


@rights.needs(rights.SYNCHRONIZATION)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    found = selectors.failures(user)
    made = lists.page(request, found, newest_first=True)
    total = found.order_by().count()
    context = {
        "rows": shown_rows(made.rows),
        "total": total,
        "dead": selectors.submissions(user).filter(pk__in=failures.dead().values("pk")).order_by().count(),
        "pager": lists.pager(request, made, total, newest_first=True),
        "may": selectors.sends(user),
    }
    return render(request, "pasi_connect/set_aside.html", context)


def shown_rows(rows: list[Failure]) -> list[dict[str, Any]]:
    """Each with what it is about in words, and the student where there is one here; three queries for the whole page."""
    refs = [row.subject_key for row in rows if row.subject_type == EnrolmentCopy.notification_type]
    links = {
        link.key: link.enrolment.student
        for link in Link.objects.filter(key__in=refs).select_related("enrolment__student")
    }
    copies = dict(EnrolmentCopy.objects.filter(key__in=refs).values_list("key", "asn"))
    asns = {str(ref): number for ref, number in copies.items()}
    asns |= {row.subject_key: row.subject_key for row in rows if row.subject_type == StudentCopy.notification_type}
    students = {one.asn: one for one in Student.objects.filter(asn__in=[number for number in asns.values() if number])}
    shown = []
    for row in rows:
        number = asns.get(row.subject_key, "")
        shown.append(
            {
                "failure": row,
                "student": links.get(row.subject_key) or students.get(number),
                "what": words.subject(row.subject_type),
                "key": asn.shown(number) if row.subject_type == StudentCopy.notification_type else row.subject_key,
            }
        )
    return shown


@rights.needs(*selectors.SENDS)
@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """One of them (`failure`), or all that the person sees."""
    user = user_of(request)
    lists.require(selectors.sends(user))
    found = selectors.failures(user)
    chosen = request.POST.get("failure", "")
    if chosen:
        found = found.filter(pk=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)
    freed = failures.free(actor.of_request(request), found)
    text = ngettext(
        "%(n)s record is being tried again. If it fails three more times, it returns to this list.",
        "%(n)s records are being tried again. Any that fail three more times return to this list.",
        freed,
    )
    messages.success(request, text % {"n": freed})
    return redirect("pasi_connect:set-aside")
