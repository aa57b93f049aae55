"""The program as a process: ports, signals, what survives."""

from __future__ import annotations

import signal
import socket
import subprocess
import time

import pytest
import requests

from tests.simulator.program import ORGANIZATIONS, ROOT, TODAY, Simulator, enrolment, student
from tests.simulator.test_notifications import Poll


@pytest.fixture
def own(tmp_path):
    """A simulator that the test may kill."""
    simulator = Simulator(tmp_path / "own")
    simulator.start()
    simulator.control("POST", "/control/load/", ORGANIZATIONS)
    yield simulator
    if simulator.process.poll() is None:
        simulator.stop(signal.SIGKILL)


def test_kill_keeps_the_state(own):
    pupil = student()
    own.control("POST", "/control/load/", {"Student": [pupil]})
    own.knobs(today=TODAY, html=2)
    own.knobs(html=0, delay_ms=1)
    record = enrolment(pupil["StateProvinceId"])
    version = own.submit(record).result["PASICoreVersion"]
    own.stop(signal.SIGKILL)
    own.start()
    [answer] = own.get_enrolment(record["RefId"]).result
    assert answer["StudentSchoolEnrolment"]["PASICoreVersion"] == version
    assert own.calls(key=record["RefId"])[0]["applied"]
    assert own.control("GET", "/control/knobs/")["delay_ms"] == 1
    second = own.submit(record | {"PASICoreVersion": int(version), "Grade": "08"}).result
    assert int(second["PASICoreVersion"]) > int(version)


def test_sigterm_ends_at_once_also_during_a_long_poll(own):

    class BrokenPoll(Poll):
        def run(self):
            with pytest.raises(requests.ConnectionError):  # as it must
                super().run()

    poll = BrokenPoll(own, ("School", own.control("GET", "/control/health/")["version"]), wait=60)
    poll.start()
    time.sleep(0.3)
    assert own.stop() < 5  # the poll would have gone on for a minute at least
    assert own.process.returncode == 0


def test_a_taken_port_is_said_clearly(own):
    answer = subprocess.run(own.command(), cwd=ROOT, capture_output=True, text=True, timeout=10)
    assert answer.returncode == 2
    assert "already in use" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_missing_files_are_said_clearly(own):
    for option in ("--clients", "--cert", "--wsdl"):
        answer = subprocess.run(
            [*own.command(), option, "/nowhere"], cwd=ROOT, capture_output=True, text=True, timeout=10
        )
        assert answer.returncode == 2
        assert len(answer.stderr.splitlines()) == 1


def test_a_silent_connection_holds_up_nobody(own):
    with socket.create_connection(("127.0.0.1", own.port)):
        assert own.call("HelloWorld").fault is None


def test_a_broken_clients_file_leaves_the_last_one_in_force(own):
    own.clients_file.write_text("[{")
    assert own.call("HelloWorld").fault is None
