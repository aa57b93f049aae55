"""How PASI, or what lies between it and us, can misbehave. Each is a manner of the proxy."""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lxml import etree

from tests.faults.proxy import Exchange, Manner

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def close(exchange: Exchange) -> None:
    exchange.handler.close_connection = True


def lost_before(exchange: Exchange) -> None:
    """The connection breaks before PASI has seen the request."""
    close(exchange)


def lost_after(exchange: Exchange) -> None:
    """PASI has worked; its answer is lost."""
    exchange.forward()
    close(exchange)


def silent(seconds: float, works: bool) -> Manner:
    """No byte comes back for so long. `works`: PASI has done it nevertheless."""

    def manner(exchange: Exchange) -> None:
        if works:
            exchange.forward()
        time.sleep(seconds)
        close(exchange)

    return manner


def drip(pause: float) -> Manner:
    """A byte now and then: every single read succeeds."""

    def manner(exchange: Exchange) -> None:
        status, body = exchange.forward()
        exchange.head(status, len(body))
        for byte in body:
            exchange.handler.wfile.write(bytes([byte]))
            exchange.handler.wfile.flush()
            time.sleep(pause)

    return manner


def reset_in_body(exchange: Exchange) -> None:
    """Half of the body, then a TCP reset."""
    status, body = exchange.forward()
    exchange.head(status, len(body))
    exchange.handler.wfile.write(body[: len(body) // 2])
    exchange.handler.wfile.flush()
    exchange.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.close(exchange.handler.connection)
    close(exchange)


def twice(exchange: Exchange) -> None:
    """The network repeats the request: PASI answers the second one, which it must refuse."""
    exchange.forward()
    exchange.answer(*exchange.forward())


def truncated(exchange: Exchange) -> None:
    """HTTP is whole, the XML is not."""
    status, body = exchange.forward()
    exchange.answer(status, body[: len(body) * 2 // 3])


def html(works: bool) -> Manner:
    def manner(exchange: Exchange) -> None:
        if works:
            exchange.forward()
        exchange.answer(200, b"<html><body><h1>Maintenance</h1></body></html>", "text/html")

    return manner


def fault(code: str, status: int, works: bool = False) -> Manner:
    """A SOAP fault of that code, under 500 as it should be or under 200."""

    def manner(exchange: Exchange) -> None:
        if works:
            exchange.forward()
        exchange.answer(
            status,
            (
                f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
                f"<faultstring>{code}: made up</faultstring></s:Fault></s:Body></s:Envelope>"
            ).encode(),
        )

    return manner


def huge(megabytes: int) -> Manner:
    """The right answer behind so much white space; PASI has worked."""

    def manner(exchange: Exchange) -> None:
        status, body = exchange.forward()
        exchange.head(status, len(body) + megabytes * 2**20)
        for _ in range(megabytes):
            exchange.handler.wfile.write(b" " * 2**20)
        exchange.handler.wfile.write(body)

    return manner


def entity_bomb(exchange: Exchange) -> None:
    """A few hundred bytes that would unfold to gigabytes; PASI has worked."""
    exchange.forward()
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "lantern">{levels}]>'
    exchange.answer(200, f'{bomb}<s:Envelope xmlns:s="{SOAP}"><s:Body>&e11;</s:Body></s:Envelope>'.encode())


Change = Callable[[str, list[etree._Element], etree._Element], list[etree._Element]]


def notices(change: Change) -> Manner:
    """IsDataAvailable with the pairs of each type as `change(type, pairs, info)` gives them back."""

    def manner(exchange: Exchange) -> None:
        status, body = exchange.forward()
        root = etree.fromstring(body)
        for info in _infos(root):
            parent = next((child for child in info if _name(child) == "IdVersions"), None)
            if parent is not None:
                pairs = change(_text(info, "NotificationType"), list(parent), info)
                parent[:] = pairs
        exchange.answer(status, etree.tostring(root))

    return manner


def twice_and_shuffled(seed: int) -> Manner:
    """Every notice two times and in any order."""
    dice = random.Random(seed)

    def change(_type: str, pairs: list[etree._Element], _info: etree._Element) -> list[etree._Element]:
        both = pairs + [etree.fromstring(etree.tostring(pair)) for pair in pairs]
        dice.shuffle(both)
        return both

    return notices(change)


def late(seconds: float) -> Manner:
    """The answer is right, but old when it comes."""

    def manner(exchange: Exchange) -> None:
        status, body = exchange.forward()
        time.sleep(seconds)
        exchange.answer(status, body)

    return manner


def share_of_full_set(kept: float) -> Manner:
    """A version-0 answer for enrolments that names only this share of the records."""

    def change(kind: str, pairs: list[etree._Element], _info: etree._Element) -> list[etree._Element]:
        return pairs[: int(len(pairs) * kept)] if kind.startswith("StudentSchoolEnrolment") else pairs

    return notices(change)


def _infos(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter():
        if any(_name(child) == "NotificationType" for child in element):
            yield element


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _text(element: etree._Element, name: str) -> str:
    return next(child.text or "" for child in element if _name(child) == name)


def after_commit(wait: Manner) -> Manner:
    """PASI works first, then comes `wait`, which asks it once more: the second request is one that PASI must refuse."""

    def manner(exchange: Exchange) -> None:
        exchange.forward()
        wait(exchange)

    return manner


@contextmanager
def held_back() -> Iterator[Manner]:
    """Calls wait at PASI's door until the block ends, then go on to PASI."""
    opened = threading.Event()

    def manner(exchange: Exchange) -> None:
        opened.wait(60)
        exchange.answer(*exchange.forward())

    try:
        yield manner
    finally:
        opened.set()
