"""Changes from PASI: the list, one change side by side, the decision and its undo."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from operations import actor, keyset, offers
from operations.models import User
from pasi_connect import guided_panels, selectors
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.forms import AS_A_WHOLE, DecisionForm, take_errors
from pasi_connect.models import Decision, Discrepancy, LinkState, Submission, SyncSettings
from pasi_connect.models.submission import STUCK
from pasi_connect.rules.compare import CHANGED_IN_PASI, RESET
from pasi_connect.services import decisions, values
from pasi_connect.views import lists, words
from pasi_connect.views.change_text import cause, effects, whole_choice
from pasi_connect.views.record import Record, names_of, words_asn

GROUPS = dict(DiscrepancyFilter.GROUPS)
GROUP_ICONS = {"safe": "check-circle", "conflicts": "split", "whole": "plus", "reset": "send"}


def group_counts(user: User) -> dict[str, int]:
    """How many stand in each tab; none is counted further than `keyset.MOST_COUNTED` and one."""
    own = selectors.discrepancies(user).select_related(None)
    found = {
        group: keyset.counted(DiscrepancyFilter.in_group(own, "group", group))
        for group in ("safe", "conflicts", "whole", "reset", "closed")
    }
    found["open"] = found["safe"] + found["conflicts"] + found["whole"] + found["reset"]
    return found


def waiting(counts: dict[str, int]) -> int:
    """Changes that wait for a decision."""
    return counts["safe"] + counts["conflicts"] + counts["whole"]


def newest(user: User) -> str:
    """The mark from which a page counts what is new: the last item, and PASI's highest version among the items."""
    most = selectors.discrepancies(user).order_by().aggregate(item=Max("pk"), version=Max("core_version"))
    return f"{most['item'] or 0}.{most['version'] or 0}"


def since(user: User, mark: str) -> QuerySet[Discrepancy]:
    """Items that wait for a decision and have come, or have moved in PASI, since `mark` (see `newest`) was drawn."""
    item, _dot, version = mark.partition(".")
    later = Q(pk__gt=int(item) if item.isdecimal() else 0)
    if version.isdecimal():
        later |= Q(core_version__gt=int(version))
    return first_open(user, "").filter(later)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    params = lists.with_default(request.GET, "group", "open", unless=("status", "ref_id"))
    filterset = DiscrepancyFilter(params, selectors.discrepancies(user))
    schools = lists.school_choices(user)
    lists.choose_school(filterset, schools)
    lists.choose_year(filterset)
    newest_first = request.GET.get("order") == "newest"
    found = lists.rows(filterset)
    made = lists.page(request, found, newest_first)
    counts = group_counts(user)
    group = params.get("group", "")
    chips = lists.chips(request, filterset, besides=("group",))
    total = keyset.counted(found) if chips or group not in counts else counts[group]
    number = waiting(counts)
    shown = shown_rows(made.rows, group)
    context = {
        "filterset": filterset,
        "tabs": [
            {
                "label": label,
                "url": lists.address(request, group=name),
                "count": keyset.upto(counts[name]),
                "current": name == group,
                "icon": GROUP_ICONS.get(name, ""),
            }
            for name, label in GROUPS.items()
        ]
        + [panel.context for panel in offers.panels("pasi_connect.changes", request, None)],
        "chips": chips,
        "clear": f"?group={group}" if group in GROUPS else "?",
        "rows": shown,
        "choosable": lists.decides(user) and any(row["decidable"] for row in shown),
        "filters": [(name, value) for name, value in params.items() if name not in (*lists.MARKS, "order") and value],
        "more_than_shown": total > len(made.rows),
        "total_shown": keyset.upto(total),
        "export": lists.address(request),
        "pager": lists.pager(request, made, total, newest_first),
        "newest_first": newest_first,
        "turned": lists.address(request, order=None if newest_first else "newest"),
        "title": _title(number),
        "waiting": number,
        "first": first_open(user, group).first() if number and lists.decides(user) else None,
        "group": group,
        "everything": counts["open"],
        "closed": counts["closed"],
        "since": newest(user),
        "kinds": words.KIND,
        "keep": [("group", group), ("order", request.GET.get("order"))],
        "everywhere": bool(schools),
    }
    return render(request, "pasi_connect/changes.html", context, status=200 if filterset.is_valid() else 400)


def _title(number: int) -> str:
    if not number:
        return _("No change from PASI waits for you")
    return ngettext("%(n)s change from PASI waits for you", "%(n)s changes from PASI wait for you", number) % {
        "n": keyset.upto(number)
    }


def first_open(user: User, group: str) -> QuerySet[Discrepancy]:
    """Items of the group that wait for a decision, oldest first."""
    found = selectors.discrepancies(user).filter(status=Discrepancy.Status.OPEN, undecided__gt=0).order_by("id")
    return DiscrepancyFilter.in_group(found, "group", group) if group in ("safe", "conflicts", "whole") else found


def shown_rows(items: list[Discrepancy], group: str = "") -> list[dict[str, Any]]:
    """Rows of the list. Four queries however many there are."""
    told = names_of(item.asn for item in items if item.enrolment is None)
    resets = [item.ref_id for item in items if item.is_open and not item.undecided]
    refused = (
        set(Submission.objects.filter(ref_id__in=resets, status__in=STUCK).values_list("ref_id", flat=True))
        if resets
        else set()
    )
    boards = words.boards(
        *(
            row.get(side)
            for item in items
            for row in item.fields
            if row["name"] in words.BOARDS
            for side in ("sis", "pasi")
        )
    )
    pasiprep = SyncSettings.load().pasiprep_link
    rows = []
    for item in items:
        state = item.kind
        if not item.is_open:
            state = "settled"
        elif not item.undecided:
            state = "refused" if item.ref_id in refused else "reset"
        first = item.fields[0] if item.fields else None
        whole = item.kind in AS_A_WHOLE
        query = f"?group={group}" if group in ("safe", "conflicts", "whole") else ""
        rows.append(
            {
                "item": item,
                "state": state,
                "name": item.enrolment.student.name if item.enrolment else told.get(item.asn) or words_asn(item.asn),
                "grade": item.enrolment.grade if item.enrolment else "",
                "fields": _("School enrolment") if whole else words.field_labels(row["name"] for row in item.fields),
                "from": "" if whole or not first else words.shown(first["name"], first["sis"], boards),
                "to": "" if whole or not first else words.shown(first["name"], first["pasi"], boards),
                "first_label": "" if whole or not first else words.field_label(first["name"]),
                "whole": whole,
                "decidable": item.is_open and item.undecided > 0,
                "pasiprep": words.pasiprep(pasiprep, item.ref_id) if item.core_version else "",
                "url": reverse("pasi_connect:change", args=[item.pk]) + query,
            }
        )
    return rows


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: int) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    one = get_object_or_404(selectors.discrepancies(user), pk=pk)
    if request.method != "POST":
        return _page(
            request, one, DecisionForm(one, initial={"version": one.version, "group": request.GET.get("group", "")})
        )
    lists.require(lists.decides(user))
    form = DecisionForm(one, request.POST)
    if not form.is_valid():
        return _page(request, one, form, status=422)
    try:
        made = decisions.decide(
            actor.of_request(request),
            one.pk,
            accepted=form.side("pasi"),
            rejected=form.side("sis"),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
        )
    except decisions.Moved as moved:
        one = get_object_or_404(selectors.discrepancies(user), pk=pk)
        fresh = DecisionForm(one, initial={**form.cleaned_data, "version": one.version})
        return _page(request, one, fresh, status=409, moved=str(moved))
    except ValidationError as error:
        take_errors(form, error)
        return _page(request, one, form, status=422)
    undo = reverse("pasi_connect:decision-undo", args=[made.pk])
    messages.success(request, _result(made), extra_tags=f"undo={undo}" if not made.created_enrolment else "")
    only_pasi = one.kind == CHANGED_IN_PASI
    goes_on = request.POST.get("do") == "next" or (request.POST.get("do") == "all-pasi" and only_pasi)
    if goes_on and not _leaves_courses(request, made):
        group = form.cleaned_data["group"]
        following = neighbour(user, group, pk, forward=True) or first_open(user, group).exclude(pk=pk).first()
        if following is None:
            return redirect("pasi_connect:changes")
        return redirect(_address(following, group))
    return redirect("pasi_connect:change", pk)


def _leaves_courses(request: HttpRequest, made: Decision) -> bool:
    """A withdrawal was accepted and courses go on: the page of the change offers to end them, so the person stays there."""
    if "exit_date_type" not in made.accepted:
        return False
    now = Discrepancy.objects.select_related("enrolment").get(pk=made.discrepancy_id)
    return guided_panels.courses_to_end(request, now) is not None


def _address(one: Discrepancy, group: str) -> str:
    suffix = f"?group={group}" if group in ("safe", "conflicts", "whole") else ""
    return reverse("pasi_connect:change", args=[one.pk]) + suffix


def _result(made: Decision) -> str:
    """What was done and what follows, for the message after saving."""
    parts = []
    if made.accepted:
        parts.append(_("Accepted PASI: %(fields)s.") % {"fields": words.field_labels(made.accepted)})
    if made.rejected:
        parts.append(_("Kept SIS: %(fields)s.") % {"fields": words.field_labels(made.rejected)})
        up = LinkState.load().state == LinkState.State.UP
        parts.append(_("It goes to PASI now.") if up else _("It goes to PASI as soon as PASI answers."))
    return " ".join(parts)


def neighbour(user: User, group: str, pk: int, forward: bool) -> Discrepancy | None:
    """The next or previous item of the group that waits for a decision."""
    found = first_open(user, group)
    return found.filter(pk__gt=pk).first() if forward else found.filter(pk__lt=pk).order_by("-id").first()


def _page(
    request: HttpRequest, one: Discrepancy, form: DecisionForm, status: int = 200, moved: str = ""
) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    record = Record.load(one.ref_id)
    may = lists.decides(user)
    rows = record.rows_of(one)
    # Of a settled item all rows are the past, also what was on its way when it ended.
    undecided = [row for row in rows if row["state"] != RESET or not one.is_open]
    underway = [row for row in rows if row["state"] == RESET and one.is_open]
    seen = {row["name"] for row in rows}
    if one.is_open:
        underway += [row for row in record.differing if row["state"] == "ours_to_send" and row["name"] not in seen]
    for row in undecided:
        preset = "pasi" if row["state"] == CHANGED_IN_PASI and one.kind == CHANGED_IN_PASI else ""
        row["chosen"] = form.choices.get(row["name"], "") if form.is_bound else preset
    group = (form.data if form.is_bound else form.initial).get("group", "")
    queue = first_open(user, group)
    total, before = keyset.counted(queue), keyset.counted(queue.filter(pk__lt=one.pk))
    previous, following = neighbour(user, group, one.pk, False), neighbour(user, group, one.pk, True)
    made = list(one.decisions.order_by("-id")[:5])
    told = [
        {
            "made": each,
            "accepted": words.field_labels(each.accepted),
            "rejected": words.field_labels(each.rejected),
        }
        for each in made
    ]
    last = next((each for each in made if not each.undone_at), None)
    whole = one.kind in AS_A_WHOLE
    decidable = may and one.is_open and one.undecided > 0
    differing = [*seen, *(row["name"] for row in underway)]
    settled = _settled(one, last) if not one.is_open else None
    why_not = decisions.why_not_undo(last) if last and may else ""
    context = {
        "item": one,
        "record": record,
        "form": form,
        "state": _state(one, record),
        "kinds": words.KIND,
        "rows": undecided,
        "underway": underway,
        "equal": record.equal(differing),
        "heads": record.heads,
        "decidable": decidable,
        "may": may,
        "whole": whole_choice(one.kind, form.choices) if whole and one.is_open else None,
        "cause": cause(one, record, undecided) if one.is_open else None,
        "effects": effects(one, undecided) if decidable else [],
        "only_pasi": one.kind == CHANGED_IN_PASI,
        "moved": moved,
        "time_line": record.time_line(_("Waits for a decision") if one.is_open and one.undecided else ""),
        "position": {"number": keyset.upto(before + 1), "total": keyset.upto(total)} if decidable else None,
        "group": group,
        "group_label": GROUPS.get(group, ""),
        "previous": _address(previous, group) if previous else "",
        "next": _address(following, group) if following else "",
        "decisions": told,
        "settled": settled,
        "undo": last if last and may and not why_not else None,
        "why_not_undo": why_not,
        "former": _former(last, record) if last and may and why_not else None,
        "submission": record.submission if one.is_open else None,
        "why": words.why(record.submission) if record.submission and one.is_open else None,
        "stuck": bool(record.submission and record.submission.status in STUCK and one.is_open),
        "submission_words": words.SUBMISSION,
        "since": newest(user),
        "changes_url": reverse("pasi_connect:changes"),
        "panels": offers.panels("pasi_connect.change", request, one),
    }
    return render(request, "pasi_connect/change.html", context, status=status)


def _state(one: Discrepancy, record: Record) -> str:
    if not one.is_open:
        return "settled"
    if one.undecided:
        return one.kind
    return "refused" if record.submission and record.submission.status in STUCK else "reset"


def _settled(one: Discrepancy, last: Decision | None) -> dict[str, Any]:
    """How a settled item came to its end, in words."""
    titles = {"accept": _("Settled: PASI's values were accepted"), "reject": _("Settled: PASI took the SIS values")}
    return {
        "title": titles.get(
            one.settled_by, _("Settled by itself: both sides are equal, or the record takes no part any more")
        ),
        "who": last.actor_name if last and one.settled_by in titles else "",
        "reason": last.reason if last and one.settled_by in titles else "",
    }


def _former(last: Decision, record: Record) -> dict[str, Any] | None:
    """PASI's values before the reset, where they can be taken after all: in words, and where to post."""
    found = decisions.former(last)
    if not found:
        return None
    told = ", ".join(
        f"{words.field_label(name)} {words.shown(name, values.to_json(value), record.board_names) or _('not set')}"
        for name, value in found.items()
    )
    return {"told": told, "url": reverse("pasi_connect:decision-take-former", args=[last.pk])}


@login_required
@require_POST
def take_former(request: HttpRequest, pk: int) -> HttpResponse:
    """After a reset has arrived: PASI's former values are entered here and go to PASI."""
    user: User = request.user  # type: ignore[assignment]
    decision = get_object_or_404(selectors.decisions(user), pk=pk)
    lists.require(lists.decides(user))
    try:
        decisions.take_former(actor.of_request(request), decision.pk)
    except ValidationError as error:
        messages.error(request, _("Not changed: %(why)s") % {"why": " ".join(error.messages)})
    else:
        messages.success(request, _("PASI's former value stands here again and goes to PASI."))
    return redirect("pasi_connect:change", decision.discrepancy_id)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a decision back while nothing has moved on."""
    user: User = request.user  # type: ignore[assignment]
    decision = get_object_or_404(selectors.decisions(user), pk=pk)
    lists.require(lists.decides(user))
    try:
        decisions.undo(actor.of_request(request), decision.pk)
    except ValidationError as error:
        messages.error(request, _("Not taken back: %(why)s") % {"why": " ".join(error.messages)})
    else:
        messages.success(request, _("Decision taken back. The change waits for you again; nothing was sent."))
    now = Discrepancy.objects.filter(ref_id=decision.discrepancy.ref_id, status=Discrepancy.Status.OPEN).first()
    return redirect("pasi_connect:change", (now or decision.discrepancy).pk)
