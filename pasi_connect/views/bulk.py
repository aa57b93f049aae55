"""Changes from PASI decided together: chosen on the list, reviewed here, decided in a job."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from operations import actor, keyset, rights, wording
from operations import selectors as operations_selectors
from operations.actor import user_of
from operations.models import User
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.entities import written
from pasi_connect.filters import field_choices
from pasi_connect.forms.decisions import BulkForm, take_errors
from pasi_connect.models import Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import bulk as rules
from pasi_connect.services import words
from pasi_connect.services.decisions import bulk
from pasi_connect.views import change_rows
from pasi_connect.views.working_list import WorkingList
from sis.models import School

DECISIONS = (rules.ACCEPT, rules.REJECT)
MOST_CHOSEN = 200
FIELDS = frozenset(name for entity in written() for name in entity.compared)


@rights.needs("decide", "change")
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_page(request: HttpRequest) -> HttpResponse:
    """What deciding the chosen changes would do (GET, a page address), and the start of the job (POST)."""
    user = user_of(request)
    lists.require(selectors.decides(user))
    params = request.POST if request.method == "POST" else request.GET
    decision = params.get("decision", "")
    if decision not in DECISIONS:
        raise Http404
    items, criteria = chosen(user, params)
    kinds = frozenset(kind for kind in params.getlist("kinds") if kind in Kind.values) if params.get("named") else None
    form = BulkForm(params if request.method == "POST" else None, needs_reason=decision == rules.REJECT)
    field = params.get("only", "")
    if field and field not in FIELDS:
        raise Http404
    choice = bulk.Choice(decision, "", kinds, field)
    if request.method != "POST":
        return _page(request, params, items, choice, form)
    if not form.is_valid():
        return _page(request, params, items, choice, form, status=422)
    choice = bulk.Choice(decision, form.cleaned_data["reason"], kinds, field)
    selection = bulk.select(items, choice)
    if selection.mark != form.cleaned_data["seen"]:
        return _page(request, params, items, choice, form, status=409)
    try:
        # The page has shown the guard's words and every row, and `seen` proves that it was this list.
        may_approve = operations_selectors.confirms(user)
        _action, job, _selection = bulk.start(actor.of_request(request), items, choice, criteria, confirmed=may_approve)
    except ValidationError as error:
        take_errors(form, error)
        return _page(request, params, items, choice, form, status=422)
    return redirect("operations:job", job.pk)


def chosen(user: User, params: QueryDict) -> tuple[QuerySet[Discrepancy], dict[str, Any]]:
    """The ticked items, or all of the filter; and the same selection as the list's filters."""
    own = selectors.discrepancies(user)
    if params.get("all"):
        working = WorkingList(user, params)
        return working.filterset.qs, {**({"group": working.group} if working.group else {}), **dict(working.filters)}
    ids = [int(pk) for pk in params.getlist("item") if pk.isdecimal() and len(pk) < 19][:MOST_CHOSEN]
    items = own.filter(pk__in=ids)
    refs = items.order_by("pk").values_list("key", flat=True)
    return items, {"ref_id": [str(ref_id) for ref_id in refs]}


def _page(
    request: HttpRequest,
    params: QueryDict,
    items: QuerySet[Discrepancy],
    choice: bulk.Choice,
    form: BulkForm,
    status: int = 200,
) -> HttpResponse:
    selection = bulk.select(items, choice)
    may_approve = operations_selectors.confirms(user_of(request))
    page = _rows(params, items, choice)
    conflicts = selection.left_out_kinds[Kind.CHANGED_ON_BOTH] + selection.left_out_kinds[Kind.NEVER_AGREED]
    names = dict(
        School.objects.filter(code__in={place.school for place in selection.places}).values_list("code", "name")
    )
    working = WorkingList(user_of(request), params)
    context = {
        "form": form,
        "decision": choice.decision,
        "accept": choice.accept,
        "only": dict(field_choices()).get(choice.field, ""),
        "selection": selection,
        "number": len(selection.ids),
        "title": title(choice.accept, len(selection.ids)),
        "button": _approved(selection) if selection.guarded and may_approve else _button(selection),
        "stay": len(selection.left_out) + selection.on_the_way,
        "conflicts": conflicts,
        "kinds": _kinds(selection),
        "words": words.KIND,
        "parts": _parts(selection),
        "bar_label": ", ".join(wording.pair(part["name"], part["count"]) for part in _parts(selection)),
        "places": [{"place": place, "name": names.get(place.school, "")} for place in selection.places],
        "guard": bulk.why_approval(selection.guarded),
        "rows": change_rows.shown_rows(page.rows, working),
        "pager": _pager(page, params, working, len(selection.ids)),
        "keep": _kept(params, working),
        "seen": selection.mark,
        "moved": status == 409,
        "back": working.url,
        "may_approve": may_approve,
    }
    return render(request, "pasi_connect/bulk.html", context, status=status)


def _rows(params: QueryDict, items: QuerySet[Discrepancy], choice: bulk.Choice) -> keyset.Page:
    """A page of the items that would be decided: each can be reviewed first."""
    kinds = [kind for kind in Kind.values if rules.decided(kind, choice.decision, choice.kinds)]
    decided = items.filter(status=Discrepancy.Status.OPEN, undecided__gt=0, kind__in=kinds)
    marks = {name: params.get(f"rows_{name}") for name in lists.MARKS}  # the list behind has marks of its own
    try:
        return keyset.page(decided, marks, lists.SIZE)
    except ValidationError:
        raise Http404 from None


def _pager(page: keyset.Page, params: QueryDict, working: WorkingList, total: int) -> dict[str, str]:
    def address(mark: tuple[str, int] | None) -> str:
        if mark is None:
            return ""
        query = QueryDict(mutable=True)
        for name, value in _kept(params, working):
            query.appendlist(name, value)
        for name in ("named", "kinds"):
            query.setlist(name, params.getlist(name))
        query[f"rows_{mark[0]}"] = str(mark[1])
        return f"{reverse('pasi_connect:bulk')}?{query.urlencode()}#h-rows"

    text = _("Showing %(number)s of %(total)s, oldest first")
    return {
        "shown": text % {"number": len(page.rows), "total": number_format(total, force_grouping=True)},
        "earlier": address(page.previous),
        "next": address(page.next),
    }


def title(accept: bool, number: int) -> str:
    if not number:
        return _("None of these changes would be decided")
    if accept:
        return ngettext("Accept PASI in %(n)s change", "Accept PASI in %(n)s changes", number) % {"n": number}
    return ngettext("Keep SIS in %(n)s change", "Keep SIS in %(n)s changes", number) % {"n": number}


def _button(selection: bulk.Selection) -> str:
    """Says the size: "Accept PASI: change 38 here"."""
    words_ = {"n": len(selection.ids), "here": selection.here, "sent": selection.sent}
    if selection.here and selection.sent:
        return _("Decide %(n)s: change %(here)s here, send %(sent)s") % words_
    if selection.sent:
        return _("Keep SIS: send %(sent)s") % words_
    return _("Accept PASI: change %(here)s here") % words_


def _approved(selection: bulk.Selection) -> str:
    """For somebody who may approve: the button is the approval, and says so."""
    return _("Approve. %(what)s") % {"what": _button(selection)}


def _kinds(selection: bulk.Selection) -> list[dict[str, Any]]:
    """Each kind among the chosen, with what deciding it does."""
    rows = []
    for kind in Kind.values:
        number = selection.kinds[kind] + selection.left_out_kinds[kind]
        if number:
            row = rules.BY_KEY[kind, selection.choice.decision]
            rows.append(
                {
                    "kind": kind,
                    "number": number,
                    "decided": bool(selection.kinds[kind]),
                    "effect": _(row.effect),
                    "why": _(row.why_named) if row.named else "",
                }
            )
    return rows


def _parts(selection: bulk.Selection) -> list[dict[str, Any]]:
    parts = [
        {"count": len(selection.ids), "name": _("Decided"), "meta": _("in one job that you can undo")},
        {
            "count": len(selection.left_out),
            "name": _("Staying open"),
            "meta": _("you have not selected their kind below"),
        },
    ]
    if selection.on_the_way:
        parts.append({"count": selection.on_the_way, "name": _("On its way"), "meta": _("already decided")})
    return parts


def _kept(params: QueryDict, working: WorkingList) -> list[tuple[str, str]]:
    """Hidden fields for each form of the page: the selection, the decision, and the list behind it."""
    chosen = [(name, value) for name in ("decision", "all", "item", "only") for value in params.getlist(name) if value]
    return chosen + list(working.kept.items())
