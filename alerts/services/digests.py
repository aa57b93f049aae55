"""What the e-mails say: numbers, kinds, schools and links. Never a name, an ASN or a value."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import selectors
from alerts.rules import digest as rules
from alerts.selectors import ME, NOBODY
from alerts.services.mailing import Draft, address, language_of, render
from operations import clock
from operations.models import User
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy
from pasi_connect.services import words
from sis.models import School


@dataclass(frozen=True)
class Line:
    """So many items of one kind that opened on one day; `first` is the oldest of them."""

    kind: str
    opened: dt.date
    count: int
    first: int
    own: bool


@dataclass
class AtSchool:
    """What one mail tells of one school."""

    new: int = 0
    old: list[Line] = field(default_factory=list)
    with_colleagues: int = 0
    settled: int = 0


@dataclass
class Facts:
    """By school code. `settled_old`: among the settled ones are some that an earlier mail has named."""

    schools: dict[str, AtSchool] = field(default_factory=dict)
    settled_old: bool = False

    def at(self, code: str) -> AtSchool:
        return self.schools.setdefault(code, AtSchool())

    @property
    def old(self) -> int:
        return sum(line.count for school in self.schools.values() for line in school.old)


def gather(user: User, since: dt.datetime, until: dt.datetime, away: Mapping[int, int]) -> Facts:
    """What has happened at the person's schools after `since`, and what is old at `until`. Six queries."""
    people = selectors.stood_in_for(user, dict(away))
    items = pasi.discrepancies(user).select_related(None).order_by()
    waiting = selectors.needing_a_person(items)
    elsewhere, here = selectors.held_by_colleagues(people), selectors.held_by(people)
    own = waiting.filter(~elsewhere)
    today = timezone.localtime(until).date()
    before_old = clock.start_of(rules.last_old_day(today) + dt.timedelta(days=1))
    facts = Facts()
    for code, count in _counted(own.filter(opened_at__gt=since, opened_at__lte=until)):
        facts.at(code).new = count
    old = own.filter(opened_at__lt=before_old)
    for is_mine, rows in ((True, old.filter(here)), (False, old.filter(~here))):
        for code, line in _lines(rows, is_mine):
            facts.at(code).old.append(line)
    for code, count in _counted(waiting.filter(elsewhere, opened_at__lt=before_old)):
        facts.at(code).with_colleagues = count
    settled = items.filter(status=Discrepancy.Status.SETTLED, settled_at__gt=since, settled_at__lte=until)
    old_then = clock.start_of(rules.last_old_day(timezone.localtime(since).date()) + dt.timedelta(days=1))
    for row in settled.values("school_code").annotate(n=Count("pk"), first=Min("opened_at")):
        facts.at(row["school_code"]).settled = row["n"]
        facts.settled_old = facts.settled_old or row["first"] < old_then
    return facts


def _counted(items: QuerySet[Discrepancy]) -> Iterable[tuple[str, int]]:
    rows = items.values("school_code").annotate(n=Count("pk"))
    return [(row["school_code"], row["n"]) for row in rows]


def _lines(items: QuerySet[Discrepancy], own: bool) -> list[tuple[str, Line]]:
    day = TruncDate("opened_at", tzinfo=timezone.get_default_timezone())
    rows = (
        items.annotate(opened_on=day)
        .values("school_code", "kind", "opened_on")
        .annotate(n=Count("pk"), first=Min("pk"))
        .order_by("opened_on", "first")
    )
    return [(row["school_code"], Line(row["kind"], row["opened_on"], row["n"], row["first"], own)) for row in rows]


def daily(user: User, since: dt.datetime, until: dt.datetime, away: Mapping[int, int]) -> Draft | None:
    """The digest of a person; None when nothing is old and nothing that was old has settled."""
    facts = gather(user, since, until, away)
    if not facts.old and not facts.settled_old:
        return None
    today = timezone.localtime(until).date()
    with translation.override(language_of(user)):
        names = _names(facts.schools)
        schools = [_school(code, names, at_school, today) for code, at_school in sorted(facts.schools.items())]
        context = {
            "schools": [school for school in schools if school["lines"] or school["sentences"]],
            "old": facts.old,
            "lead": _lead(facts.old),
            # The whole address: a filter that the reader's list remembers must not narrow what the mail has counted.
            "list": address(f"{reverse('pasi_connect:changes')}?group=open"),
            "mine": address(f"{reverse('pasi_connect:changes')}?who={ME}"),
            "settings": address(reverse("alerts:own")),
        }
        return render("daily", _subject(facts.old, names), context)


def _names(codes: Iterable[str]) -> dict[str, str]:
    return dict(School.objects.filter(code__in=list(codes)).values_list("code", "name"))


def _lead(old: int) -> str:
    if not old:
        return _("Everything in your last e-mail has been resolved.")
    return ngettext(
        "%(n)s change from PASI has been waiting for more than two days.",
        "%(n)s changes from PASI have been waiting for more than two days.",
        old,
    ) % {"n": old}


def _subject(old: int, names: Mapping[str, str]) -> str:
    if not old:
        return _("PASI Connect: all waiting changes are settled")
    text = ngettext("PASI Connect: %(n)s change is waiting", "PASI Connect: %(n)s changes are waiting", old) % {
        "n": old
    }
    return f"{text} · {next(iter(names.values()))}" if len(names) == 1 else text


def _school(code: str, names: Mapping[str, str], at_school: AtSchool, today: dt.date) -> dict[str, Any]:
    ordered = sorted(at_school.old, key=lambda line: (not line.own, line.opened, line.first))
    lines, rest = ordered[: rules.LINES], sum(line.count for line in ordered[rules.LINES :])
    page = reverse("pasi_connect:changes")
    sentences = [
        (at_school.new, _("New since the last e-mail: %(n)s")),
        (at_school.with_colleagues, _("Assigned to colleagues: %(n)s")),
        (at_school.settled, _("Settled since the last e-mail: %(n)s")),
    ]
    return {
        "name": names.get(code, ""),
        "code": f"S.{code}",
        "lines": [_line(line, code, today) for line in lines],
        "more": _("And %(n)s more.") % {"n": rest} if rest else "",
        "sentences": [sentence % {"n": n} for n, sentence in sentences if n],
        "link": address(f"{page}?school={code}"),
    }


def _line(line: Line, code: str, today: dt.date) -> dict[str, str]:
    kind = str(words.KIND[line.kind]["label"])
    text = f"{line.count} × {kind}" if line.count > 1 else kind
    day = _("still open, day %(day)s") % {"day": rules.day_number(line.opened, today)}
    # The link carries the filter, so that whoever works through the line sees exactly what it has counted.
    holder = ME if line.own else NOBODY
    query = f"?school={code}&kind={line.kind}&opened_on={line.opened.isoformat()}&who={holder}"
    page = reverse("pasi_connect:change", args=[line.first]) if line.count == 1 else reverse("pasi_connect:changes")
    link = address(page + query)
    parts = [text, day, *([_("assigned to you")] if line.own else [])]
    return {"text": ", ".join(parts), "link": link}


def at_once(user: User, items: list[tuple[int, str, str]], more: bool) -> Draft:
    """The mail about items that have just opened: (id, kind, school code) of each; `more`: there are others beside them."""
    by_school: dict[str, dict[str, list[int]]] = {}
    for pk, kind, code in items:
        by_school.setdefault(code, {}).setdefault(kind, []).append(pk)
    page = reverse("pasi_connect:changes")
    with translation.override(language_of(user)):
        names = _names(by_school)
        schools = []
        for code, kinds in sorted(by_school.items()):
            lines = []
            for kind, pks in sorted(kinds.items()):
                label = str(words.KIND[kind]["label"])
                one = len(pks) == 1
                path = reverse("pasi_connect:change", args=pks) if one else page
                link = address(f"{path}?school={code}&kind={kind}")
                lines.append({"text": label if one else f"{len(pks)} × {label}", "link": link})
            schools.append({"name": names.get(code, ""), "code": f"S.{code}", "lines": lines})
        number = len(items)
        lead = ngettext("%(n)s new change from PASI.", "%(n)s new changes from PASI.", number) % {"n": number}
        if more:
            lead = _("More than %(n)s new changes from PASI.") % {"n": number}
        context = {
            "schools": schools,
            "lead": lead,
            "list": address(f"{page}?group=open"),
            "settings": address(reverse("alerts:own")),
        }
        subject = ngettext("PASI Connect: %(n)s new change", "PASI Connect: %(n)s new changes", number) % {"n": number}
        return render("at_once", subject if not more else _("PASI Connect: many new changes"), context)
