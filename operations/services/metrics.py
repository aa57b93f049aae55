"""What `/metrics` says, in Prometheus' text form: what the apps offer, asked anew each time, and how requests were answered.

No label is a person, a record or a school. Requests are counted in shared memory, one file a web process, and whichever process
is asked sums them up (docs/notes/0025-running-it.md).
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from operations import offers

log = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "pasi_connect_"
API = "/api/"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ROOM = 1024 * 1024  # bytes of a file; about 4,000 series
MOST_SLOTS = 64  # web processes of one host, those that are just ending among them

disable_created_metrics()
_own = CollectorRegistry()
REQUESTS = Counter(
    f"{PREFIX}http_requests",
    "Requests answered by the web processes of this host, by the name of the address.",
    ["method", "address", "status"],
    registry=_own,
)
SECONDS = Histogram(
    f"{PREFIX}http_request_seconds",
    "How long an answer took to begin, on this host.",
    ["part"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
    registry=_own,
)


class Shared:
    """Where the web processes of this host count together; no folder: this process counts for itself."""

    folder: Path | None = None
    lock: IO[bytes] | None = None  # kept open: the slot is ours for as long as this process lives


def share(folder: Path) -> None:
    """For a web process, before its first request. A folder that cannot be used costs the sums and nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        slot, Shared.lock = _slot(folder)
        for kind in ("counter", "histogram"):
            _make_room(folder / f"{kind}_{slot}.db")
    except OSError as error:
        log.warning("Requests are counted by each web process for itself (%s).", type(error).__name__)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: slot)
    Shared.folder = folder


def _slot(folder: Path) -> tuple[int, IO[bytes]]:
    """The first one that no living process holds. Raises OSError where there is none."""
    for number in range(MOST_SLOTS):
        lock = (folder / f"{number}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return number, lock
    raise OSError("every slot is taken")


def _make_room(path: Path) -> None:
    """Reserves the file: a mapped page that the disk has no room for would end the process. What cannot be read begins anew."""
    if path.exists():
        try:
            for key, *_value in MmapedDict.read_all_values_from_file(str(path)):
                json.loads(key)
        except Exception:  # noqa: BLE001 - whatever a machine that lost its power has left
            path.unlink()
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, ROOM)


def count(request: HttpRequest, status: int, seconds: float) -> None:
    """One answer, by the name of its address."""
    match = request.resolver_match
    method = request.method if request.method in METHODS else "other"
    try:
        REQUESTS.labels(method, match.view_name if match else "", str(status)).inc()
        SECONDS.labels(_part(request)).observe(seconds)
    except (OSError, ValueError) as error:  # the folder has gone: figures are lost, answers are not
        log.warning("A request was not counted (%s).", type(error).__name__)


def _part(request: HttpRequest) -> str:
    if request.path.startswith(API):
        return "api"
    if request.path.startswith(settings.STATIC_URL):
        return "file"
    return "page" if request.resolver_match else "none"


class _Measures:
    """A collector of the package, for one answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for measure in measures():
            names = list(measure.samples[0][0]) if measure.samples else []
            family = GaugeMetricFamily(PREFIX + measure.name, measure.text, labels=names)
            for labels, value in measure.samples:
                family.add_metric([labels[name] for name in names], value)
            yield family


def measures() -> Iterable[offers.Measure]:
    """Of all apps; without a database the one that says so."""
    figures: list[offers.Measure] = []
    try:
        for measure in offers.measures:
            figures += measure()
        answers = 1.0
    except DatabaseError:
        answers = 0.0
    text = "1 while the database answers; the other figures are missing otherwise."
    return [offers.Measure("database_up", text, [({}, answers)]), *figures]


def text() -> bytes:
    """All figures, as Prometheus reads them."""
    current = CollectorRegistry()
    current.register(_Measures())
    return generate_latest(current) + generate_latest(counted())


def counted() -> CollectorRegistry:
    """The requests of all web processes of this host, or of this one where they do not count together."""
    if Shared.folder is None:
        return _own
    registry = CollectorRegistry()
    collector: Any = MultiProcessCollector
    collector(registry, path=str(Shared.folder))
    return registry
