"""A TLS server that answers badly on purpose: each test scripts what it does with a connection after the request came."""

import socket
import ssl
import threading
import time
from collections.abc import Callable

from pasi_connect.demo.certificates import Certificates

Script = Callable[[ssl.SSLSocket], None]


def answer(body: bytes, status: str = "200 OK", kind: str = "text/xml") -> Script:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return lambda connection: connection.sendall(head + body)


def drip(first: bytes, seconds: float) -> Script:
    """`first`, then one byte every 50 ms: each single read is quick, the whole never ends."""

    def run(connection: ssl.SSLSocket) -> None:
        connection.sendall(first)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            connection.sendall(b"x")
            time.sleep(0.05)

    return run


class BadServer:
    """Listens until `close`; `requests` holds what came in."""

    def __init__(self, files: Certificates, script: Script, host: str = "127.0.0.1") -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(files.server, files.key_of(files.server))
        self.context.load_verify_locations(files.ca)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listening = socket.create_server((host, 0))
        self.url = f"https://{host}:{self.listening.getsockname()[1]}/service"
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            try:
                raw, _address = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        try:
            with self.context.wrap_socket(raw, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(65536)
                head, _, body = request.partition(b"\r\n\r\n")
                wanted = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(body) < wanted:
                    body += connection.recv(65536)
                self.requests.append(body)
                self.script(connection)
        except OSError:
            pass  # the client hung up, which is what some tests are after

    def close(self) -> None:
        self.listening.close()
