"""What nobody takes the tick does itself, and only that."""

import threading
import time

import pytest

from operations import offers
from operations.ticking import _Attendant


class Work:
    def __init__(self):
        self.hands, self.mark, self.done = 1, 0, threading.Semaphore(0)

    def errand(self, patience):
        return offers.Errand(lambda: self.hands, lambda: self.mark, self.done.release, patience)

    def was_done(self, times=1):
        return all(self.done.acquire(timeout=2) for _ in range(times))


@pytest.fixture
def work():
    return Work()


@pytest.mark.django_db
def test_what_nobody_touches_is_done_by_as_many_hands_as_are_idle(work):
    work.hands = 3
    attendant = _Attendant("work", work.errand(0.05))
    attendant.look()
    assert not attendant.at_work
    time.sleep(0.06)
    attendant.look()
    assert work.was_done(3)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["mark", "hands"])
def test_what_somebody_is_at_or_what_is_gone_is_left_alone(work, change):
    attendant = _Attendant("work", work.errand(0.05))
    for _ in range(4):
        attendant.look()
        time.sleep(0.03)
        if change == "mark":
            work.mark += 1
        else:
            work.hands = 1 - work.hands
    assert not attendant.at_work


@pytest.mark.django_db
def test_a_failure_is_tried_again(work):
    calls = []

    def fail():
        calls.append(1)
        raise RuntimeError

    attendant = _Attendant("work", offers.Errand(lambda: 1, lambda: 0, fail, 0.01))
    for _ in range(5):
        attendant.look()
        for thread in attendant.at_work:
            thread.join(2)
        time.sleep(0.02)
    assert len(calls) >= 2
