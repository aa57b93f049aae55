"""What our own door costs beside a bare session that posts the same bytes to a PASI that answers at once."""

import datetime as dt
import time
from dataclasses import replace
from uuid import uuid4

import requests

from operations.actor import SYNC
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import EnrolmentCopy, Submission
from pasi_connect.models.present import Present
from pasi_connect.services.pull import copies
from pasi_connect.services.queue import sending
from pasi_connect.soap import gateway
from pasi_connect.soap.contract import contract
from tests.benchmarks import queue
from tests.benchmarks.measuring import ROUNDS, Figure, at_most, interleaved
from tests.benchmarks.stub import Stub


def run(quick: bool) -> list[Figure]:
    calls, records = (50, 20) if quick else (200, 40)
    queue.set_up(records)
    files = queue.keys()
    with Stub(files, queue.accepted(), 0) as stub:
        queue.connect(stub.url, files)
        copy = EnrolmentCopy.objects.order_by("pk")[0]
        members = {"StudentSchoolEnrolment": copies.to_document(copy.document, ENTITY)}
        purpose = gateway.Purpose(SYNC, "A.1750", copy.key, copy.school_code)
        operation = contract().operations[queue.OPERATION]
        present = Present.load()
        ready = gateway.prepare(queue.OPERATION, members, purpose, present, seconds=5, writes=True)
        assert not ready.problem, ready.problem
        body = ready.body
        bare = requests.Session()
        bare.trust_env, bare.verify = False, str(files.ca)
        bare.cert = (str(files.client), str(files.key_of(files.client)))
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{operation.action}"'}

        def floor() -> None:
            for _ in range(calls):
                assert bare.post(stub.url, data=body, headers=headers, timeout=5).status_code == 200

        def door() -> None:
            """Message, checks both ways, transport, decoding: a call without its rows."""
            for _ in range(calls):
                made, _ = gateway._envelope(operation, members, present.caller, purpose, uuid4())
                told = gateway.exchange(replace(ready, body=made))
                assert told.answer.good, told.answer

        def call() -> None:
            """The same with the exchange row committed before and its outcome after."""
            for _ in range(calls):
                answer = gateway.call(queue.OPERATION, members, purpose, seconds=5, writes=True)
                assert answer.good, answer

        floor()
        call()
        plain, ours, logged = (1000 * taken / calls for taken in interleaved(floor, door, call))
        used, whole = 0.0, 0.0
        for step in range(ROUNDS):
            rows = queue.fill(dt.date(2027, 5, 3 + step), a_lane=1)
            began, cpu = time.perf_counter(), time.process_time()
            for row in rows:
                sending.attempt(row.pk)
            used, whole = used + time.process_time() - cpu, whole + time.perf_counter() - began
        done = Submission.objects.filter(status="accepted").count()
        assert done == ROUNDS * records, f"{done} of {ROUNDS * records} accepted"
    return [
        at_most("gateway overhead at 0 ms", ours, plain, "ms a call", 2, "bare requests.Session"),
        Figure("gateway call with its exchange row", logged, "ms a call", plain, logged / plain),
        Figure("whole submission with its rows: our CPU", 1000 * used / done, "ms"),
        Figure("whole submission with its rows", 1000 * whole / done, "ms", plain, 1000 * whole / done / plain),
    ]
