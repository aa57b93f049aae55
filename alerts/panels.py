"""What the alerts offer to the pages around them: tabs of the inbox, who looks after a change, mail, chores."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts import filters, selectors
from alerts.forms import AssignForm, SnoozeForm
from alerts.models import AssignmentStep, Mail, Snooze
from alerts.services import choosing, mailing, rounds
from operations import clock, offers, rights
from operations.actor import user_of
from operations.models import User
from operations.services import keeping
from pasi_connect.models import Discrepancy

STEPS = 5


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    user = user_of(request)
    if not rights.can(user, "view", "notice"):
        return []
    url = reverse("alerts:notices")
    count = selectors.to_end(user).order_by().count()
    current = request.path.startswith(url)
    return [offers.NavItem(_("My work"), 25, _("Notices"), url, "bell", count=count, current=current)]


def others_tab(request: HttpRequest, subject: Any) -> offers.Panel:
    """Without a number: another school's record counts as nobody's work."""
    url = reverse("alerts:other-records")
    tab = {
        "label": _("Another school’s record"),
        "url": url,
        "icon": "school",
        "count": None,
        "current": request.path == url,
    }
    return offers.Panel(30, "", tab)


def notes(request: HttpRequest, items: list[Discrepancy]) -> dict[int, list[str]]:
    """Who looks after each change of a list, and until when it can wait. Two queries however many there are."""
    refs = [item.key for item in items]
    held = selectors.holders(refs)
    until = dict(Snooze.objects.filter(key__in=refs, until__gt=clock.today()).values_list("key", "until"))
    lines_by_id: dict[int, list[str]] = {}
    for item in items:
        lines = []
        if item.key in held:
            lines.append(_("assigned to %(who)s") % {"who": held[item.key].user.full_name})
        if item.key in until:
            lines.append(_("review again on %(day)s") % {"day": until[item.key].isoformat()})
        if lines:
            lines_by_id[item.pk] = lines
    return lines_by_id


def standing_in(request: HttpRequest, subject: Any) -> offers.Panel | None:
    """Above the list of one's own changes: the people whose changes stand among them today."""
    user = user_of(request)
    if request.GET.get("who") != selectors.ME:
        return None
    others = User.objects.filter(pk__in=selectors.stood_in_for(user)[1:]).order_by("last_name", "pk")
    names = ", ".join(other.full_name for other in others)
    return offers.Panel(10, "alerts/standing_in.html", {"names": names}) if names else None


def assignment(request: HttpRequest, item: Discrepancy) -> offers.Panel | None:
    """Who looks after the change, with the way to take it, to give it away and to look at it again later."""
    user = user_of(request)
    held = selectors.holders([item.key]).get(item.key)
    steps = list(AssignmentStep.objects.filter(key=item.key).select_related("before", "after")[:STEPS])
    snooze = Snooze.objects.filter(key=item.key, until__gt=clock.today()).first()
    acts = item.is_open and user.has_perm(selectors.DECIDES)
    if not (acts or held or steps or snooze):
        return None
    holder = held.user if held else None
    stand_in = None
    if holder is not None:
        stand_in = User.objects.filter(pk=selectors.stand_ins().get(holder.pk, 0)).first()
    people = [person for person in selectors.colleagues(item.school_code) if person != holder] if acts else []
    initial = {"seen": holder.pk if holder else None}
    context = {
        "item": item,
        "held": held,
        "holder": holder,
        "stand_in": stand_in,
        "steps": steps,
        "snooze": snooze,
        "acts": acts,
        "is_mine": holder == user,
        "form": AssignForm(people=people, initial=initial, auto_id="assign_%s") if acts else None,
        "snooze_form": SnoozeForm(auto_id="snooze_%s") if acts else None,
    }
    return offers.Panel(50, "alerts/assignment.html", context)


def on_profile(request: HttpRequest, person: Any) -> offers.Panel | None:
    if not isinstance(person, User):
        return None
    context = {
        "how": choosing.choice_of(person).get_how_display() if person.has_perm(selectors.DECIDES) else "",
        "address": person.email,
        "absence": selectors.absences(person).first(),
    }
    return offers.Panel(20, "alerts/on_profile.html", context)


offers.navigation.append(navigation)
offers.panel_makers["pasi_connect.changes"].append(others_tab)
offers.panel_makers["pasi_connect.changes.above"].append(standing_in)
offers.list_filters["pasi_connect.changes"].append(filters.who)
offers.row_notes["pasi_connect.changes"].append(notes)
offers.panel_makers["pasi_connect.change"].append(assignment)
offers.panel_makers["operations.profile"].append(on_profile)
offers.chores["mail"] = rounds.sweep
offers.errands["mail"] = rounds.ERRAND
offers.ways_to_tell.append(mailing.plan_notice)
offers.retention["mails"] = offers.Retention(
    gettext_lazy("Sent e-mail"),
    keeping.several(keeping.rows(Mail, "planned_at", status__in=Mail.OVER), keeping.remove_mail_files),
    "mails_days",
)
