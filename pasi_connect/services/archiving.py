"""The archive of data events: old ones move from the table into files that a command and a page read.

An event moves when it is old enough, has become part of a submission or needed none, and no submission of its record waits for
anything. Set Up Data Synchronization, Archiving.
"""

import datetime as dt
import gzip
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from operations import clock
from operations.actor import SYNC, Actor
from operations.models import Job
from operations.services import jobs
from operations.services.jobs import Running
from pasi_connect.models import Submission, SyncSettings
from pasi_connect.models.submission import LIVE
from sis.models import DataEvent

JOB = "archive_data_events"
CHUNK = 500
LOOK_SECONDS = 60.0
NAME = re.compile(r"data-events-\d{4}-\d{2}-\d{2}-\d{1,12}-\d{1,19}\.jsonl\.gz")
COLUMNS = (
    "id", "at", "entity", "subject_id", "student_id", "school_code", "fields", "origin", "seen_version", "user_id", "actor_name",
    "actor_local_id", "actor_ip", "collected_at", "bulk",
)  # fmt: skip

_looked_at: float | None = None


def folder() -> Path:
    return Path(settings.DATA_DIR) / "archive"


def old(before: dt.datetime) -> "QuerySet[DataEvent]":
    """The events that may move, oldest first. The newest of all stays: the place of the next submission is counted from it."""
    live = Submission.objects.filter(
        entity=OuterRef("entity"), subject_id=OuterRef("subject_id"), status__in=LIVE
    ).order_by()
    newest = DataEvent.objects.aggregate(pk=Max("pk"))["pk"]
    rows = DataEvent.objects.filter(~Exists(live), collected_at__isnull=False, at__lt=before)
    return rows.exclude(pk=newest).order_by("pk")


def sweep() -> None:
    """The tick's round: once a day, at the first look of the day. A day on which nothing ran is made up for by the next one."""
    global _looked_at
    if _looked_at is None or time.monotonic() - _looked_at >= LOOK_SECONDS:
        _looked_at = time.monotonic()
        look()


@transaction.atomic
def look() -> Job | None:
    due = Q(archive_started_at=None) | Q(archive_started_at__lt=clock.start_of(clock.today()))
    if not SyncSettings.objects.filter(due, pk=1, archive_data_events=True).update(archive_started_at=clock.now()):
        return None
    return start(SYNC)


def start(actor: Actor) -> Job:
    """The job; the one that is under way, where there is one."""
    days = SyncSettings.load().archive_after_days
    running = Job.objects.filter(kind=JOB).order_by("-id").first()
    if running is not None and not running.is_over:
        return running
    return jobs.start(actor, JOB, {"before": (clock.now() - dt.timedelta(days=days)).isoformat(), "days": days})


def run(running: Running) -> dict[str, Any]:
    """Chunk by chunk: a piece of the file is on the disk before its rows go.

    `mark`: the last event, the file and its length. What a killed worker wrote beyond that is cut off, since its rows are still there.
    """
    before = dt.datetime.fromisoformat(running.inputs["before"])
    going = True
    while going:
        running.check()
        going = running.chunk(CHUNK, partial(_move, running, before), partial(_pass_over, running, before))
    return {"file": (running.mark or {}).get("file", "")}


def _next(running: Running, before: dt.datetime) -> "QuerySet[DataEvent]":
    return old(before).filter(pk__gt=(running.mark or {}).get("pk", 0))


def _move(running: Running, before: dt.datetime, most: int) -> bool:
    rows = list(_next(running, before).select_for_update(of=("self",))[:most].values(*COLUMNS))
    if not rows:
        return False
    name, size = _append(running, rows)
    DataEvent.objects.filter(pk__in=[row["id"] for row in rows]).delete()
    running.step({"pk": rows[-1]["id"], "file": name, "size": size}, done=len(rows))
    return True


def _pass_over(running: Running, before: dt.datetime, where: str) -> None:
    row = _next(running, before).first()
    if row is not None:
        running.step({**(running.mark or {}), "pk": row.pk}, failed=1)


def _append(running: Running, rows: list[dict[str, Any]]) -> tuple[str, int]:
    """Name and length of the file with one more piece. On another host than before it is another file."""
    mark = running.mark or {}
    path = folder() / str(mark.get("file", ""))
    if not mark.get("file") or not path.is_file() or path.stat().st_size < mark["size"]:
        path = folder() / f"data-events-{clock.today():%Y-%m-%d}-{running.job_id}-{rows[0]['id']}.jsonl.gz"
        mark = {"size": 0}
    folder().mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, default=_text, ensure_ascii=False) + "\n" for row in rows)
    with path.open("ab") as file:
        file.truncate(mark["size"])
        file.write(gzip.compress(lines.encode()))
        file.flush()
        os.fsync(file.fileno())
        return path.name, file.tell()


def _text(value: Any) -> str:
    """Only moments are no JSON."""
    assert isinstance(value, dt.datetime)
    return value.isoformat()


@dataclass(frozen=True)
class File:
    """A file of the archive; `size` in bytes."""

    name: str
    size: int
    at: dt.datetime


def files() -> list[File]:
    """Newest first."""
    names = [path for path in folder().glob("*.jsonl.gz") if NAME.fullmatch(path.name)] if folder().is_dir() else []
    listing = [
        File(path.name, path.stat().st_size, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)) for path in names
    ]
    return sorted(listing, key=lambda file: (file.at, file.name), reverse=True)


def read(name: str) -> Iterator[dict[str, Any]]:
    """The events of a file, each once, with moments as ISO text. Raises FileNotFoundError for what is no file of the archive."""
    path = folder() / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise FileNotFoundError(name)
    last = 0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if event["id"] > last:  # they are in the order of their numbers
                last = event["id"]
                yield event
