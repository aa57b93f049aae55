"""The words for parts of the product that have fallen silent: the banner on every page, and the notice to those who run it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock, offers, silence
from operations.rules.silence import BY_NAME


@dataclass(frozen=True)
class Words:
    title: Any
    meanwhile: Any
    next_step: Any


WORDS = {
    "tick": Words(
        gettext_lazy("Scheduled work has been stopped since %(time)s."),
        gettext_lazy("You can keep working. New changes are still sent to PASI; delayed and planned ones wait."),
        gettext_lazy("Restart the process “tick”."),
    ),
    "listener": Words(
        gettext_lazy("PASI Connect has not checked PASI for changes since %(time)s."),
        gettext_lazy("You can keep working. Changes made in PASI appear here later; none are lost."),
        gettext_lazy("Restart the process “listener”."),
    ),
    "worker": Words(
        gettext_lazy("The process “worker” has not responded since %(time)s."),
        gettext_lazy("Changes are still sent to PASI, more slowly."),
        gettext_lazy("Restart it."),
    ),
    "jobs": Words(
        gettext_lazy("The process “jobs” has not responded since %(time)s."),
        gettext_lazy("Jobs still run, more slowly."),
        gettext_lazy("Restart it."),
    ),
    "broker": Words(
        gettext_lazy("The broker has not accepted messages since %(time)s."),
        gettext_lazy("All work is still done, more slowly."),
        gettext_lazy("Check Redis, or the “broker” folder in the data folder."),
    ),
}


def banner(request: HttpRequest) -> dict[str, Any]:
    """One banner for all of them: the first by the order of the table, the others named behind it."""
    runs_it = silence.is_told(request.user)
    since = silence.silent()
    parts = [part for part in BY_NAME.values() if part.name in since and (part.everybody or runs_it)]
    if not parts:
        return {}
    first = WORDS[parts[0].name]
    text = [
        str(first.meanwhile),
        *(str(WORDS[part.name].title) % {"time": _when(since[part.name])} for part in parts[1:]),
    ]
    text.append(str(first.next_step) if runs_it else _("Administrators have been notified."))
    title = str(first.title) % {"time": _when(since[parts[0].name])}
    return {"banner": offers.Banner("attn", title, f" {' '.join(text)}", name=_("State of the processes"), icon="warn")}


def notice(values: dict[str, Any]) -> str:
    """To those who run the product."""
    words = WORDS.get(values.get("part", ""))
    if words is None:
        return str(values.get("part", ""))
    since = _when(dt.datetime.fromisoformat(values["since"]))
    if "until" in values:
        return _("Resolved since %(until)s: %(what)s") % {
            "until": _when(dt.datetime.fromisoformat(values["until"])),
            "what": str(words.title) % {"time": since},
        }
    return " ".join([str(words.title) % {"time": since}, str(words.meanwhile), str(words.next_step)])


def _when(at: dt.datetime) -> str:
    """10:42, with the day when it was another one."""
    moment = localtime(at)
    return moment.strftime("%H:%M") if moment.date() == clock.today() else date_format(moment, "Y-m-d H:i")
