"""The web process's worker over real sockets: slow clients cost connections, never threads."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from operations.rules.bodies import FORM_BYTES
from tests.config.echo import PAGE
from tests.faults.servers import free_port

pytestmark = pytest.mark.slow_process
ROOT = Path(__file__).resolve().parents[2]
QUICK = {
    "WEB_HEAD_SECONDS": "1", "WEB_BODY_SECONDS": "2", "WEB_STALL_SECONDS": "1", "WEB_MIN_BYTES_A_SECOND": "1000000",
    "WEB_LARGE_BODIES": "1",
}  # fmt: skip
THREADS = 2


@pytest.fixture(scope="module")
def web_log(tmp_path_factory):
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture(scope="module")
def port(web_log):
    port = free_port()
    command = (
        f"-m gunicorn tests.config.echo:application --bind 127.0.0.1:{port} --worker-class config.web_server.Worker "
        f"--workers 1 --threads {THREADS} --worker-connections 500 --no-control-socket --log-level warning"
    )
    with web_log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command.split()], cwd=ROOT, env={**os.environ, **QUICK}, stderr=log
        )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def sent(port: int, data: bytes) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port), 20)
    wire.sendall(data)
    return wire


def post(path: str, length: int, more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {length}\r\n\r\n".encode()


def whole(wire: socket.socket) -> bytes:
    """Everything until the other side closes."""
    found = b""
    while data := wire.recv(65536):
        found += data
    return found


def quick(port: int) -> float:
    """Seconds that an ordinary request takes."""
    began = time.monotonic()
    with sent(port, b"GET /ordinary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as wire:
        assert b"GET /ordinary 0" in whole(wire)
    return time.monotonic() - began


SLOW = {
    "nothing at all": b"",
    "a head without an end": b"GET / HTTP/1.1\r\nHost: x\r\nX-More: ",
    "an empty line": b"\r\n",
    "a body that does not come": post("/", 1000) + b"x",
    "a body whose length is a lie": post("/", FORM_BYTES) + b"x" * 1000,
    "a head that asks first": post("/", 1000, "Expect: 100-continue\r\n"),
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_slow_clients_hold_no_thread_and_are_given_up(port, data):
    with ExitStack() as stack:
        wires = [stack.enter_context(sent(port, data)) for _ in range(20 * THREADS)]
        assert max(quick(port) for _ in range(5)) < 1
        began = time.monotonic()
        endings = {whole(wire).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")[:12] for wire in wires}
        assert time.monotonic() - began < 6
        assert endings <= {b"", b"HTTP/1.1 408", b"HTTP/1.1 400"}


ODD = {
    "empty lines first": b"\r\n\r\n",
    "a line feed alone": b"GET / HTTP/1.1\nHost: x\n\n\r\n\r\n",
    "no request": b"nonsense\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 100\r\n\r\nx",
    "a length in words": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\nx",
    "a folded length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 1000\r\n\r\nx",
    "chunks and a length": post("/", 1000, "Transfer-Encoding: chunked\r\n") + b"5\r\n",
    "chunks that do not end": b"POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx",
    "a head without end": b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000,
    "many fields": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_requests_hold_no_thread_either(port, data):
    with ExitStack() as stack:
        wires = [stack.enter_context(sent(port, data)) for _ in range(10 * THREADS)]
        assert max(quick(port) for _ in range(5)) < 1
        for wire in wires:
            assert whole(wire)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431")


def test_a_body_that_comes_in_pieces_arrives_whole(port):
    with sent(port, post("/pieces", FORM_BYTES, "Expect: 100-continue\r\nConnection: close\r\n")) as wire:
        assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for _ in range(8):
            wire.sendall(b"x" * (FORM_BYTES // 8))
            time.sleep(0.02)
        answer = whole(wire)
    assert f"POST /pieces {FORM_BYTES}".encode() in answer
    assert b"100 Continue" not in answer


def test_a_connection_is_kept_and_takes_requests_in_a_row(port):
    with sent(port, post("/one", 3) + b"abc" + post("/two", 2) + b"de" + post("/three", 4) + b"f") as wire:
        wire.settimeout(5)
        found = b""
        while b"/two 2" not in found:
            found += wire.recv(1000)
        wire.sendall(b"ghi")
        while b"/three 4" not in found:
            found += wire.recv(1000)
    assert b"/one 3" in found


def test_a_large_body_gets_a_thread_and_must_keep_its_pace(port):
    size = 2 * FORM_BYTES
    with sent(port, post("/large", size, "Connection: close\r\n") + b"x" * size) as wire:
        assert f"POST /large {size}".encode() in whole(wire)
    with sent(port, post("/large", size) + b"x") as slow:
        time.sleep(0.2)
        with sent(port, post("/large", size) + b"x") as second:
            answer = whole(second)
            assert b" 503 " in answer
            assert b"Retry-After" in answer
        assert quick(port) < 1
        began = time.monotonic()
        assert b" 200 " not in whole(slow)
        assert time.monotonic() - began < 5
    with sent(port, post("/large", size, "Connection: close\r\n") + b"x" * size) as wire:
        assert b" 200 " in whole(wire), "its place is free again"


def test_a_large_body_that_is_refused_is_not_waited_for(port):
    for _ in range(10):
        began = time.monotonic()
        with sent(port, post("/refuse", 400 * 2**20) + b"x" * 1000) as wire:
            assert whole(wire).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - began < 1


def test_who_does_not_fetch_the_answer_is_given_up(port):
    with ExitStack() as stack:
        for _ in range(THREADS):
            stack.enter_context(sent(port, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"))
        time.sleep(2.5)
        assert quick(port) < 1


def slow_reader(port: int, data: bytes) -> socket.socket:
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    wire.settimeout(20)
    wire.connect(("127.0.0.1", port))
    wire.sendall(data)
    return wire


def test_who_fetches_the_answer_slowly_holds_no_thread(port):
    ask = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(10 * THREADS):
            stack.enter_context(slow_reader(port, ask))
        assert max(quick(port) for _ in range(5)) < 2
        with slow_reader(port, ask + b"GET /after HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as wire:
            time.sleep(0.5)
            answer = whole(wire)
    assert answer.count(b"x" * PAGE) == 1, "what was not fetched at once still arrives whole"
    assert answer.endswith(b"GET /after 0"), "and the connection goes on"


def test_answers_that_nobody_fetches_are_bounded(port):
    with ExitStack() as stack:
        wires = [
            stack.enter_context(slow_reader(port, b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"))
            for _ in range(60 * THREADS)
        ]
        time.sleep(6)
        assert quick(port) < 1
        assert max(len(whole(wire)) for wire in wires) < PAGE + 1000, "each was given up after its time"


BAD = {
    "a version that is none": (b"GET {} HTTP/9.9\r\n\r\n", 400),
    "an address of odd bytes": (b"GET {}\xff HTTP/1.1\r\n\r\n", 400),
    "a long address": (b"GET {}" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
    "a long field": (b"GET {} HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
    "a head without end": (b"GET {} HTTP/1.1\r\nX: " + b"x" * 100_000, 431),
    "a length in words": (b"POST {} HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
    "chunks and a length": (
        b"POST {} HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "what nobody expects": (b"GET {} HTTP/1.1\r\nExpect: much\r\n\r\n", 417),
    "a body that does not come": (b"POST {} HTTP/1.1\r\nContent-Length: 10\r\n\r\nx", 408),
}


@pytest.mark.parametrize(("data", "status"), BAD.values(), ids=BAD)
def test_what_is_no_request_is_a_problem_to_the_api_and_repeated_nowhere(port, data, status, web_log):
    secret = b"512345678"
    with sent(port, data.replace(b"{}", b"/api/v1/students/?asn=" + secret)) as wire:
        head, _, body = whole(wire).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], bool(problem["detail"])) == (status, True)
    with sent(port, data.replace(b"{}", b"/students/" + secret)) as wire:
        page = whole(wire)
    assert page.startswith(f"HTTP/1.1 {status} ".encode())
    assert secret not in page
    assert secret not in web_log.read_bytes()


def test_a_second_large_body_below_the_api_reads_why_it_waits(port):
    with sent(port, post("/api/v1/reconciliations/", 2 * FORM_BYTES) + b"x"):
        time.sleep(0.2)
        with sent(port, post("/api/v1/reconciliations/", 2 * FORM_BYTES) + b"x") as second:
            head, _, body = whole(second).partition(b"\r\n\r\n")
    assert b" 503 " in head
    assert b"Retry-After" in head
    assert json.loads(body)["detail"]


def test_who_does_not_close_keeps_nobody_waiting(port):
    with ExitStack() as stack:
        for _ in range(20):
            wire = stack.enter_context(sent(port, b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            assert b"GET /x 0" in whole(wire)
        assert quick(port) < 2


def test_the_oldest_go_when_there_are_too_many(port):
    with ExitStack() as stack:
        for _ in range(450):
            stack.enter_context(sent(port, b"GET / HTTP/1.1\r\n"))
        assert max(quick(port) for _ in range(5)) < 1


def test_no_version_is_told(port):
    with sent(port, b"GET /ordinary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as wire:
        head = whole(wire).partition(b"\r\n\r\n")[0].decode()
    servers = [line for line in head.splitlines() if line.lower().startswith(("server:", "x-powered-by:"))]
    assert servers == ["Server: gunicorn"]
