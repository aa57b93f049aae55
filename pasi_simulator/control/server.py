"""The control port: the API under /control/ and the PASIprep page. It answers this machine only."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pasi_simulator.control import calls, identities, morning, records
from pasi_simulator.control.http import ControlError, Request, Response, as_json, dispatch, route
from pasi_simulator.core import Core
from pasi_simulator.pages.html import error_page
from pasi_simulator.pages.routes import PAGES
from pasi_simulator.server import QuietServer

LARGEST_BODY = 512 * 1024 * 1024  # a whole district is loaded in one request
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
RECORD = r"/control/records/(?P<type>\w+)/(?P<key>[\w-]+)/"

API = (
    route(r"/control/records/(?P<type>\w+)/", GET=records.list_records),
    route(
        RECORD,
        GET=records.get_record,
        PATCH=records.patch_record,
        PUT=records.put_record,
        DELETE=records.delete_record,
    ),
    route(r"/control/load/", POST=records.load),
    route(r"/control/knobs/", GET=calls.get_knobs, POST=calls.set_knobs),
    route(r"/control/calls/", GET=calls.list_calls),
    route(r"/control/reset/", POST=calls.reset),
    route(r"/control/link-asn/", POST=identities.link_asn),
    route(r"/control/busy-morning/", POST=morning.busy_morning),
    route(r"/control/health/", GET=calls.health),
)


class ControlServer(QuietServer):
    def __init__(self, address: tuple[str, int], core: Core) -> None:
        self.core = core
        super().__init__(address, ControlHandler)


class ControlHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "PASISimulator"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    server: ControlServer

    def handle_any(self) -> None:
        try:
            self._send(self._answer())
        except ControlError as problem:
            of_api = self.path.startswith("/control/")
            answer = as_json({"title": problem.title, "detail": problem.detail}, problem.status)
            self._send(answer if of_api else error_page(problem))
        except OSError:
            raise  # the other side hung up: there is nobody to tell
        except Exception as problem:
            print(f"pasi_simulator: {type(problem).__name__} at the control port", file=sys.stderr)
            self._send(as_json({"title": "Unexpected problem", "detail": type(problem).__name__}, 500))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = handle_any

    def _answer(self) -> Response:
        body = self._body()
        self._guard()
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        method = "GET" if self.command == "HEAD" else self.command
        request = Request(self.server.core, method, unquote(address.path), query, body)
        return dispatch((*API, *PAGES), request)

    def _guard(self) -> None:
        """Only loopback names (a foreign page could point its own name here), and no posts from other pages."""
        host = self.headers.get("Host", "")
        name, _, _port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if (name or host) not in LOOPBACK:
            raise ControlError(403, "Foreign host", "This port answers loopback names only")
        origin = self.headers.get("Origin")
        if self.command not in ("GET", "HEAD") and origin is not None and origin != f"http://{host}":
            raise ControlError(403, "Foreign origin", "This port takes changes from its own pages only")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if (
            not length.isascii()
            or not length.isdigit()
            or int(length) > LARGEST_BODY
            or "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True
            raise ControlError(413, "Bad length", f"A body of at most {LARGEST_BODY} bytes with its length is expected")
        return self.rfile.read(int(length))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Addresses may name students: nothing goes to the terminal."""
