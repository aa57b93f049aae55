"""Stands between the product and the simulator, ends mutual TLS on both sides, and misbehaves on command.

Every call is logged with its time. A manner is a function of the exchange; those that exist stand in `manners.py`.
"""

import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECONDS = 120


@dataclass
class Exchange:
    """One call on its way: `forward()` asks PASI, `answer()` writes to the caller, `handler` is the wire itself."""

    handler: "Handler"
    operation: str
    body: bytes

    def forward(self) -> tuple[int, bytes]:
        return self.handler.server.proxy.forward(self.handler, self.body)

    def answer(self, status: int, body: bytes, content_type: str = "text/xml; charset=utf-8") -> None:
        self.head(status, len(body), content_type)
        self.handler.wfile.write(body)

    def head(self, status: int, length: int, content_type: str = "text/xml; charset=utf-8") -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        self.handler.send_header("Content-Length", str(length))
        self.handler.end_headers()


Manner = Callable[[Exchange], None]


@dataclass
class Order:
    """`manner` for the next `left` calls of `operation` ("" any); `used` counts them."""

    manner: Manner
    operation: str
    left: float
    used: int = 0


class Proxy:
    def __init__(self, certificates: Path, target: int) -> None:
        self.certificates = certificates
        self.target = target
        self.orders: list[Order] = []
        self.calls: list[tuple[float, str]] = []
        self.away = False
        self.knocks: list[float] = []  # connections that were closed while away
        self.lock = threading.Lock()
        self.server: Server | None = None
        self.port = 0
        # The port is needed before the certificates exist, so it is taken at once and listens at `start`.
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.proxy = self
        self.port = self.server.server_address[1]

    def start(self) -> None:
        assert self.server is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.certificates / "ca.pem")
        context.load_cert_chain(self.certificates / "server.pem", self.certificates / "server.key")
        self.server.context = context
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        if hasattr(self.server, "context"):
            self.server.shutdown()
        self.server.server_close()

    def misbehave(self, manner: Manner, operation: str = "SubmitStudentSchoolEnrolment", times: float = 1) -> Order:
        """The next `times` calls of `operation` ("" any) are treated in that manner."""
        order = Order(manner, operation, times)
        with self.lock:
            self.orders.append(order)
        return order

    def behave(self) -> None:
        with self.lock:
            self.orders.clear()

    def manner_for(self, operation: str) -> Manner | None:
        with self.lock:
            self.calls.append((time.monotonic(), operation))
            for order in self.orders:
                if order.operation in ("", operation) and order.left > 0:
                    order.left -= 1
                    order.used += 1
                    return order.manner
        return None

    def count(self, operation: str = "") -> int:
        with self.lock:
            return sum(name == operation or not operation for _, name in self.calls)

    def forward(self, handler: "Handler", body: bytes) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.certificates / "ca.pem"))
        context.load_cert_chain(self.certificates / "client.pem", self.certificates / "client.key")
        onward = http.client.HTTPSConnection("127.0.0.1", self.target, timeout=SECONDS, context=context)
        try:
            names = ("Content-Type", "SOAPAction", "Accept")
            headers = {name: handler.headers[name] for name in names if handler.headers[name]}
            onward.request("POST", handler.path, body, headers)
            answer = onward.getresponse()
            return answer.status, answer.read()
        finally:
            onward.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: Proxy
    context: ssl.SSLContext

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """While PASI is away a connection is closed before TLS begins."""
        if self.proxy.away:
            self.proxy.knocks.append(time.monotonic())
        return not self.proxy.away

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(10)
        with self.context.wrap_socket(request, server_side=True) as secure:
            secure.settimeout(SECONDS)
            Handler(secure, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        named = re.search(r'([A-Za-z]+)"?$', self.headers.get("SOAPAction", ""))
        exchange = Exchange(self, named[1] if named else "", body)
        if self.server.proxy.away:
            self.close_connection = True
            return
        manner = self.server.proxy.manner_for(exchange.operation)
        try:
            if manner:
                manner(exchange)
            else:
                exchange.answer(*exchange.forward())
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass
