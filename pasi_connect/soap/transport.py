"""HTTPS with our client certificate: one kept-alive session per process, with our own limits on time and size.

Errors differ by whether PASI may have seen the request: that decides between trying again and reading back.
"""

import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.retry import Retry

from operations.alarms import Alarm
from pasi_connect.soap.limits import MOST_BYTES, TooMuch

CONNECT_SECONDS = 5.0
VERDICT_SECONDS = 0.2
TOO_LATE = "The answer took too long."
IDLE_SECONDS = 4.0  # an older connection may have been closed by the other side: take a new one


class NotSent(Exception):
    """PASI cannot have seen the request."""


class HungUp(NotSent):
    """The other side closed the connection during the TLS handshake, without a reason: away, or it does not take our certificate."""


class Refused(Exception):
    """The TLS handshake failed on a certificate, theirs or ours."""


class NoAnswer(Exception):
    """The request went out and no whole answer came back: nobody knows what PASI did."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class _Deadline:
    """Cuts the connection of one call when its time is over: a slow drip keeps every single read alive."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self.socket: socket.socket | None = None

    def _cut(self) -> None:
        self.passed = True
        if self.socket is not None:
            try:
                # The plain socket's own shutdown: that of TLS would pull the encryption away under the reading thread.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already

    def __enter__(self) -> Self:
        _calls.deadline = self
        self.alarm = Alarm(self.seconds, self._cut)
        return self

    def __exit__(self, *_: object) -> None:
        _calls.deadline = None
        self.alarm.cancel()


_calls = threading.local()  # the deadline of the call that this thread makes


class _ClosedInHandshake(NewConnectionError):
    pass


class _Connection(HTTPSConnection):
    """Tells a handshake that breaks off (nothing was sent) from one that fails on a certificate."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        if deadline := getattr(_calls, "deadline", None):
            deadline.socket = self.sock
        super().request(*args, **kwargs)

    def connect(self) -> None:
        try:
            super().connect()
            self._await_verdict()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError) as error:
            raise _ClosedInHandshake(self, "The connection was closed before anything was sent.") from error

    def _await_verdict(self) -> None:
        """In TLS 1.3 our side is ready before the other has looked at our certificate; its refusal would meet the request
        half-way, and nobody would know how far that came. What comes first is a session ticket or the refusal."""
        if not isinstance(self.sock, ssl.SSLSocket) or self.sock.version() != "TLSv1.3":
            return
        wait = select.poll()
        wait.register(self.sock, select.POLLIN)
        if not wait.poll(VERDICT_SECONDS * 1000):
            return
        before = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            if not self.sock.recv(1):
                raise ConnectionError("closed")
        except ssl.SSLWantReadError:
            pass  # it was a ticket: we are welcome
        finally:
            self.sock.settimeout(before)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(pool_connections=1, pool_maxsize=4, max_retries=Retry(total=0, redirect=0))

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Our context alone says whom we trust. requests would add the public authorities to it, at every new connection (35 ms)."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().init_poolmanager(*args, ssl_context=self.context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": _Pool}
        return manager


class Transport:
    """Bound to one set of certificate files; made anew when a file changes, so a renewed certificate needs no restart."""

    def __init__(self, certificate: Path, key: Path, authorities: Path) -> None:
        self.stamp = self._stamp(certificate, key, authorities)
        try:
            context = ssl.create_default_context(cafile=str(authorities))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(str(certificate), str(key))
        except (OSError, ssl.SSLError) as error:
            raise Refused(f"The certificate files cannot be used: {error.strerror or type(error).__name__}.") from None
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no REQUESTS_CA_BUNDLE may stand between us and our own authority
        self.session.mount("https://", _Adapter(context))
        self.requests: dict[tuple[str, str], requests.PreparedRequest] = {}
        self.used_at = time.monotonic()

    @staticmethod
    def _stamp(*files: Path) -> tuple[Any, ...]:
        try:
            states = [(str(file), file.stat()) for file in files]
        except OSError as error:
            raise Refused(f"The certificate files cannot be read: {error.strerror}.") from None
        return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)

    def is_current(self, certificate: Path, key: Path, authorities: Path) -> bool:
        return self.stamp == self._stamp(certificate, key, authorities)

    def post(self, url: str, body: bytes, action: str, seconds: float) -> Answer:
        """Raises NotSent, Refused, NoAnswer or TooMuch. `seconds` bounds the whole answer, however slowly it drips."""
        started = time.monotonic()
        if started - self.used_at > IDLE_SECONDS:
            for adapter in self.session.adapters.values():
                adapter.close()
        request = self._request(url, action)
        request.prepare_body(body, None)
        timeout = (min(CONNECT_SECONDS, seconds), seconds)
        deadline = _Deadline(seconds)
        try:
            with (
                deadline,
                self.session.send(request, timeout=timeout, stream=True, allow_redirects=False) as response,
            ):
                whole = self._read(response)
                if not deadline.passed:
                    return Answer(response.status_code, whole)
            raise NoAnswer(TOO_LATE)
        except requests.exceptions.RequestException as error:
            if deadline.passed and not _never_connected(error):
                raise NoAnswer(TOO_LATE) from None
            self._tell(error)
        except OSError as error:
            raise NoAnswer(TOO_LATE if deadline.passed else type(error).__name__) from None
        finally:
            self.used_at = time.monotonic()

    def _request(self, url: str, action: str) -> requests.PreparedRequest:
        """All but the body of a request to `action`: made once, since that takes longer than sending it."""
        if (url, action) not in self.requests:
            headers = {
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{action}"',
                "Accept": "text/xml",
                "Accept-Encoding": "identity",  # a few packed bytes unpack to any number
            }
            self.requests[url, action] = self.session.prepare_request(requests.Request("POST", url, headers))
        return self.requests[url, action]

    @staticmethod
    def _tell(failure: requests.exceptions.RequestException) -> NoReturn:
        """The error, by whether PASI may have seen the request."""
        try:
            raise failure
        except requests.exceptions.SSLError as error:
            if "eof occurred" in str(error).lower():  # after the handshake: the connection broke under the request
                raise NoAnswer("The connection broke.") from None
            raise Refused(_tls_words(error)) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise NotSent(type(error).__name__) from None
        except requests.exceptions.ConnectionError as error:
            if "alert" in str(error).lower() or "certificate" in str(error).lower():
                raise Refused(_tls_words(error)) from None
            if isinstance(_reason(error), _ClosedInHandshake):
                raise HungUp("Closed during the TLS handshake.") from None
            if _never_connected(error):
                raise NotSent("No connection.") from None
            raise NoAnswer(type(error).__name__) from None
        except requests.exceptions.RequestException as error:
            raise NoAnswer(type(error).__name__) from None

    @staticmethod
    def _read(response: requests.Response) -> bytes:
        """The body, within its size. Raises TooMuch."""
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise TooMuch("The answer is packed, which was not asked for.")
        parts, size = [], 0
        for part in response.iter_content(64 * 1024):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise TooMuch("The answer is larger than any that PASI gives.")
        return b"".join(parts)


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    """No connection came about, so nothing was sent, however late that was found out."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(_reason(error), NewConnectionError)


def _reason(error: requests.exceptions.RequestException) -> object:
    return getattr(error.args[0] if error.args else None, "reason", None)


def _tls_words(error: Exception) -> str:
    text = str(error).lower()
    for mark, words in (
        ("certificate_expired", "The certificate has expired."),
        ("certificate expired", "The certificate has expired."),
        ("unknown_ca", "The other side does not know the certificate's authority."),
        ("unknown ca", "The other side does not know the certificate's authority."),
        ("self-signed", "The server's certificate is not signed by an authority that we trust."),
        ("unable to get local issuer", "The server's certificate is not signed by an authority that we trust."),
        ("certificate_required", "The server demands a client certificate."),
        ("certificate required", "The server demands a client certificate."),
        ("address mismatch", "The server's certificate is for another address."),
        ("hostname mismatch", "The server's certificate is for another address."),
    ):
        if mark in text:
            return words
    return "The certificates were not accepted."
