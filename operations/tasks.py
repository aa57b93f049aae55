"""The tick: the one scheduled task. It finds what a lost message left behind and what has become due."""

import logging
import threading

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from operations import heartbeats, offers
from operations.services import jobs

log = logging.getLogger(__name__)


@shared_task(name="operations.tick", ignore_result=True)
def tick() -> None:
    """Runs every app's chores; one that fails does not keep the others from running."""
    heartbeats.beat("beat")
    for name, chore in offers.chores.items():
        try:
            chore()
        except Exception:
            log.exception("The chore %s failed; it runs again at the next tick.", name)


@shared_task(name=jobs.RUN, ignore_result=True)
def job(job_id: int) -> None:
    jobs.run(job_id)


_stops: list[threading.Event] = []


@worker_ready.connect
def _begin_heartbeat(sender=None, **kwargs):  # type: ignore[no-untyped-def]
    queues = {queue.name for queue in sender.task_consumer.queues} if sender is not None else set()
    name = next((name for queue, name in (("default", "worker"), ("jobs", "jobs")) if queue in queues), "tick")
    _stops.append(heartbeats.beat_in_background(name))


@worker_shutting_down.connect
def _end_heartbeat(**kwargs):  # type: ignore[no-untyped-def]
    for stop in _stops:
        stop.set()
