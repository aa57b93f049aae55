"""A TLS server that gives one canned answer to every submit, after a set time: what is measured against it is the client alone.

In a process of its own. It counts handshakes and notes which record came when, so that a bench can check the order.
"""

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from pasi_connect.demo.certificates import Certificates

REF_ID = re.compile(rb"RefId>([0-9a-f-]{36})<")
VERSION = b"7777777777"  # stands in the canned answer; every answer gets a higher number
FIRST_VERSION = 5_000_000_000


class Server:
    def __init__(self, files: Certificates, answer: bytes, wait: float) -> None:
        self.answer, self.wait = answer, wait
        self.lock = threading.Lock()
        self.handshakes, self.version = 0, FIRST_VERSION
        self.calls: list[tuple[float, float, str]] = []  # began, ended, record
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(files.server, files.key_of(files.server))
        self.context.load_verify_locations(files.ca)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept(self) -> None:
        while True:
            raw, _ = self.listening.accept()
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw: socket.socket) -> None:
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(raw, server_side=True) as connection:
                with self.lock:
                    self.handshakes += 1
                while self.one(connection):
                    pass
        except OSError:
            pass  # the client hung up

    def one(self, connection: ssl.SSLSocket) -> bool:
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(65536)
            if not part:
                return False
            request += part
        head, _, body = request.partition(b"\r\n\r\n")
        wanted = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < wanted:
            body += connection.recv(65536)
        began = time.monotonic()
        if self.wait:
            time.sleep(self.wait)
        found = REF_ID.search(body)
        with self.lock:
            self.version += 1
            answer = self.answer.replace(VERSION, b"%d" % self.version)
            self.calls.append((began, time.monotonic(), found[1].decode() if found else ""))
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )
        return True


def main(folder: str, wait: str) -> None:
    """Prints its port; each line on standard input is answered with what was seen since the last one."""
    server = Server(Certificates(Path(folder)), (Path(folder) / "answer.xml").read_bytes(), float(wait))
    threading.Thread(target=server.accept, daemon=True).start()
    print(server.listening.getsockname()[1], flush=True)
    for _ in sys.stdin:
        with server.lock:
            seen = {"handshakes": server.handshakes, "calls": server.calls}
            server.handshakes, server.calls = 0, []
        print(json.dumps(seen), flush=True)


class Stub:
    """`with Stub(files, answer, seconds) as stub:` serves at `stub.url`; `notes()` gives and clears its notes."""

    def __init__(self, files: Certificates, answer: bytes, wait: float) -> None:
        (files.directory / "answer.xml").write_bytes(answer)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.stub", str(files.directory), str(wait)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        self.url = f"https://127.0.0.1:{int(self.process.stdout.readline())}/2020/PASIService2020.svc"
        return self

    def notes(self) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
