"""The year of a student before and after an action, as lanes: what stays, what ends, what is new."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from operations import clock
from registrar.services.actions.plans import Change, Plan
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from sis.views.lanes import now_line, span

Days = tuple[dt.date, dt.date]
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """`css` is on or on-2 (stays), off (ends) or new."""

    css: str
    x: int
    width: int


@dataclass(frozen=True)
class Row:
    """`text` says in words what the bars show."""

    school: str
    concurrent: bool
    is_new: bool
    text: str
    bars: list[Bar]
    today: int | None


def rows(plan: Plan) -> list[Row]:
    """One per stay of the year that the plan changes, main stays first, new ones last; none where no school enrolment changes."""
    if not plan.changes:
        return []
    year = plan.changes[0].school_year
    changed = {change.enrolment.pk: change for change in plan.changes if change.enrolment}
    stays = SchoolEnrolment.objects.select_related("school").filter(student=plan.student, school_year=year)
    lanes: list[tuple[tuple[Any, ...], Row]] = []
    for stay in stays:
        change = changed.get(stay.pk)
        before = None if stay.deleted else (stay.start_date, stay.exit_date)
        after = _days(change) if change else before
        if before or after:
            order = (False, stay.concurrent, (before or after)[0], stay.pk)  # type: ignore[index]
            lanes.append((order, _row(year, stay.school.name, stay.concurrent, before, after)))
    for change in plan.changes:
        after = _days(change)
        if change.enrolment is None and after:
            concurrent = bool(change.values.get("concurrent"))
            lanes.append(((True, concurrent, after[0], 0), _row(year, change.school.name, concurrent, None, after)))
    return [row for _order, row in sorted(lanes, key=lambda pair: pair[0])]


def _days(change: Change) -> Days | None:
    record = change.after()
    return None if record["deleted"] else (record["start_date"], record["exit_date"])


def _row(year: SchoolYear, school: str, concurrent: bool, before: Days | None, after: Days | None) -> Row:
    stays = "on-2" if concurrent else "on"
    bars = []
    if before and after and before[0] <= after[1] and after[0] <= before[1]:
        both = (max(before[0], after[0]), min(before[1], after[1]))
        bars.append(_bar(year, stays, both))
        bars += [_bar(year, "off", days) for days in _outside(before, both)]
        bars += [_bar(year, "new", days) for days in _outside(after, both)]
    else:
        bars += [_bar(year, "off", before)] if before else []
        bars += [_bar(year, "new", after)] if after else []
    return Row(school, concurrent, before is None, _text(before, after), bars, now_line(year, clock.today()))


def _outside(whole: Days, part: Days) -> list[Days]:
    """The days of `whole` before and after `part`, which lies in it."""
    left, right = (whole[0], part[0] - DAY), (part[1] + DAY, whole[1])
    return [days for days in (left, right) if days[0] <= days[1]]


def _bar(year: SchoolYear, css: str, days: Days) -> Bar:
    return Bar(css, *span(year, *days))


def _text(before: Days | None, after: Days | None) -> str:
    if after is None and before is not None:
        return _("removed: it was %(start)s to %(exit)s") % _dates(before)
    assert after is not None
    if before == after:
        return _("%(start)s to %(exit)s") % _dates(after)
    if before is None or before[0] != after[0]:
        return _("new: %(start)s to %(exit)s") % _dates(after)
    return _("ends %(exit)s instead of %(before)s") % {**_dates(after), "before": before[1].isoformat()}


def _dates(days: Days) -> dict[str, str]:
    return {"start": days[0].isoformat(), "exit": days[1].isoformat()}
