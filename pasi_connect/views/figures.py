"""The figures on Home: how today is going."""

import datetime as dt
import statistics
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils import timezone

from operations import clock
from operations.models import User
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.filters import start_of_today
from pasi_connect.models.submission import FLYING, QUEUED, Status
from pasi_connect.services.compare.context import Context
from sis import selectors as sis_selectors

MOST = 5000  # submissions of one day that the times are taken from; the newest


@dataclass(frozen=True)
class Times:
    """Seconds from saving here to stored in PASI, of today's accepted submissions."""

    count: int = 0
    median: float = 0.0
    p95: float = 0.0
    hours: list[tuple[int, float]] = field(
        default_factory=list
    )  # (hour of the day, median), hours without any left out


def times_today(user: User) -> Times:
    rows = list(
        selectors.submissions(user)
        .filter(status=Status.ACCEPTED, finished_at__gte=start_of_today())
        .order_by("-id")
        .values_list("created_at", "finished_at")[:MOST]
    )
    if not rows:
        return Times()
    by_hour: dict[int, list[float]] = {}
    for created, finished in rows:
        if finished is None:
            continue
        by_hour.setdefault(timezone.localtime(finished).hour, []).append((finished - created).total_seconds())
    spans = sorted(span for seconds in by_hour.values() for span in seconds)
    p95 = spans[min(round(0.95 * len(spans)), len(spans) - 1)]
    hours = [(hour, statistics.median(seconds)) for hour, seconds in sorted(by_hour.items())]
    return Times(len(spans), statistics.median(spans), p95, hours)


def in_step(user: User) -> tuple[int, int]:
    """(records in step, all live records that take part) of the person's schools."""
    context = Context()
    if not context.years:
        return 0, 0
    counts = (
        sis_selectors.enrolments(user)
        .filter(
            deleted=False,
            school__code__in=context.active_schools(ENTITY),
            school_year__in=[year.ending for year in context.years],
        )
        .order_by()
        .aggregate(all=Count("pk"), step=Count("pk", filter=~Q(links__agreed_digest="") & Q(links__isnull=False)))
    )
    return counts["step"], counts["all"]


@dataclass(frozen=True)
class Queue:
    """Submissions of the person's schools by what they do now; `sent` counts today's accepted ones, `set_aside` records and not submissions."""

    queued: int
    flying: int
    unknown: int
    stuck: int
    sent: int
    set_aside: int
    oldest: dt.datetime | None


def queue(user: User) -> Queue:
    own = selectors.submissions(user).order_by()
    counts = own.filter(
        ~Q(status__in=("no_change", "cancelled")) & (~Q(status="accepted") | Q(finished_at__gte=start_of_today()))
    ).aggregate(
        queued=Count("pk", filter=Q(status__in=QUEUED)),
        flying=Count("pk", filter=Q(status__in=FLYING)),
        unknown=Count("pk", filter=Q(status=Status.CHECKING)),
        sent=Count("pk", filter=Q(status=Status.ACCEPTED)),
    )
    oldest = own.filter(status__in=QUEUED).order_by("created_at").values_list("created_at", flat=True).first()
    return Queue(
        **counts,
        stuck=selectors.stuck(user).order_by().count(),
        set_aside=selectors.failures(user).order_by().count(),
        oldest=oldest,
    )


def seconds_ago(moment: dt.datetime | None) -> int | None:
    return None if moment is None else max(int((clock.now() - moment).total_seconds()), 0)
