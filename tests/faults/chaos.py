"""Everything at once, by a seed: `python -m tests.faults.chaos --seeds 3 --events 60` (make chaos SEEDS=3).

A simulator behind the misbehaving proxy, two workers, two web processes, random staff, random faults; then quiet, then the
invariants. Prints a line a seed; the exit code is 1 when a change was lost or doubled or a rule is broken.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults import manners
from tests.faults.days import new_day
from tests.faults.proxy import Manner
from tests.faults.stage import Stage

BROKEN: list[Manner] = [
    manners.lost_before,
    manners.lost_after,
    manners.truncated,
    manners.reset_in_body,
    manners.html(works=True),
    manners.twice,
    manners.fault("4001", 500),
    manners.fault("9001", 500, works=True),
    manners.fault("9014", 500),
    manners.silent(2.5, works=True),
]
OPERATIONS = (
    "SubmitStudentSchoolEnrolment",
    "SubmitStudentSchoolEnrolment",
    "GetStudentSchoolEnrolment",
    "IsDataAvailable",
)
MORTAL = ("worker", "worker2", "listener", "tick")


@dataclass
class Result:
    seed: int
    events: int
    changes: int
    kills: int
    lost: int
    doubled: int
    drained_seconds: float
    broken: list[str]

    def line(self) -> str:
        return (
            f"seed {self.seed}: {self.events} events ({self.changes} changes, {self.kills} kills), lost {self.lost}, "
            f"doubled {self.doubled}, broken rules {len(self.broken)}, drained in {self.drained_seconds:.1f} s"
        )


class Chaos:
    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.dice, self.seen = stage, random.Random(seed), Counter[str]()
        self.wanted: dict[int, dict[str, str]] = {}

    def number(self) -> int:
        return self.dice.randrange(self.stage.students)

    def staff(self) -> str:
        return self.dice.choice(["driver", "driver2"])

    def a_registrar_changes(self) -> None:
        changes = {"exit_date": new_day()} if self.dice.random() < 0.7 else {"grade": f"{self.dice.randint(1, 9):02d}"}
        self.stage.do("change", self.staff(), enrolment=self.stage.enrolments[self.number()], changes=changes)

    def somebody_changes_pasi(self) -> None:
        self.stage.foreign_edit(self.number(), Grade=f"{self.dice.randint(1, 9):02d}")

    def somebody_decides(self) -> None:
        items = self.stage.do("state")["open"]
        if items:
            verb = self.dice.choice(["accept", "reject"])
            self.tolerated(lambda: self.stage.do(verb, self.staff(), item=self.dice.choice(items)))

    def somebody_sends_again(self) -> None:
        stuck = [pk for pk, state in self.stage.do("state")["submissions"].items() if state in ("needs_review", "dead")]
        if stuck:
            self.tolerated(lambda: self.stage.do("send_again", self.staff(), submission=int(self.dice.choice(stuck))))

    @staticmethod
    def tolerated(act: Callable[[], object]) -> None:
        """A refusal in words is an answer; anything else is not."""
        try:
            act()
        except RuntimeError as error:
            if not any(name in str(error) for name in ("Moved", "NotPossible", "ValidationError")):
                raise

    def a_process_is_killed(self) -> None:
        self.stage.kill(self.dice.choice(MORTAL))

    def the_wire_breaks(self) -> None:
        self.stage.proxy.misbehave(self.dice.choice(BROKEN), self.dice.choice(OPERATIONS))

    def pasi_goes_or_comes(self) -> None:
        self.stage.proxy.away = not self.stage.proxy.away

    def the_broker_forgets(self) -> None:
        for message in (self.stage.folder / "broker" / "messages").iterdir():
            message.unlink(missing_ok=True)

    def supervise(self) -> None:
        for name in MORTAL:
            if not self.stage.alive(name):
                self.stage.processes.pop(name, None)
                self.stage.start(name)

    WEIGHTS = (
        (a_registrar_changes, 40),
        (somebody_changes_pasi, 10),
        (somebody_decides, 12),
        (somebody_sends_again, 6),
        (a_process_is_killed, 8),
        (the_wire_breaks, 14),
        (pasi_goes_or_comes, 5),
        (the_broker_forgets, 5),
    )

    def run(self, events: int) -> None:
        acts, weights = zip(*self.WEIGHTS, strict=True)
        for _ in range(events):
            act = self.dice.choices(acts, weights)[0]
            self.seen[act.__name__] += 1
            act(self)
            if self.dice.random() < 0.3:
                self.supervise()
            time.sleep(self.dice.random() * 0.15)


def run(seed: int, events: int, folder: Path) -> Result:
    with Stage(folder, students=12, a_student=2, proxied=True, more={"CALL_SECONDS": "1.5"}) as stage:
        for name in ("worker", "worker2", "driver2"):
            stage.start(name)
        chaos = Chaos(stage, seed)
        chaos.run(events)
        stage.proxy.behave()
        stage.proxy.away = False
        chaos.supervise()
        began = time.monotonic()
        broken = []
        try:
            stage.assert_sound(seconds=90)
        except AssertionError as error:
            broken = str(error).splitlines()
        drained = time.monotonic() - began
        doubled = sum(": doubled," in sentence for sentence in broken)
        marks = (": lost,", "has no submission", "was never collected", "nobody is told")
        lost = sum(any(mark in sentence for mark in marks) for sentence in broken)
        changes, kills = chaos.seen["a_registrar_changes"], chaos.seen["a_process_is_killed"]
        return Result(seed, events, changes, kills, lost, doubled, drained, broken)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--events", type=int, default=80)
    given = parser.parse_args()
    results = []
    for seed in range(given.first, given.first + given.seeds):
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            results.append(run(seed, given.events, Path(folder)))
        print(results[-1].line(), *results[-1].broken, sep="\n  ", flush=True)
    total = sum(result.events for result in results)
    lost, doubled = sum(result.lost for result in results), sum(result.doubled for result in results)
    longest = max(result.drained_seconds for result in results)
    print(f"{len(results)} seeds, {total} events, lost {lost}, doubled {doubled}, longest drain {longest:.1f} s")
    return 1 if any(result.broken for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
