"""Thin doors for Celery: each carries one id; the rows are the work."""

from celery import shared_task

from pasi_connect.services import comparing, sending, submissions, sweeping


@shared_task(name="pasi_connect.collect", ignore_result=True)
def collect(enrolment_id: int) -> None:
    submissions.collect(enrolment_id)


@shared_task(name="pasi_connect.collect_between", ignore_result=True)
def collect_between(first: int, last: int) -> None:
    """The events of one chunk of a bulk, by the ids of its first and last."""
    sweeping.collect_between(first, last)


@shared_task(name="pasi_connect.send", ignore_result=True)
def send(submission_id: int) -> None:
    sending.drain(submission_id or None)


@shared_task(name="pasi_connect.reconsider", ignore_result=True)
def reconsider() -> None:
    """After a change of settings, years or a school's state: what differs, and what may go out, is another question now."""
    comparing.evaluate_all()
    submissions.release_held()
