"""The real simulator, as the product's tests use it: a process behind TLS, with the demo's throw-away certificates."""

import datetime as dt
import itertools
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from pasi_connect.demo import certificates
from pasi_connect.demo.certificates import Certificates
from tests.moments import machine_now

ROOT = Path(__file__).resolve().parent.parent
AUTHORITY, OTHER_AUTHORITY = "1750", "1751"
START_SECONDS = 60
ENROLMENTS = "/control/records/StudentSchoolEnrolment/"
SECTIONS = "/control/records/Section/"

_asns = itertools.count(410_000_000)


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def new_asn() -> str:
    """An ASN that no other test of this process uses."""
    return str(next(_asns))


class SimulatorProcess:
    """One running simulator and its control client. `clear()` gives each test an empty PASI.

    `module` is the program, `more` its arguments beside those that every simulator takes; `kinds`: PASI's names of records of
    its own, beside enrolments and sections.
    """

    def __init__(
        self,
        folder: Path,
        organization: str = f"A.{AUTHORITY}",
        *,
        module: str = "pasi_simulator",
        more: Sequence[str] = (),
        kinds: Sequence[str] = (),
    ) -> None:
        self.folder, self.module, self.more = folder, module, more
        self.kinds = tuple(dict.fromkeys(("Section", *kinds)))
        self.files: Certificates = certificates.ensure(
            folder / "certificates", organization=organization, now=machine_now()
        )
        self.registered = self.files.clients.read_text()
        self.port, self.control_port = free_ports(2)
        self.session = requests.Session()
        self.session.trust_env = False
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/2020/PASIService2020.svc"

    def start(self) -> None:
        files = self.files
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", self.module, *self.more, "--data-dir", str(self.folder / "data")),
                *("--port", str(self.port), "--control-port", str(self.control_port)),
                *("--ca", str(files.ca), "--cert", str(files.server), "--key", str(files.key_of(files.server))),
                *("--clients", str(files.clients)),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.get("/control/health/")
                return
            except requests.ConnectionError:
                assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
                assert time.monotonic() < deadline, "the simulator does not start"
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            assert self.process.stderr is not None
            self.process.stderr.close()

    # Control -------------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(
            method,
            path if path.startswith("http") else f"http://127.0.0.1:{self.control_port}{path}",
            data=None if body is None else json.dumps(body, default=str),
            headers={"Content-Type": "application/json"},
            timeout=20,
        )
        assert answer.ok, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def knobs(self, **values: Any) -> None:
        self._ask("POST", "/control/knobs/", values)

    def load(self, **records: list[dict[str, Any]]) -> None:
        self._ask("POST", "/control/load/", records)

    def enrolments(self) -> list[dict[str, Any]]:
        found, path = [], ENROLMENTS
        while path:
            page = self.get(path)
            found += page["results"]
            path = page["next"]
        return found

    def enrolment(self, ref_id: uuid.UUID | str) -> dict[str, Any]:
        return self.get(f"{ENROLMENTS}{ref_id}/")

    def change(self, ref_id: uuid.UUID | str, **members: Any) -> dict[str, Any]:
        """Somebody changes the record in PASIprep. Gives the record as it stands then."""
        return self._ask(
            "PATCH",
            f"{ENROLMENTS}{ref_id}/",
            {**members, "_as": {"name": "Ola Brandt", "organization": f"A.{AUTHORITY}"}},
        )

    def link_asn(self, secondary: str, primary: str) -> dict[str, Any]:
        """The ministry links two ASNs: what stood under the one stands under the other."""
        return self._ask("POST", "/control/link-asn/", {"secondary": secondary, "primary": primary})

    def change_other(self, kind: str, key: str, **members: Any) -> None:
        """Changes a record of another kind: `Student`, `School`."""
        self._ask("PATCH", f"/control/records/{kind}/{key}/", members)

    def remove(self, ref_id: uuid.UUID | str) -> None:
        """The record leaves PASI wholly, as one does that leaves our scope."""
        self._ask("DELETE", f"{ENROLMENTS}{ref_id}/?physical=1", {})

    def calls(self, operation: str = "SubmitStudentSchoolEnrolment") -> list[dict[str, Any]]:
        return self.get(f"/control/calls/?operation={operation}")["results"]

    def clear(self, today: dt.date) -> None:
        """No enrolment, no section, no knob, no call; our client is registered; PASI's calendar shows `today`."""
        self.files.clients.write_text(self.registered)
        self._ask("POST", "/control/reset/", {})
        self.knobs(today=today.isoformat(), node_wait_ms=50)
        for record in self.enrolments():
            self.remove(record["RefId"])
        for place in (f"/control/records/{kind}/" for kind in self.kinds):
            while records := self.get(place)["results"]:
                for record in records:
                    self._ask("DELETE", f"{place}{record['RefId']}/?physical=1", {})
