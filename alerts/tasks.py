"""A thin door for Celery: the rows are the work."""

from celery import shared_task

from alerts.services import rounds
from alerts.services.mailing import TASK


@shared_task(name=TASK, ignore_result=True)
def mail() -> None:
    rounds.work()
