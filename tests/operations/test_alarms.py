"""Alarms: they go off when their time has come, in the order of their times, and never after they were called off."""

import os
import threading
import time

from operations.alarms import Alarm


def test_an_alarm_goes_off_at_its_time_and_an_earlier_one_before_it():
    done, both = [], threading.Event()
    started = time.monotonic()
    Alarm(0.2, lambda: (done.append("later"), both.set()))
    Alarm(0.05, lambda: done.append("sooner"))
    assert both.wait(5)
    assert done == ["sooner", "later"]
    assert time.monotonic() - started >= 0.2


def test_what_is_called_off_is_never_done():
    done, last = [], threading.Event()
    Alarm(0.05, lambda: done.append("no")).cancel()
    Alarm(0.15, last.set)
    assert last.wait(5)
    assert done == []


def test_a_forked_worker_has_alarms_of_its_own():
    Alarm(30, lambda: None).cancel()  # the clockwork of this process runs
    child = os.fork()
    if child == 0:
        rang = threading.Event()
        Alarm(0.05, rang.set)
        os._exit(0 if rang.wait(5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
