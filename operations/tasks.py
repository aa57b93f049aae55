"""The jobs' door for Celery, and the workers' signs of life."""

import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from operations import heartbeats
from operations.services import jobs


@shared_task(name=jobs.RUN, ignore_result=True)
def job(job_id: int) -> None:
    jobs.run(job_id)


_stops: list[threading.Event] = []


@worker_ready.connect
def _begin_heartbeat(sender: Any = None, **kwargs: Any) -> None:
    queues = {queue.name for queue in sender.task_consumer.queues} if sender is not None else set()
    _stops.append(heartbeats.beat_in_background("jobs" if "jobs" in queues else "worker"))


@worker_shutting_down.connect
def _end_heartbeat(**kwargs: Any) -> None:
    for stop in _stops:
        stop.set()
