"""Changes from PASI: the list, one change side by side, the decision and its undo."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from operations import actor, keyset, offers, rights
from operations.actor import Actor, user_of
from operations.models import User
from operations.views import lists
from pasi_connect import entities, selectors
from pasi_connect.filters import DiscrepancyFilter, choose_year
from pasi_connect.forms.decisions import ANEW, AS_A_WHOLE, DecisionForm, take_errors
from pasi_connect.models import Decision, Discrepancy, LinkState, Submission
from pasi_connect.models.discrepancy import FIRST, WAITS
from pasi_connect.models.submission import Status
from pasi_connect.rules.compare import CHANGED_IN_PASI, RESET
from pasi_connect.services import decisions, words
from pasi_connect.services.decisions import accepting, taking_back
from pasi_connect.services.queue import submissions
from pasi_connect.views import change_rows, change_state, expectations
from pasi_connect.views.change_text import cause, effects, whole_choice
from pasi_connect.views.record import Record
from pasi_connect.views.working_list import WorkingList
from sis.filters import choose_school, school_choices

GROUPS = dict(DiscrepancyFilter.GROUPS)
TABS = {"open": "", "safe": "check-circle", "conflicts": "split", "closed": ""}  # the other groups are filters
PAGE = "pasi_connect.changes"
# Filters that the page shows as fields, in this order; the others are hidden fields and appear among the chips.
ON_PAGE = ("school", "school_year", "kind", "moved", "field", "changed_by", "age", "state", "who")

LIST = lists.Listing(
    PAGE,
    "pasi_connect:changes",
    columns=(
        lists.Column("kind", gettext_lazy("Kind")),
        lists.Column("change", gettext_lazy("Change: SIS record to PASI")),
        lists.Column("by", gettext_lazy("Changed by")),
    ),  # "Here since" reverses the order, so it stays
    filters=ON_PAGE,
    sort="order",
    orders=("newest",),
)


def group_counts(user: User) -> dict[str, int]:
    """The count of each tab; none counts further than `keyset.MOST_COUNTED` plus one."""
    own = selectors.discrepancies(user).select_related(None)
    counts = {
        group: keyset.counted(DiscrepancyFilter.in_group(own, "group", group))
        for group in ("safe", "conflicts", "whole", "reset", "closed")
    }
    counts["refused"] = keyset.counted(own.filter(selectors.refused()))
    counts["open"] = waiting(counts) + counts["reset"]
    return counts


def waiting(counts: dict[str, int]) -> int:
    """Changes that wait for a person: for a decision, or because PASI refused what was decided."""
    return counts["safe"] + counts["conflicts"] + counts["whole"] + counts["refused"]


def newest(user: User) -> str:
    """The mark from which a page counts what is new: the last item, and PASI's highest version among the items."""
    most = selectors.discrepancies(user).order_by().aggregate(item=Max("pk"), version=Max("core_version"))
    return f"{most['item'] or 0}.{most['version'] or 0}"


def pulse(user: User, one: Discrepancy | None = None, query: str = "") -> str:
    """The address that says what is new since now; of a page of one change also whether that one has moved."""
    values = {"since": newest(user)}
    if one is not None:
        values |= {"item": str(one.pk), "version": one.version, "status": one.status, "list": query}
    return f"{reverse('pasi_connect:pulse')}?{urlencode(values)}"


def since(user: User, mark: str) -> QuerySet[Discrepancy]:
    """Items that wait for a decision and have come, or have moved in PASI, since `mark` (see `newest`) was drawn."""
    item, _dot, version = mark.partition(".")
    later = Q(pk__gt=int(item) if item.isdecimal() else 0)
    if version.isdecimal():
        later |= Q(core_version__gt=int(version))
    return first_open(user, "").filter(later)


@rights.needs("view", "change")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if turn := LIST.turn(request, lambda params: DiscrepancyFilter(params, selectors.discrepancies(user), person=user)):
        return turn
    try:
        working: WorkingList | None = WorkingList(user, request.GET)
    except BadRequest:
        working = None  # the error is shown at the filter itself
    params = lists.with_default(request.GET, "group", "open", unless=("status", "ref_id"))
    filterset = working.filterset if working else DiscrepancyFilter(params, selectors.discrepancies(user), person=user)
    schools = school_choices(user)
    choose_school(filterset, schools)
    choose_year(filterset)
    newest_first = request.GET.get("order") == "newest"
    items = lists.rows(filterset)
    page = lists.page(request, items, newest_first)
    counts = group_counts(user)
    group = params.get("group", "")
    labels = {"not_alike": _("Excluding similar changes"), "alike": _alike(page.rows)}
    chips = lists.chips(request, filterset, besides=("group",) if group in TABS else (), labels=labels)
    total = keyset.counted(items) if chips or group not in counts else counts[group]
    number = waiting(counts)
    rows = change_rows.shown_rows(page.rows, working)
    notes = offers.notes(PAGE, request, page.rows)
    context = {
        "filterset": filterset,
        "tabs": [
            {
                "label": label,
                "url": lists.address(request, group=name),
                "count": keyset.upto(counts[name]),
                "current": name == group or (name == "open" and group not in TABS),
                "icon": icon,
            }
            for name, icon in TABS.items()
            for label in (GROUPS[name],)
        ]
        + [panel.context for panel in offers.panels(PAGE, request, None)],
        "chips": chips,
        "clear": LIST.clear(request, filterset, besides=("group",) if group in TABS else ()),
        **LIST.context(request),
        "rows": [{**row, "notes": notes.get(row["item"].pk, ())} for row in rows],
        "choosable": selectors.decides(user) and any(row["decidable"] for row in rows),
        "kept": list(working.kept.items()) if working else [],
        "more_than_shown": total > len(page.rows),
        "total_shown": keyset.upto(total),
        "export": lists.address(request),
        "pager": lists.pager(request, page, total, newest_first),
        "newest_first": newest_first,
        "turned": lists.address(request, order=None if newest_first else "newest", mine=1),
        "title": _title(number),
        "waiting": number,
        "first": _first(working) if number and selectors.decides(user) else "",
        "group": group,
        "everything": counts["open"],
        "closed": counts["closed"],
        "pulse": pulse(user),
        "kinds": words.KIND,
        "keep": [
            (name, request.GET.get(name)) for name in ("group", "order", *filterset.filters) if name not in ON_PAGE
        ],
        "shown_filters": [name for name in ON_PAGE if name in filterset.filters],
        "everywhere": bool(schools),
        "first_compared": selectors.discrepancies(user).select_related(None).filter(FIRST).exists(),
        "above": offers.panels(f"{PAGE}.above", request, None),
    }
    return render(request, "pasi_connect/changes.html", context, status=200 if filterset.is_valid() else 400)


def _alike(items: list[Discrepancy]) -> str:
    """What similar changes have in common, taken from the first of them."""
    return (
        _("Similar: %(what)s") % {"what": change_rows.what_changed(items[0], words.boards_of(items[:1]))}
        if items
        else _("Similar changes")
    )


def _title(number: int) -> str:
    if not number:
        return _("No change from PASI is waiting for you")
    return ngettext(
        "%(n)s change from PASI is waiting for you", "%(n)s changes from PASI are waiting for you", number
    ) % {"n": keyset.upto(number)}


def _first(working: WorkingList | None) -> str:
    """Where working through the list starts: its first waiting change."""
    first = working.items.first() if working else None
    return working.url_of(first.pk) if working and first and first.is_open else ""


def first_open(user: User, group: str) -> QuerySet[Discrepancy]:
    """Items of the group that wait for a decision, oldest first."""
    items = selectors.discrepancies(user).filter(WAITS).order_by("id")
    return DiscrepancyFilter.in_group(items, "group", group) if group in ("safe", "conflicts", "whole") else items


@rights.needs("view", "change")
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: int) -> HttpResponse:
    user = user_of(request)
    one = get_object_or_404(selectors.discrepancies(user), pk=pk)
    working = WorkingList(user, request.GET)
    if request.method != "POST":
        return _page(request, one, DecisionForm(one, initial={"version": one.version}), working)
    lists.require(selectors.decides(user))
    form = DecisionForm(one, request.POST)
    if not form.is_valid():
        return _page(request, one, form, working, status=422)
    try:
        decision = _decide(request, one, form)
    except decisions.Moved as moved:
        one = get_object_or_404(selectors.discrepancies(user), pk=pk)
        fresh = DecisionForm(one, initial={**form.cleaned_data, "version": one.version})
        return _page(request, one, fresh, working, status=409, moved=str(moved))
    except ValidationError as error:
        take_errors(form, error)
        return _page(request, one, form, working, status=422)
    undo = reverse("pasi_connect:decision-undo", args=[decision.pk]) + working.query
    messages.success(request, _result(decision, actor.of_request(request)), extra_tags=f"undo={undo}")
    only_pasi = one.kind == CHANGED_IN_PASI
    goes_on = request.POST.get("do") == "next" or (request.POST.get("do") == "all-pasi" and only_pasi)
    if not goes_on or _leaves_courses(request, decision):
        return redirect(working.url_of(pk))
    following = working.after_deciding(pk)
    return redirect(working.url_of(following.pk) if following else working.url)


def _former(history: list[Decision], record: Record) -> dict[str, Any] | None:
    """Of the newest decision that kept SIS values."""
    last = next((each for each in history if not each.undone_at and each.rejected), None)
    return change_state.former(last, record) if last else None


def _decide(request: HttpRequest, one: Discrepancy, form: DecisionForm) -> Decision:
    who = actor.of_request(request)
    answer = {"reason": form.cleaned_data["reason"], "version": form.cleaned_data["version"]}
    if form.side(ANEW):
        return decisions.link_anew(who, one.pk, **answer)
    return decisions.decide(who, one.pk, accepted=form.side("pasi"), rejected=form.side("sis"), **answer)


def _leaves_courses(request: HttpRequest, decision: Decision) -> bool:
    """A withdrawal was accepted and courses go on: the page of the change offers to end them, so the person stays there."""
    if "exit_date_type" not in decision.accepted:
        return False
    now = Discrepancy.objects.get(pk=decision.discrepancy_id)
    return any(waits(request, now) for waits in offers.unfinished["pasi_connect.change"])


def _result(decision: Decision, who: Actor) -> str:
    """What was done and what follows, for the message after saving."""
    parts, entity = [], entities.by_kind(decision.discrepancy.entity)
    if decision.accepted:
        parts.append(_("Accepted PASI: %(fields)s.") % {"fields": words.field_labels(entity, decision.accepted)})
    if decision.rejected:
        parts.append(_("Kept SIS: %(fields)s.") % {"fields": words.field_labels(entity, decision.rejected)})
        parts.append(_way(submissions.forecast(submissions.link_to(decision.discrepancy), who)))
    if not parts:
        parts.append(_("Relinked. Nothing was sent."))
    return " ".join(parts)


def _way(submission: Submission) -> str:
    """What happens next to the SIS values that were kept."""
    if submission.status == Status.HELD:
        why = words.why(submission)
        return _("It is held and not sent to PASI yet: %(why)s") % {"why": f"{why.text} {why.next_step}".rstrip()}
    up = LinkState.load().state == LinkState.State.UP
    return _("It is being sent to PASI now.") if up else _("It is sent as soon as PASI answers.")


def _page(
    request: HttpRequest,
    one: Discrepancy,
    form: DecisionForm,
    working: WorkingList,
    status: int = 200,
    moved: str = "",
) -> HttpResponse:
    user = user_of(request)
    record = Record.load(one.entity, one.key)
    may, sight = selectors.decides(user), selectors.Sight(user)
    rows = record.rows_of(one)
    # All rows of a settled item are history, even those on their way when it was settled.
    undecided = [row for row in rows if row["state"] != RESET or not one.is_open]
    underway = [row for row in rows if row["state"] == RESET and one.is_open]
    names = {row["name"] for row in rows}
    if one.is_open:
        underway += [row for row in record.differing if row["state"] == "ours_to_send" and row["name"] not in names]
    for row in undecided:
        preset = "pasi" if row["state"] == CHANGED_IN_PASI and one.kind == CHANGED_IN_PASI else ""
        row["chosen"] = form.choices.get(row["name"], "") if form.is_bound else preset
    total, before = keyset.counted(working.items), keyset.counted(working.before(one.pk))
    previous, following = working.previous(one.pk), working.next(one.pk)
    history = list(one.decisions.select_related("discrepancy").order_by("-id")[:5])
    for each in history:
        each.reason = sight.reason(each)  # for the page; nothing is saved
    decision_rows = [
        {
            "decision": each,
            "accepted": words.field_labels(record.entity, each.accepted),
            "rejected": words.field_labels(record.entity, each.rejected),
        }
        for each in history
    ]
    last = next((each for each in history if not each.undone_at), None)
    whole = one.kind in AS_A_WHOLE
    decidable = may and one.is_open and one.undecided > 0
    differing = [*names, *(row["name"] for row in underway)]
    settled = change_state.settled(one, sight) if not one.is_open else None
    why_nots = decisions.why_not_many(history)
    why_not = why_nots.get(last.pk, "") if last and may else ""
    context = {
        **change_state.context(one, record),
        "record": record,
        "form": form,
        "rows": undecided,
        "underway": underway,
        "equal": record.equal(differing),
        "heads": record.heads,
        "decidable": decidable,
        "may": may,
        "whole": whole_choice(one, form.choices, user, record) if whole and one.is_open else None,
        "cause": cause(one, record, undecided, user) if one.is_open and one.undecided else None,
        "warnings": expectations.lines(accepting.warnings([one], user).get(one.pk, []), of_pasi=False),
        "effects": effects(one, undecided) if decidable else [],
        "only_pasi": one.kind == CHANGED_IN_PASI,
        "moved": moved,
        "time_line": record.time_line(_("Waiting for a decision") if one.is_open and one.undecided else ""),
        "position": {"number": keyset.upto(before + 1), "total": keyset.upto(total)} if decidable else None,
        "working": working,
        "here": working.url_of(one.pk),
        "previous": working.url_of(previous.pk) if previous else "",
        "next": working.url_of(following.pk) if following else "",
        "decisions": decision_rows,
        "settled": settled,
        "undo": next(
            (
                each
                for each in history
                if each.pk not in why_nots and not each.undone_at and taking_back.may_undo_decision(sight, each)
            ),
            None,
        ),
        "why_not_undo": why_not,
        "former": _former(history, record) if may and not one.is_open else None,
        "pulse": pulse(user, one, working.query),
        "panels": offers.panels("pasi_connect.change", request, one),
    }
    return render(request, "pasi_connect/change.html", context, status=status)


@rights.needs("decide", "change")
@require_POST
def take_former(request: HttpRequest, pk: int) -> HttpResponse:
    """After a reset has arrived: PASI's former values are entered here and go to PASI."""
    user = user_of(request)
    decision = get_object_or_404(selectors.decisions(user), pk=pk)
    taking_back.allow_decision(user, decision)
    try:
        decisions.take_former(actor.of_request(request), decision.pk)
    except ValidationError as error:
        messages.error(request, _("Not changed: %(why)s") % {"why": " ".join(error.messages)})
    else:
        messages.success(request, _("PASI's former value is entered here again and is being sent to PASI."))
    return redirect(WorkingList(user, request.GET).url_of(decision.discrepancy_id))


@rights.needs("decide", "change")
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a decision back until a record changes again."""
    user = user_of(request)
    decision = get_object_or_404(selectors.decisions(user), pk=pk)
    taking_back.allow_decision(user, decision)
    try:
        taken = decisions.undo(actor.of_request(request), decision.pk)
    except ValidationError as error:
        messages.error(request, _("Not undone: %(why)s") % {"why": " ".join(error.messages)})
    else:
        done = _("Decision undone. The change is waiting for you again; nothing was sent.")
        if not taken.discrepancy.is_open:
            done = _("Decision undone. The enrolment is active here and is being sent to PASI again.")
        messages.success(request, done)
    before = decision.discrepancy
    opened = Discrepancy.objects.filter(entity=before.entity, key=before.key, status=Discrepancy.Status.OPEN)
    return redirect(WorkingList(user, request.GET).url_of((opened.first() or before).pk))
