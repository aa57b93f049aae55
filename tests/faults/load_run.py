"""One life of a process that works at a load: `python -m tests.faults.load_run prepare | work | report`."""

import json
import sys
import time

import django

LINES = 12
REFUSED = (5, 11)  # numbers of the lines that are no records


def rows() -> list[tuple[int, bytes]]:
    record = {"legal_first_name": "Ada", "legal_last_name": "Varga", "birth_date": "2011-03-04"}
    return [
        (n, b"{" if n in REFUSED else json.dumps({"external_id": f"st-{n}", **record}).encode())
        for n in range(1, LINES + 1)
    ]


def prepare() -> None:
    """A load of LINES students is received, and its job waits."""
    from django.core.management import call_command

    from operations.actor import SYNC
    from sis.services.loading import loads
    from sis.services.loading.resources import RESOURCES

    call_command("migrate", verbosity=0)
    loads.AT_ONCE, loads.PART = 0, 7
    loads.receive(SYNC, RESOURCES["students"], "", rows())


def work() -> None:
    """As a worker that finds the job: what a dead one holds is taken over at once."""
    from django.conf import settings

    from operations import liveness
    from operations.models import Job
    from operations.services import jobs
    from sis.services.loading import loads

    loads.CHUNK = loads.CHUNK_EMBEDDED = 4
    job = Job.objects.get()
    Job.objects.filter(status="running").update(interruptions=0)
    for half in range(4):  # somebody who watches: no sign of life for longer than a lease
        liveness.monotonic = lambda passed=half * settings.LEASE_SECONDS / 2: time.monotonic() + passed
        jobs.sweep()
    jobs.run(job.pk)


def report() -> None:
    from operations.models import AuditEntry, Job
    from sis.models import DataEvent, Delivery, Load, LoadPart, Student

    job, load = Job.objects.get(), Load.objects.get()
    print(
        json.dumps(
            {
                "status": job.status,
                "counts": [job.total, job.done, job.failed],
                "result": job.result,
                "rows": [row.message.partition(":")[0] for row in job.rows.all()],
                "load": [load.active, LoadPart.objects.count()],
                "students": [Student.objects.count(), Student.objects.values("external_id").distinct().count()],
                "written": [
                    DataEvent.objects.count(),
                    Delivery.objects.count(),
                    AuditEntry.objects.filter(action="record loaded").count(),
                ],
            }
        )
    )


if __name__ == "__main__":
    django.setup()
    {"prepare": prepare, "work": work, "report": report}[sys.argv[1]]()
