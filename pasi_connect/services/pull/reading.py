"""Reading PASI's present records by their keys, because a person asked for it and not because PASI announced them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pasi_connect.entities import Entity
from pasi_connect.models import Link
from pasi_connect.rules.availability import NO_ACCESS, NORMAL, TELLS
from pasi_connect.services.pull import copies
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.gateway import Purpose

BATCH = 200  # RefIds in one Get: about 40 KB of the 64 KB that PASI takes


class NotAnswered(Exception):
    """PASI gave no answer that tells what it holds."""


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
        get, left = self.entity.get, refs
        while left:
            wanted = [{"ExpectedVersion": self.least[ref], get.key: ref} for ref in left]
            answer = gateway.call(get.operation, {get.request: wanted}, self.purpose, seconds=self.seconds)
            if answer.fault:
                self._apart(left)
                return
            if not answer.good or answer.element is None:
                raise NotAnswered(answer.outcome)
            for ref, response, element in zip(left, answer.value, answer.element, strict=False):
                self._take(ref, response, element)
            # The list ends at the first record that this node does not know yet; the others are asked for again.
            known = len(answer.value)
            self.reading.unread.update(left[known : known + 1])
            left = left[known + 1 :]

    def _apart(self, refs: list[str]) -> None:
        """PASI answered and one of the records cannot be read here: the others are asked for without it."""
        if len(refs) == 1:
            self.reading.unread.update(refs)
            return
        middle = len(refs) // 2
        self.read(refs[:middle])
        self.read(refs[middle:])

    def _take(self, ref: str, response: dict[str, object], element: Iterable[Any]) -> None:
        name = self.entity.get.record
        status, document = response["AvailabilityStatus"], response.get(name)
        if status == NORMAL and isinstance(document, dict):
            record = next(child for child in element if codec.local_name(child) == name)
            self.reading.received.append(copies.Received(document, codec.bare_xml(record)))
        elif status == NO_ACCESS:
            self.reading.hidden.add(ref)
        elif status in TELLS:
            self.reading.absent.add(ref)
        else:
            self.reading.unread.add(ref)
