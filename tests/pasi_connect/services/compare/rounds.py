"""Rounds of the product at work, and how a record that failed three times ends."""

from pasi_connect.models import (
    Submission,
)
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import (
    collecting,
    retrying,
    sending,
    submissions,
)


def turns(number=6):
    """Rounds of the product at work: what waits is sent, what died is read back, what failed is tried again."""
    for _ in range(number):
        collecting.take_up(3)
        sending.drain()
        for pk in sending.orphans().values_list("pk", flat=True):
            sending.attempt(pk)
        submissions.release_held()
        retrying.retry_due()


def no_data_in(caplog):
    return not any("Varga" in record.getMessage() or record.exc_info for record in caplog.records)


def check_dead(world, bad, others, caplog):
    """The one is a dead letter with class and place; the others, one of the same student among them, are in PASI."""
    dead = Submission.objects.get(subject_id=bad.pk)
    assert (dead.status, dead.reason, dead.faults) == (Status.DEAD, "set_aside", 3)
    assert dead.detail.startswith("ValueError at ")
    assert "Varga" not in dead.detail
    for one in others:
        assert Submission.objects.get(subject_id=one.pk).status == Status.ACCEPTED
        assert world.theirs(one)["Grade"] == "09"
    assert no_data_in(caplog)
    return dead


def is_of(world, enrolment):
    ref_id = str(world.link(enrolment).key)
    return lambda document: str(document.get("RefId", "")).lower() == ref_id
