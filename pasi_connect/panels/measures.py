"""The figures of the synchronization for `/metrics`: the queue, how long a change takes to PASI, and the connection."""

import datetime as dt
import math

from operations import clock, offers
from operations.offers import Measure
from operations.services.measures import MOST, NEVER, by_status
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import LIVE, Status
from sis.models import DataEvent

RECENT = dt.timedelta(minutes=15)
MOST_RECENT = 500
QUANTILES = (0.5, 0.95, 1.0)


def queue() -> list[Measure]:
    """What has ended is not counted: it costs as much as there is of it, and tells nothing of the queue."""
    now, rows = clock.now(), Submission.objects.order_by()
    # The first by id is the oldest, and is found in the index.
    first = {status: rows.filter(status=status).order_by("id").values_list("created_at", flat=True) for status in LIVE}
    begins = {status: moments.first() for status, moments in first.items()}
    return [
        Measure(
            "submissions",
            f"Submissions that wait for something, by status, counted up to {MOST:,} each.",
            by_status(rows, LIVE),
        ),
        Measure(
            "oldest_submission_age_seconds",
            "Age of the oldest submission of each status that has any.",
            [({"status": str(status)}, (now - at).total_seconds()) for status, at in begins.items() if at],
        ),
    ]


def time_to_pasi() -> list[Measure]:
    """From the save of a change until PASI has accepted it."""
    accepted = Submission.objects.filter(status=Status.ACCEPTED, finished_at__gte=clock.now() - RECENT)
    rows = list(accepted.order_by("-finished_at").values_list("place", "created_at", "finished_at")[:MOST_RECENT])
    saves = dict(DataEvent.objects.filter(pk__in=[place for place, *_ in rows]).values_list("pk", "at"))
    seconds = sorted((ended - saves.get(place, begun)).total_seconds() for place, begun, ended in rows if ended)
    minutes = int(RECENT.total_seconds() // 60)
    text = f"Seconds from the save of a change to PASI's acceptance, of the latest {MOST_RECENT} in {minutes} minutes."
    return [
        Measure(
            "time_to_pasi_seconds",
            text,
            [
                ({"quantile": f"{share:g}"}, seconds[math.ceil(share * len(seconds)) - 1])
                for share in QUANTILES
                if seconds
            ],
        ),
        Measure(
            "accepted_recently",
            f"Changes that PASI has accepted in {minutes} minutes, counted up to {MOST_RECENT}.",
            [({}, float(len(seconds)))],
        ),
    ]


def connection() -> list[Measure]:
    link = LinkState.load()
    answer = link.last_answer_at
    return [
        Measure(
            "connection",
            "1 for the state of the connection to PASI, 0 for the others.",
            [({"state": state}, float(state == link.state)) for state in LinkState.State.values],
        ),
        Measure(
            "connection_last_answer_age_seconds",
            "Seconds since PASI's last answer; +Inf: there has been none.",
            [({}, (clock.now() - answer).total_seconds() if answer else NEVER)],
        ),
    ]


offers.measures += [queue, time_to_pasi, connection]
