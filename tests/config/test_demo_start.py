"""The waiting at the start of the demo: it says what is missing, and ends when all is well or the time is up."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config import demo_start


class Health(BaseHTTPRequestHandler):
    answers: list[tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def health(**checks: Any) -> bytes:
    return json.dumps({"status": "not_ready", "checks": checks}).encode()


def test_tells_each_change_once_until_all_is_well(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = health(worker={"ok": False}, broker={"ok": False, "error": "OperationalError"}, database={"ok": True})
    Health.answers = [(503, waiting), (503, waiting), (503, health(worker={"ok": False})), (200, b"{}")]
    assert demo_start.wait(port, "/healthz", "health page")
    assert capsys.readouterr().out.splitlines() == [
        "waiting for: worker, broker (OperationalError) …",
        "waiting for: worker …",
    ]


def test_gives_up_and_names_what_is_missing(
    port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_start, "STEP_LIMIT", 0.5)
    Health.answers = [(503, health(listener={"ok": False, "age_seconds": 80}))]
    assert not demo_start.wait(port, "/healthz", "health page")
    assert "Not ready after 0 s: listener." in capsys.readouterr().out


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"checks": 1}', b""])
def test_strange_answer_is_named_as_such(port: int, body: bytes) -> None:
    Health.answers = [(500, body)]
    assert demo_start.not_ready(*demo_start.answer(port, "/healthz")) == ["health page (answers 500)"]


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert demo_start.answer(probe.getsockname()[1], "/healthz") == (0, None)


def test_proxy_of_the_environment_is_not_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    Health.answers = [(200, b"{}")]
    assert demo_start.answer(port, "/livez") == (200, {})
