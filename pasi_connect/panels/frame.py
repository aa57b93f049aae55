"""What PASI Connect offers to the pages around it: navigation, the link's state, banners, health and chores."""

from typing import Any

from django.conf import settings as conf
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from operations import keyset, offers, rights
from operations.actor import user_of
from operations.models import User
from operations.services import pending
from pasi_connect import selectors, tasks
from pasi_connect.models import ConnectionSettings, LinkState, SyncSettings
from pasi_connect.models.present import Present
from pasi_connect.models.submission import QUEUED
from pasi_connect.services import archiving, certificates, keeping, setting_up, starting, steps, words
from pasi_connect.services.compare import failures
from pasi_connect.services.pull import refilling
from pasi_connect.services.queue import retrying, sweeping, unattended
from pasi_connect.soap import certificate
from sis import selectors as sis_selectors
from sis.models import Authority

CERTIFICATE_SECONDS = 60
SET_UP = ("set_up", "connection")


def _link() -> dict[str, object]:
    link = LinkState.load()
    return {
        "state": link.state,
        "since": link.since.isoformat() if link.since else None,
        "last_answer_at": link.last_answer_at.isoformat() if link.last_answer_at else None,
        "code": link.code,
        "detail": link.detail,
    }


def _synchronization() -> dict[str, object]:
    """A condition for the demo alone: a district switches it on when it is ready, and off when it has to."""
    on = SyncSettings.load().regular_synchronization
    if not conf.DEMO:
        return {"on": on}
    return {"ok": on} if on else {"ok": False, "detail": "regular synchronization is off"}


def _set_aside() -> dict[str, object]:
    """Records at which our own program failed three times. Each waits for a person; none stops another, so all is well."""
    return {"records": failures.set_aside().count(), "submissions": failures.dead().count()}


def _district() -> dict[str, object]:
    """A condition for the demo alone: a real district may have open changes on its first day and for long after it."""
    there = selectors.in_step()
    if not conf.DEMO:
        return {"reached": there}
    return {"ok": there} if there else {"ok": False, "detail": "records here and in PASI do not all match yet"}


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    user = user_of(request)
    if not rights.can(user, "view", "change"):
        return []
    counts = selectors.counts(user)
    mine, sync = _("My work"), _("Synchronization")
    home = reverse("home")

    def item(group: str, order: int, label: str, name: str, icon: str, **more: Any) -> offers.NavItem:
        url = reverse(name)
        current = request.path == url if url == home else request.path.startswith(url)
        return offers.NavItem(group, order, label, url, icon, current=current, **more)

    return [
        item(mine, 10, _("Home"), "home", "home"),
        item(
            mine,
            20,
            _("Changes from PASI"),
            "pasi_connect:changes",
            "inbox",
            count=counts["changes"] and keyset.upto(counts["changes"]),
            key="g i",
        ),
        item(
            mine,
            30,
            _("Submissions"),
            "pasi_connect:submissions",
            "send",
            count=counts["stuck"] and keyset.upto(counts["stuck"]),
            attention=counts["stuck"] > 0,
        ),
        item(sync, 110, _("Exchange log"), "pasi_connect:exchanges", "list"),
        item(sync, 120, _("Connection to PASI"), "pasi_connect:link", "link"),
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """The link's state, the banner, and where the person works."""
    user = user_of(request)
    present = Present.load()
    link, settings = present.link, present.sync
    year = settings.current_school_year
    return {
        "link": words.link(link) if rights.can(user, "view", "connection") else None,
        "banner": _banner(user, link, settings),
        "context_school": _place(user),
        "context_year": str(year) if year else "",
    }


def _place(user: User) -> dict[str, str] | None:
    """The person's one school, else the authority."""
    schools = [] if sis_selectors.sees_all(user) else list(sis_selectors.schools(user)[:2])
    if len(schools) == 1:
        return {"code": schools[0].organization_code, "name": schools[0].name}
    authority = Authority.objects.first()
    return {"code": authority.organization_code, "name": authority.name} if authority else None


def _banner(user: User, link: LinkState, settings: SyncSettings) -> offers.Banner | None:
    """The gravest thing that everybody must know: refused, away, switched off."""
    since = words.since(link)
    page, label = (reverse("pasi_connect:link"), _("Waiting")) if rights.can(user, "view", "connection") else ("", "")
    if link.state == LinkState.State.NOT_AUTHORIZED:
        title = (
            _("PASI has been refusing our connection since %(time)s.") % {"time": since}
            if since
            else _("PASI is refusing our connection.")
        )
        text = _("You can keep working; nothing is lost. An administrator must check the certificate.")
        return offers.Banner("bad", title, f" {text} {_queued(user)}".rstrip(), page, label)
    if link.state == LinkState.State.DOWN:
        title = _("PASI has been unavailable since %(time)s.") % {"time": since} if since else _("PASI is unavailable.")
        text = _("You can keep working. Changes are sent as soon as PASI is available again.")
        return offers.Banner("attn", title, f" {text} {_queued(user)}".rstrip(), page, label)
    if not settings.regular_synchronization and not settings.first_in_step_at and rights.can(user, *SET_UP):
        text = _("The setup guide shows which steps are left, and who can do them.")
        guide = reverse("pasi_connect:setup")
        return offers.Banner("attn", _("PASI Connect is not set up yet."), f" {text}", guide, _("Setup guide"))
    if not settings.regular_synchronization:
        text = _("Changes are stored and counted, and sent as soon as it is switched on.")
        return offers.Banner(
            "attn", _("Regular synchronization is off."), f" {text} {_queued(user)}".rstrip(), page, label
        )
    if (begins := starting.begins_at(settings)) is not None:
        title = _("Synchronization starts at %(time)s.") % {"time": localtime(begins).strftime("%H:%M")}
        text = _("The start delay is not over yet. Changes are stored and sent afterwards.")
        return offers.Banner("attn", title, f" {text} {_queued(user)}".rstrip(), page, label)
    if rights.can(user, *SET_UP):
        return _certificate_banner()
    return None


def _certificate_banner() -> offers.Banner | None:
    """For those who can act on it. Checked once a minute: reading three files and a key is too much for every page."""
    connection = ConnectionSettings.load()
    key = f"certificate-banner.{connection.version}.{get_language()}"
    notice: tuple[str, str, str] | None = cache.get(key)
    if notice is None:
        notice = _certificate_notice(connection)
        cache.set(key, notice, CERTIFICATE_SECONDS)
    level, title, text = notice
    if not level:
        return None
    return offers.Banner(level, title, f" {text}", reverse("pasi_connect:certificate"), _("Certificate"))


def _certificate_notice(connection: ConnectionSettings) -> tuple[str, str, str]:
    """Level, title and text; three empty texts when all is well or nothing has been set up yet."""
    if not connection.complete:
        return "", "", ""
    details, problem = certificate.look(connection)
    if problem:
        return "bad", problem.message, problem.next_step
    if details and certificate.ends_soon(details, connection):
        title = _("The certificate expires on %(day)s, in %(days)s days.") % {
            "day": f"{details.valid_to:%Y-%m-%d}",
            "days": details.days_left,
        }
        return "attn", title, _("Request the next one now. It can be installed without a restart.")
    return "", "", ""


def _queued(user: User) -> str:
    if not rights.can(user, "view", "change"):
        return ""
    waiting = selectors.submissions(user).filter(status__in=QUEUED).order_by().count()
    if not waiting:
        return ""
    return ngettext("%(n)s change is waiting.", "%(n)s changes are waiting.", waiting) % {"n": waiting}


offers.navigation.append(navigation)
offers.frame_makers.append(frame)
offers.probes["link"] = offers.probes["connection"] = _link  # the older name is promised
offers.probes["synchronization"] = _synchronization
offers.probes["in_step"] = _district
offers.probes["set_up"] = steps.report
offers.probes["set_aside"] = _set_aside
offers.chores["synchronization"] = sweeping.sweep
offers.chores["local copies"] = refilling.sweep
offers.chores["archive"] = archiving.sweep
offers.chores["certificate"] = certificates.sweep
offers.errands["submissions"] = unattended.ERRAND
offers.errands["failures"] = retrying.ERRAND
offers.named_anew.append(setting_up.named_anew)
offers.errands["a name written otherwise"] = pending.errand(setting_up.RELEASE, tasks.release)
offers.errands["a change of settings"] = pending.errand(setting_up.RECONSIDER, tasks.reconsider)
offers.retention.update(keeping.OFFERS)
