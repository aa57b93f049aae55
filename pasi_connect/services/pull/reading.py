"""Reading PASI's present records by their RefIds, because a person asked for it and not because PASI announced them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pasi_connect.models import EnrolmentCopy, EnrolmentLink
from pasi_connect.rules.availability import NO_ACCESS, NORMAL, TELLS
from pasi_connect.services.pull import copies
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.gateway import Purpose

OPERATION, RECORD = "GetStudentSchoolEnrolment", "StudentSchoolEnrolment"
BATCH = 200  # RefIds in one Get: about 40 KB of the 64 KB that PASI takes


class NotAnswered(Exception):
    """PASI gave no answer that tells what it holds."""


@dataclass
class Reading:
    """`received` are the records that PASI gave; of the others `hidden` are kept from us, `absent` are not there, `unread` were not
    answered because the node that was asked does not know our version yet."""

    received: list[copies.Received] = field(default_factory=list)
    hidden: set[UUID] = field(default_factory=set)
    absent: set[UUID] = field(default_factory=set)
    unread: set[UUID] = field(default_factory=set)


def read(links: Sequence[EnrolmentLink], purpose: Purpose, seconds: float | None = None) -> Reading:
    """Asks PASI for the records of these links. No transaction may be open around it. Raises NotAnswered."""
    refs = [link.ref_id for link in links]
    held = dict(EnrolmentCopy.objects.filter(ref_id__in=refs, vanished_at=None).values_list("ref_id", "core_version"))
    # A node that lags behind what we know must not answer with its older record.
    least = {link.ref_id: max(held.get(link.ref_id, 0), link.accepted_version) for link in links}
    found = Reading()
    for start in range(0, len(refs), BATCH):
        _read(refs[start : start + BATCH], least, purpose, seconds, found)
    return found


def _read(refs: list[UUID], least: dict[UUID, int], purpose: Purpose, seconds: float | None, found: Reading) -> None:
    left = refs
    while left:
        wanted = [{"ExpectedVersion": least[ref], "RefId": str(ref)} for ref in left]
        answer = gateway.call(OPERATION, {"RefIds": wanted}, purpose, seconds=seconds)
        if answer.fault:
            _apart(left, least, purpose, seconds, found)
            return
        if not answer.good or answer.element is None:
            raise NotAnswered(answer.outcome)
        for ref, response, element in zip(left, answer.value, answer.element, strict=False):
            _take(ref, response, element, found)
        # The list ends at the first record that this node does not know yet; the others are asked for again.
        known = len(answer.value)
        found.unread.update(left[known : known + 1])
        left = left[known + 1 :]


def _apart(refs: list[UUID], least: dict[UUID, int], purpose: Purpose, seconds: float | None, found: Reading) -> None:
    """PASI answered and one of the records cannot be read here: the others are asked for without it."""
    if len(refs) == 1:
        found.unread.update(refs)
        return
    middle = len(refs) // 2
    _read(refs[:middle], least, purpose, seconds, found)
    _read(refs[middle:], least, purpose, seconds, found)


def _take(ref: UUID, response: dict[str, object], element: object, found: Reading) -> None:
    status, document = response["AvailabilityStatus"], response.get(RECORD)
    if status == NORMAL and isinstance(document, dict):
        record = next(child for child in element if codec.local_name(child) == RECORD)  # type: ignore[attr-defined]
        found.received.append(copies.Received(document, codec.bare_xml(record)))
    elif status == NO_ACCESS:
        found.hidden.add(ref)
    elif status in TELLS:
        found.absent.add(ref)
    else:
        found.unread.add(ref)
