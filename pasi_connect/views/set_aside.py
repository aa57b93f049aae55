"""Records set aside because our own program failed on them: the list, and retrying."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from operations import actor, rights
from operations.actor import user_of
from operations.views import lists
from pasi_connect import entities, selectors
from pasi_connect.filters import FailureFilter
from pasi_connect.models import Failure
from pasi_connect.services import words
from pasi_connect.services.compare import failures
from sis.models import Student
from sis.rules import asn
from sis.services import events


@rights.needs("view", "failure")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    filterset = FailureFilter(request.GET, selectors.failures(user))
    lists.refuse_unknown(request, filterset.filters)
    rows = lists.sound(filterset)
    page = lists.page(request, rows, newest_first=True)
    total = rows.order_by().count()
    context = {
        "rows": shown_rows(page.rows),
        "total": total,
        "dead": selectors.submissions(user).filter(pk__in=failures.dead().values("pk")).order_by().count(),
        "pager": lists.pager(request, page, total, newest_first=True),
        "may": selectors.sends(user),
    }
    return render(request, "pasi_connect/set_aside.html", context)


def shown_rows(rows: list[Failure]) -> list[dict[str, Any]]:
    """Each with what it is about in words, and the SIS record or the student there is of it; a few queries a kind."""
    about = _changed_here([row for row in rows if row.step == Failure.Step.COLLECT])
    of_pasi = [row for row in rows if row.step != Failure.Step.COLLECT]
    asns = {row.pk: row.key for row in of_pasi if row.entity == events.STUDENT}
    for entity in entities.written():
        mine = [row for row in of_pasi if row.entity == entity.kind]
        if not mine:
            continue
        keys = [row.key for row in mine]
        links = {link.key: link for link in entity.links_along.filter(key__in=keys)}
        for row in mine:
            if row.key in links:
                record = links[row.key].record
                about[row.pk] = (entity.display.title(record), entity.display.url(record))
        if entity.has_student:
            copies = entity.copies.filter(**{f"{entity.copy.key_field}__in": keys})
            by_key = {str(getattr(copy, entity.copy.key_field)): entity.part_in(copy, "asn") for copy in copies}
            asns |= {row.pk: by_key[row.key] for row in mine if row.key in by_key}
    students = {one.asn: one for one in Student.objects.filter(asn__in=[number for number in asns.values() if number])}
    return [
        {
            "failure": row,
            "about": about.get(row.pk) or _student(students.get(asns.get(row.pk, ""))),
            "what": words.subject(row.entity),
            "key": asn.with_hyphens(row.key) if row in of_pasi and row.entity == events.STUDENT else row.key,
        }
        for row in rows
    ]


def _changed_here(rows: list[Failure]) -> dict[int, tuple[str, str]]:
    """Of changes made here: the student or the record whose lane it is. Their keys are our ids."""
    about = {}
    for entity in entities.written():
        mine = {row.key: row for row in rows if row.entity == entity.kind}
        for record in entity.records.filter(pk__in=mine) if mine else ():
            about[mine[str(record.pk)].pk] = (entity.display.title(record), entity.display.url(record))
    of_students = {row.key: row for row in rows if row.entity == events.STUDENT}
    for student in Student.objects.filter(pk__in=of_students) if of_students else ():
        about[of_students[str(student.pk)].pk] = (student.name, reverse("sis:student", args=[student.pk]))
    return about


def _student(student: Student | None) -> tuple[str, str] | None:
    return (student.name, reverse("sis:student", args=[student.pk])) if student else None


@rights.needs("send", "submission")
@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """One of them (`failure`), or all that the person sees."""
    user = user_of(request)
    lists.require(selectors.sends(user))
    rows = selectors.failures(user)
    chosen = request.POST.get("failure", "")
    if chosen:
        rows = rows.filter(pk=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)
    freed = failures.free(actor.of_request(request), rows)
    text = ngettext(
        "%(n)s record is being tried again. If it fails three more times, it returns to this list.",
        "%(n)s records are being tried again. Any that fail three more times return to this list.",
        freed,
    )
    messages.success(request, text % {"n": freed})
    return redirect("pasi_connect:set-aside")
