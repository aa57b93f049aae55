"""Tasks without a row of their own: stored when they are requested, so that a lost message does not lose them."""

from collections.abc import Callable

from operations import clock, offers, wake
from operations.models import PendingTask

PATIENCE_SECONDS = 60.0  # they take longer than a call, and leave no trace until they end


def ask(task: str) -> None:
    """Inside the transaction of the cause."""
    PendingTask.objects.update_or_create(task=task, defaults={"asked_at": clock.now()})
    wake.after_commit(task)


def carry_out(task: str, work: Callable[[], object]) -> None:
    """Does the work; what is asked for meanwhile stays for another time."""
    rows = list(PendingTask.objects.filter(task=task).values_list("asked_at", flat=True))
    work()
    PendingTask.objects.filter(task=task, asked_at__in=rows).delete()


def errand(task: str, work: Callable[[], object]) -> offers.Errand:
    """For `offers.errands`: whoever takes it, the task is carried out."""
    waiting = PendingTask.objects.filter(task=task)
    return offers.Errand(
        hands=lambda: int(waiting.all().exists()),
        mark=lambda: waiting.values_list("asked_at", flat=True).first(),
        do=work,
        patience=PATIENCE_SECONDS,
    )
