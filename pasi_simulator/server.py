"""The HTTPS side: TLS with client certificates, bounded reads, keep-alive."""

from __future__ import annotations

import hashlib
import select
import socket
import ssl
import sys
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pasi_simulator.core import Core, Disconnect
from pasi_simulator.soap import Answer, Peer, handle

PATH = "/2020/PASIService2020.svc"
LARGEST_REQUEST = 65_536  # bytes; above it PASI breaks the connection without a code [Source: Error Reporting]
HANDSHAKE_S = 10
IDLE_S = 120


class QuietServer(ThreadingHTTPServer):
    """One thread a connection; nothing of a request ever reaches the terminal."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        problem = sys.exc_info()[1]
        if not isinstance(problem, OSError):  # a caller that hangs up is no error
            print(f"pasi_simulator: {type(problem).__name__} while answering", file=sys.stderr)


class SoapServer(QuietServer):
    def __init__(self, address: tuple[str, int], core: Core, ca: Path, certificate: Path, key: Path) -> None:
        self.core = core
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(ca)
        self.context.load_cert_chain(certificate, key)
        super().__init__(address, SoapHandler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """When PASI is unavailable the connection is closed before TLS begins."""
        return not self.core.knobs["unavailable"]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake runs in the connection's own thread, so that a slow one holds up nobody."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.settimeout(HANDSHAKE_S)
        with self.context.wrap_socket(request, server_side=True) as secure:
            secure.settimeout(IDLE_S)
            SoapHandler(secure, client_address, self)


class SoapHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "PASISimulator"
    sys_version = ""
    wbufsize = -1  # header and body leave in one packet
    server: SoapServer
    connection: ssl.SSLSocket

    @cached_property
    def peer(self) -> Peer:
        certificate = self.connection.getpeercert(binary_form=True) or b""
        return Peer(hashlib.sha256(certificate).hexdigest(), self.client_address[0], self._gone)

    def do_GET(self) -> None:
        if self._unavailable():
            return
        path, _, query = self.path.partition("?")
        if path.lower() == PATH.lower() and query.lower() == "wsdl":
            host, port = self.server.server_address[:2]
            place = f"[{host!s}]" if ":" in str(host) else str(host)
            self._send(Answer(200, self.server.core.contract.wsdl_at(f"https://{place}:{port}{PATH}")))
        else:
            self._send(Answer(404, b"Not found\n", "text/plain"))

    def do_POST(self) -> None:
        body = self._body()
        if body is None or self._unavailable():
            self.close_connection = True
            return
        if self.path.partition("?")[0].lower() != PATH.lower():
            self._send(Answer(404, b"Not found\n", "text/plain"))
        elif self.headers.get_content_type() != "text/xml":  # as the real stack does for SOAP 1.1
            self._send(Answer(415, b"text/xml is expected\n", "text/plain"))
        else:
            try:
                self._send(handle(self.server.core, body, self.peer))
            except Disconnect:
                self.close_connection = True

    def _body(self) -> bytes | None:
        """The request's body, or None when it is over the limit or its length is unclear."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > LARGEST_REQUEST:
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _chunks(self) -> bytes | None:
        parts, size = [], 0
        while True:
            try:
                length = int(self.rfile.readline(32).split(b";")[0], 16)
            except ValueError:
                return None
            size += length
            if length < 0 or size > LARGEST_REQUEST:
                return None
            parts.append(self.rfile.read(length))
            if self.rfile.readline(3) not in (b"\r\n", b"\n"):
                return None
            if length == 0:
                return b"".join(parts)

    def _unavailable(self) -> bool:
        if self.server.core.knobs["unavailable"]:
            self.close_connection = True
        return bool(self.server.core.knobs["unavailable"])

    def _gone(self) -> bool:
        """Whether the caller hung up while it waits: then there is something to read where nothing should come."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(poll.poll(0))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the call log, never on the terminal."""
