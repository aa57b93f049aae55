"""Thin doors for Celery: a message carries one id, or nothing but "look"; the rows are the work."""

from celery import shared_task

from operations.services import pending
from pasi_connect.services import setting_up
from pasi_connect.services.compare import failures
from pasi_connect.services.queue import retrying, sending, submissions


@shared_task(name=submissions.SEND, ignore_result=True)
def send(submission_id: int | None = None) -> None:
    """Takes up what changed here, and sends: the submission named, then whatever is due."""
    sending.drain(submission_id)


@shared_task(name=setting_up.RECONSIDER, ignore_result=True)
def reconsider() -> None:
    pending.carry_out(setting_up.RECONSIDER, setting_up.reconsider)


@shared_task(name=setting_up.RELEASE, ignore_result=True)
def release() -> None:
    pending.carry_out(setting_up.RELEASE, submissions.release_held)


@shared_task(name=failures.RETRY, ignore_result=True)
def retry() -> None:
    """Retries failed steps."""
    retrying.retry_due()
