"""The one place that gets records from PASI by key: those announced, those a person asks for, and those read back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pasi_connect.entities import Entity
from pasi_connect.models import Link
from pasi_connect.rules.availability import NO_ACCESS, NORMAL, TELLS
from pasi_connect.services.pull import copies
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.answers import Answer
from pasi_connect.soap.gateway import Purpose

BATCH = 200  # RefIds in one Get: about 40 KB of the 64 KB that PASI takes


@dataclass(frozen=True)
class Item:
    """What PASI says of one record: its status, and the record where it is shown ("Not nil but Unknown": the status tells)."""

    status: str
    record: copies.Received | None


@dataclass(frozen=True)
class Reply:
    """The answer to one call, and its items in the order of the keys: fewer where the list ends early, none where it has no list."""

    answer: Answer
    items: list[Item]


def ask(entity: Entity, pairs: Sequence[tuple[str, int]], purpose: Purpose, seconds: float | None = None) -> Reply:
    """One call for these (key, least version). A node that lags behind that version must not answer with its older record."""
    get = entity.get
    request = {get.request: [{"ExpectedVersion": version, get.key: key} for key, version in pairs]}
    answer = gateway.call(get.operation, request, purpose, seconds=seconds)
    if answer.fault or not answer.good or answer.element is None:
        return Reply(answer, [])
    return Reply(answer, [_item(get.record, *one) for one in zip(answer.value, answer.element, strict=True)])


def _item(name: str, response: dict[str, Any], element: Iterable[Any]) -> Item:
    status, document = response["AvailabilityStatus"], response.get(name)
    if status != NORMAL or not isinstance(document, dict):
        return Item(status, None)
    record = next(child for child in element if codec.local_name(child) == name)
    return Item(status, copies.Received(document, codec.bare_xml(record)))


class NotAnswered(Exception):
    """PASI gave no answer that says what it holds."""


@dataclass
class Reading:
    """`received` are the records that PASI gave; of the others `hidden` are kept from us, `absent` are not there, `unread` were not
    answered because the node that was asked does not know our version yet."""

    received: list[copies.Received] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)


def read(entity: Entity, links: Sequence[Link], purpose: Purpose, seconds: float | None = None) -> Reading:
    """Asks PASI for the records of these links. No transaction may be open around it. Raises NotAnswered."""
    refs = [link.key for link in links]
    model = entity.copy
    live = model._default_manager.filter(**{f"{model.key_field}__in": refs}, vanished_at=None)
    held: dict[str, int] = dict(live.values_list(model.key_field, "core_version"))
    # A node that lags behind what we know must not answer with its older record.
    least = {link.key: max(held.get(link.key, 0), link.accepted_version) for link in links}
    ask = _Ask(entity, least, purpose, seconds, Reading())
    for start in range(0, len(refs), BATCH):
        ask.read(refs[start : start + BATCH])
    return ask.reading


@dataclass(frozen=True)
class _Ask:
    entity: Entity
    least: dict[str, int]
    purpose: Purpose
    seconds: float | None
    reading: Reading

    def read(self, refs: list[str]) -> None:
        left = refs
        while left:
            reply = ask(self.entity, [(ref, self.least[ref]) for ref in left], self.purpose, self.seconds)
            if reply.answer.fault:
                self._apart(left)
                return
            if not reply.answer.good or reply.answer.element is None:
                raise NotAnswered(reply.answer.outcome)
            for ref, item in zip(left, reply.items, strict=False):
                self._take(ref, item)
            # The list ends at the first record that this node does not know yet; the others are asked for again.
            length = len(reply.items)
            self.reading.unread.update(left[length : length + 1])
            left = left[length + 1 :]

    def _apart(self, refs: list[str]) -> None:
        """PASI answered and one of the records cannot be read here: the others are asked for without it."""
        if len(refs) == 1:
            self.reading.unread.update(refs)
            return
        middle = len(refs) // 2
        self.read(refs[:middle])
        self.read(refs[middle:])

    def _take(self, ref: str, item: Item) -> None:
        if item.record is not None:
            self.reading.received.append(item.record)
        elif item.status == NO_ACCESS:
            self.reading.hidden.add(ref)
        elif item.status in TELLS:
            self.reading.absent.add(ref)
        else:
            self.reading.unread.add(ref)
