"""The web processes' worker: gunicorn's threaded one, which gives a request a thread only when all of it has arrived.

`gunicorn --worker-class config.web_server.Worker` (Procfile). Head and body are gathered in the event loop, where a slow client
costs a connection and no thread. A body beyond FORM_BYTES gets a thread with its head, since the product must look at the
person's permission first; it must keep up MIN_BYTES_A_SECOND. Why so: docs/notes/0016-bodies-and-load.md.
"""

import errno
import re
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers import gthread

from config import env
from config.refusals import refusal, status_of
from operations import logs
from operations.rules.bodies import FORM_BYTES

HEAD_SECONDS = env.number("WEB_HEAD_SECONDS", 10)
BODY_SECONDS = env.number("WEB_BODY_SECONDS", 60)
STALL_SECONDS = env.number("WEB_STALL_SECONDS", 30)  # without any progress of what is read or written in a thread
MIN_BYTES_A_SECOND = env.integer("WEB_MIN_BYTES_A_SECOND", 64 * 1024)
LARGE_AT_ONCE = env.integer("WEB_LARGE_BODIES", 2)  # a process
MOST_HEAD = 64 * 1024
MOST_GATHERING = 300  # connections a process whose requests are on their way
MOST_BYTES = 64 * 1024 * 1024  # that they hold together
MOST_READ = 256 * 1024  # at one turn of the loop, so that nobody's upload keeps the others waiting
PIECE = 256 * 1024  # of a file on its way to a client
KEPT_OF_ANSWER = 4 * 1024 * 1024  # that a thread leaves to the event loop; of a longer answer it waits for the rest
MOST_KEPT = 64 * 1024 * 1024  # of all answers that wait for their clients
MOST_FETCHING = 100  # connections whose answers do
LOOK_SECONDS = 0.25  # how often deadlines are looked at
LOOKED_AT = 300  # bytes of a head, to see what it asks for
LINGER_SECONDS = 2
LINGER_BYTES = 256 * 1024

LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r\n", re.I)
CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.I)
EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*(?=\r\n)", re.I)


class TooSlow(TimeoutError):
    """A client reads or writes more slowly than a thread waits. To gunicorn it has gone (EPIPE): nothing for the log."""

    def __init__(self) -> None:
        super().__init__(errno.EPIPE, "The client is too slow.")


class Wire(socket.socket):
    """A client's socket. In a thread it is `dry` once the request was gathered whole, so that no oddity of a head makes a thread
    wait; otherwise the time that it makes us wait is measured against the bytes that come or go.

    What a client does not fetch at once is `left`: up to KEPT_OF_ANSWER, no thread waits for it."""

    dry = False
    head = b""  # the beginning of the request, by which it is known what to say of a bad one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = bytearray()

    def begin(self, dry: bool, head: bytes) -> None:
        """A thread takes it over for one request."""
        self.dry, self.head, self.waited, self.moved = dry, head, 0.0, 0
        self.left = bytearray()
        self.settimeout(STALL_SECONDS)

    def _passed(self, began: float, moved: int) -> None:
        self.waited += time.monotonic() - began
        self.moved += moved
        if self.waited > STALL_SECONDS + self.moved / MIN_BYTES_A_SECOND:
            raise TooSlow

    def recv(self, *args: Any) -> bytes:
        if self.dry:
            return b""
        if self.gettimeout() == 0:  # in the event loop
            return super().recv(*args)
        began = time.monotonic()
        try:
            data = super().recv(*args)
        except TimeoutError:
            raise TooSlow from None
        self._passed(began, len(data))
        return data

    def sendall(self, data: Any, *flags: Any) -> None:
        self.left += data
        self.settimeout(0)
        try:
            while self.left:
                self.send_left()
        except BlockingIOError:
            pass  # the client does not fetch it now
        finally:
            self.settimeout(STALL_SECONDS)
        try:
            while len(self.left) > KEPT_OF_ANSWER:
                began = time.monotonic()
                self._passed(began, self.send_left())
        except TimeoutError:
            self.left.clear()
            raise TooSlow from None

    def send_left(self) -> int:
        """Gives how many bytes went."""
        with memoryview(self.left) as view:
            sent = self.send(view[:PIECE])
        del self.left[:sent]
        return sent

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        file.seek(offset)
        left, sent = count, 0
        while data := file.read(PIECE if left is None else min(PIECE, left)):
            self.sendall(data)
            sent += len(data)
            left = None if left is None else left - len(data)
        return sent


class Connection(gthread.TConn):
    """`gathered`: what of the next request is there; `wanted`: how long all of it is, None while its head is not whole.

    `partial`: its body is not gathered, since it is large (and then counted) or says no length."""

    def __init__(self, worker: "Worker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.start()

    def start(self, data: bytes = b"") -> None:
        self.gathered = bytearray(data)
        self.wanted: int | None = None
        self.partial = self.counted = False
        self.sock.dry = False
        self.deadline = time.monotonic() + HEAD_SECONDS

    def init(self) -> None:
        """In the thread: the parser finds what was gathered, and reads on from the wire only where the body is a large one."""
        super().init()
        self.sock.begin(not self.counted, bytes(self.gathered[:LOOKED_AT]))
        if self.gathered:
            self.parser.unreader.unread(bytes(self.gathered))
            self.gathered = bytearray()

    def close(self, graceful: bool = False) -> None:
        if graceful and self.worker.alive:
            self.worker.linger(self)
        else:
            super().close()


class Worker(gthread.ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gathering: dict[Connection, None] = {}  # the oldest first
        self.held = 0  # bytes in them
        self.fetching: dict[
            Connection, Any
        ] = {}  # those with an answer that is not fetched yet, and what came of their thread
        self.kept = 0  # bytes of these answers
        self.lingering: dict[Connection, tuple[float, int]] = {}
        self.large, self.looked = 0, 0.0

    # What differs from gunicorn's worker

    def accept(self, listener: Any) -> None:
        try:
            plain, address = listener.accept()
        except OSError:
            return  # it has gone again, or there are no more descriptors: those who wait are served first
        wire = Wire(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.nr_conns += 1
        self.enqueue_req(Connection(self, self.cfg, wire, address, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """A connection is there, or the next request of one that was kept: gather it."""
        buffered = conn.parser.unreader.take_buffered() if conn.initialized else b""
        conn.start(buffered)
        conn.sock.setblocking(False)
        self.gathering[conn] = None
        self.held += len(conn.gathered)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._more, conn))
        while len(self.gathering) > MOST_GATHERING:
            self._refuse(next(iter(self.gathering)), 503, 1)
        if buffered:
            self._look(conn)

    def finish_request(self, conn: Connection, future: Any) -> None:
        if conn.counted:
            conn.counted = False
            self.large -= 1
        if conn.sock.left and conn.sock.fileno() >= 0:
            self._let_fetch(conn, future)
        else:
            super().finish_request(conn, future)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """A body that was not gathered, and that nobody wanted, is not read only to keep the connection."""
        return bool(not conn.partial and super()._keepalive_after(conn, keepalive))

    def murder_pending(self) -> None:
        """Each turn of the loop."""
        super().murder_pending()
        now = time.monotonic()
        if now < self.looked + LOOK_SECONDS:
            return
        self.looked = now
        for conn in [conn for conn in self.gathering if conn.deadline < now or not self.alive]:
            if conn.gathered and self.alive:
                self._refuse(conn, 408)
            else:
                self._give_up(conn)
        for conn in [conn for conn in self.fetching if conn.deadline < now]:
            self._end_fetching(conn)
        for conn in [conn for conn, (end, _taken) in self.lingering.items() if end < now or not self.alive]:
            self._end_lingering(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Gunicorn's own repeats the request in its log and in its page: an address may hold a student's number."""
        status = status_of(exc)
        if status == 500:
            self.log.error("A request failed outside of the product: %s", logs.describe(exc))
        else:
            self.log.info("A request cannot be read: %s", type(exc).__name__)
        try:
            client.sendall(refusal(status, client.head))
        except OSError:
            pass  # it does not listen

    # Answers that clients fetch more slowly than they are made

    def _let_fetch(self, conn: Connection, future: Any) -> None:
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + STALL_SECONDS + len(conn.sock.left) / MIN_BYTES_A_SECOND
        self.fetching[conn] = future
        self.kept += len(conn.sock.left)
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._fetch, conn))
        while len(self.fetching) > MOST_FETCHING or self.kept > MOST_KEPT:
            self._end_fetching(next(iter(self.fetching)))

    def _fetch(self, conn: Connection, _wire: Any) -> None:
        try:
            self.kept -= conn.sock.send_left()
        except BlockingIOError:
            return
        except OSError:
            self._end_fetching(conn)
            return
        if not conn.sock.left:
            future = self._stop_fetching(conn)
            super().finish_request(conn, future)

    def _stop_fetching(self, conn: Connection) -> Any:
        self.kept -= len(conn.sock.left)
        self.poller.unregister(conn.sock)
        return self.fetching.pop(conn)

    def _end_fetching(self, conn: Connection) -> None:
        self._stop_fetching(conn)
        self.nr_conns -= 1
        conn.close()

    # Gathering

    def _more(self, conn: Connection, _wire: Any) -> None:
        try:
            data = conn.sock.recv(MOST_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # it has gone before its request was whole
            self._give_up(conn)
            return
        conn.gathered += data
        self.held += len(data)
        self._look(conn)
        while self.held > MOST_BYTES and self.gathering:
            self._refuse(max(self.gathering, key=lambda one: len(one.gathered)), 503, 5)

    def _look(self, conn: Connection) -> None:
        """Submits the request if it is whole, or if its body is a matter for the product."""
        if conn.wanted is None:
            end = conn.gathered.find(b"\r\n\r\n")
            if end < 0:
                if len(conn.gathered) > MOST_HEAD:
                    self._refuse(conn, 431)
                return
            self._measure(conn, end + 4)
        assert conn.wanted is not None
        if not conn.partial and len(conn.gathered) < conn.wanted:
            return
        if conn.wanted > len(conn.gathered):  # a large body
            if self.large >= LARGE_AT_ONCE:
                self._refuse(conn, 503, 30)
                return
            self.large += 1
            conn.counted = True
        self._release(conn)
        conn.data_ready = True
        super().enqueue_req(conn)

    def _measure(self, conn: Connection, head_length: int) -> None:
        """How much belongs to the request. What is odd about its head the parser says, in the thread."""
        head = bytes(conn.gathered[:head_length])
        if CHUNKED.search(head):
            conn.wanted, conn.partial = head_length, True  # refused by its head (`operations.bodies`)
            return
        match = LENGTH.search(head)
        length = int(match[1]) if match else 0
        conn.wanted = head_length + length
        if length > FORM_BYTES:
            conn.partial = True
        elif len(conn.gathered) < conn.wanted:
            conn.deadline = time.monotonic() + BODY_SECONDS
            if EXPECTS.search(head):
                self._say(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
                conn.gathered[:head_length] = head = EXPECTS.sub(b"", head)
                self.held -= head_length - len(head)
                conn.wanted = len(head) + length

    def _release(self, conn: Connection) -> None:
        """It is not gathered any more."""
        del self.gathering[conn]
        self.held -= len(conn.gathered)
        self.poller.unregister(conn.sock)

    def _refuse(self, conn: Connection, status: int, retry_after: int = 0) -> None:
        self._give_up(conn, refusal(status, conn.gathered, retry_after))

    def _give_up(self, conn: Connection, last_words: bytes = b"") -> None:
        self._release(conn)
        if last_words:
            self._say(conn, last_words)
        self.nr_conns -= 1
        conn.close(graceful=bool(last_words))

    @staticmethod
    def _say(conn: Connection, words: bytes) -> None:
        try:
            conn.sock.send(words)
        except OSError:
            pass  # it does not listen

    # Closing without waiting for the other side: gunicorn waits in the loop, up to two seconds for each

    def linger(self, conn: Connection) -> None:
        """Half-closes, and reads what still comes for a moment: otherwise the client loses the end of our answer."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._ebb, conn))
        except (OSError, ValueError, KeyError):
            gthread.TConn.close(conn)
            return
        self.lingering[conn] = (time.monotonic() + LINGER_SECONDS, 0)
        while len(self.lingering) > MOST_GATHERING:
            self._end_lingering(next(iter(self.lingering)))

    def _ebb(self, conn: Connection, _wire: Any) -> None:
        end, taken = self.lingering[conn]
        try:
            data = conn.sock.recv(MOST_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.lingering[conn] = (end, taken + len(data))
        if not data or taken + len(data) > LINGER_BYTES:
            self._end_lingering(conn)

    def _end_lingering(self, conn: Connection) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        gthread.TConn.close(conn)
