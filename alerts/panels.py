"""What the alerts offer to the pages around them: tabs of the inbox, who looks after a change, mail, chores."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts import selectors
from alerts.forms import AssignForm, SnoozeForm
from alerts.models import AssignmentStep, Snooze
from alerts.services import choosing, rounds
from operations import clock, offers
from operations.models import User
from pasi_connect.models import Discrepancy

STEPS = 5


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    user: Any = request.user
    url = reverse("alerts:notices")
    count = selectors.notices(user).order_by().count() if user.has_perm(selectors.DECIDES) else None
    current = request.path.startswith(url)
    return [offers.NavItem(_("My work"), 25, _("Notices"), url, "bell", count=count, current=current)]


def _tab(order: int, label: str, name: str, icon: str, path: str, count: int | None = None) -> offers.Panel:
    url = reverse(name)
    return offers.Panel(order, "", {"label": label, "url": url, "icon": icon, "count": count, "current": path == url})


def mine_tab(request: HttpRequest, subject: Any) -> offers.Panel:
    user: Any = request.user
    return _tab(10, _("Assigned"), "alerts:mine", "person", request.path, selectors.mine(user).order_by().count())


def notices_tab(request: HttpRequest, subject: Any) -> offers.Panel:
    return _tab(20, _("Notices"), "alerts:notices", "bell", request.path)


def others_tab(request: HttpRequest, subject: Any) -> offers.Panel:
    """Without a number: another school's record counts as nobody's work."""
    return _tab(30, _("Another school’s"), "alerts:other-records", "school", request.path)


def assignment(request: HttpRequest, item: Discrepancy) -> offers.Panel | None:
    """Who looks after the change, with the way to take it, to give it away and to look at it again later."""
    user: Any = request.user
    held = selectors.holders([item.ref_id]).get(item.ref_id)
    steps = list(AssignmentStep.objects.filter(ref_id=item.ref_id).select_related("before", "after")[:STEPS])
    snooze = Snooze.objects.filter(ref_id=item.ref_id, until__gt=clock.today()).first()
    acts = item.is_open and user.has_perm(selectors.DECIDES)
    if not (acts or held or steps or snooze):
        return None
    holder = held.user if held else None
    stand_in = None
    if holder is not None:
        stand_in = User.objects.filter(pk=selectors.stand_ins().get(holder.pk, 0)).first()
    people = [person for person in selectors.colleagues(item.school_code) if person != holder] if acts else []
    seen = {"seen": holder.pk if holder else None}
    context = {
        "item": item,
        "held": held,
        "holder": holder,
        "stand_in": stand_in,
        "steps": steps,
        "snooze": snooze,
        "acts": acts,
        "is_mine": holder == user,
        "form": AssignForm(people=people, initial=seen, auto_id="assign_%s") if acts else None,
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
for maker in (mine_tab, notices_tab, others_tab):
    offers.panel_makers["pasi_connect.changes"].append(maker)
offers.panel_makers["pasi_connect.change"].append(assignment)
offers.panel_makers["operations.profile"].append(on_profile)
offers.chores["mail"] = rounds.sweep
