"""How fast the queue drains against a PASI that takes 200 ms an answer: one sender, and ten, each a process as in production."""

import datetime as dt
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from typing import Any

from pasi_connect.models import Submission
from tests.benchmarks import queue
from tests.benchmarks.measuring import ROUNDS, Figure
from tests.benchmarks.stub import Stub

LATENCY = 0.2


class Senders:
    def __init__(self, count: int) -> None:
        environment = {**os.environ, "SENDERS": str(count)}
        command = [sys.executable, "-m", "tests.benchmarks.sender"]
        self.processes = [
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]

    def _lines(self) -> list[str]:
        return [process.stdout.readline() for process in self.processes if process.stdout]

    def __enter__(self) -> "Senders":
        assert all(line == "ready\n" for line in self._lines())
        return self

    def work(self) -> float:
        """Gives their CPU seconds once the queue is empty."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(map(float, self._lines()))

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def in_order(rows: list[Submission], calls: list[Any]) -> bool:
    """Each record was sent once; within a lane one after the other, in the order in which they were queued."""
    when = {ref: (began, ended) for began, ended, ref in calls}
    if len(calls) != len(rows) or len(when) != len(rows):
        return False
    lanes = defaultdict(list)
    for row in rows:
        lanes[row.lane].append(when[row.key])
    return all(one[1] <= two[0] for lane in lanes.values() for one, two in pairwise(lane))


def run(quick: bool) -> list[Figure]:
    figures, rounds = [], 1 if quick else ROUNDS
    files = queue.keys()
    day = iter(range(1000))
    with Stub(files, queue.accepted(), LATENCY) as stub:
        # Between one and ten, for those who have more processors or fewer: reported, not demanded.
        for count, each in ((1, 10 if quick else 20), *(() if quick else ((2, 16), (4, 16))), (10, 4 if quick else 16)):
            records = count * each
            if count == 1:
                queue.set_up(10 * (4 if quick else 16))
                queue.connect(stub.url, files)
            rates, cpu, ordered, handshakes = [], 0.0, True, 0
            with Senders(count) as senders:
                for _ in range(rounds):
                    rows = queue.fill(dt.date(2027, 1, 1) + dt.timedelta(days=next(day)), a_lane=2, most=records)
                    used = senders.work()
                    calls = stub.notes()
                    handshakes = max(handshakes, calls["handshakes"])
                    ordered = ordered and in_order(rows, calls["calls"])
                    last = max(ended for _, ended, _ in calls["calls"])
                    first = min(began for began, _, _ in calls["calls"])
                    rates.append(records / (last - first))
                    cpu += used
            done = Submission.objects.filter(status="accepted").count()
            assert done == Submission.objects.count(), f"{done} of {Submission.objects.count()} accepted"
            rate, most = statistics.median(rates), count / LATENCY
            name, demanded = f"{count} sender{'s' if count > 1 else ''}", count in (1, 10)
            figures += [
                Figure(
                    f"{name}, 200 ms answers",
                    rate,
                    "a second",
                    most,
                    rate / most,
                    "≥ 0.9 × senders ÷ latency" if demanded else "",
                    rate >= 0.9 * most if demanded else None,
                ),
                Figure(f"{name}: order kept per student", float(ordered), "", demand="kept", holds=ordered),
                Figure(
                    f"{name}: TLS handshakes",
                    handshakes,
                    "",
                    count,
                    handshakes / count,
                    "one a sender",
                    handshakes <= count,
                ),
                Figure(f"{name}: CPU a submission", 1000 * cpu / (records * rounds), "ms"),
            ]
    return figures
