"""IsDataAvailable: what has changed, as ids and versions, by long poll. [Source: Is Data Available; rules 3005-3008]"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pasi_simulator.clock import synchronized_school_years
from pasi_simulator.core import Caller, Core, Disconnect, Reply
from pasi_simulator.faults import Fault
from pasi_simulator.state import RECORD_TYPES, Call
from pasi_simulator.visibility import visible_pairs

LONGEST_WAIT_MINUTES = 60  # INFERRED: the upper bound is not published
BY_SCHOOL_YEAR = frozenset(kind.name for kind in RECORD_TYPES.values() if kind.by_year)
SLICE_S = 1.0  # how often a waiting call looks whether the caller has hung up

Pair = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """One requested type: as the caller wrote it, what it means, and the version and hash that the caller has."""

    notification_type: str
    record_type: str
    year: int | None
    after: int
    hash: str | None


def set_hash(pairs: Iterable[Pair]) -> str:
    """The hash over a set of ids and versions. The contract is INFERRED and stands here alone: upper-case id and
    decimal version joined without separator, in ordinal order of the id, UTF-8, MD5, base64."""
    text = "".join(f"{key.upper()}{version}" for key, version in sorted(pairs, key=lambda pair: pair[0].upper()))
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()


def is_data_available(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    minutes = request["WaitTimeInMinutes"]
    if not 0 <= minutes <= LONGEST_WAIT_MINUTES:
        raise Fault("3007", f"{minutes} is not between 0 and {LONGEST_WAIT_MINUTES}")
    questions = [_question(info) for info in request["TypeInfos"]]
    started = time.monotonic()
    while True:
        generation = core.state.generation  # read before looking, so that no change falls between looking and waiting
        if core.knobs["unavailable"]:
            raise Disconnect
        answers, news = _look(core, caller, questions)
        if news or not _wait(core, caller, generation, started, minutes * 60.0):
            return Reply({"TypeInfos": answers}, call)


def _question(info: dict[str, Any]) -> Question:
    name, dot, suffix = info["NotificationType"].partition(".")
    kind = next((record_type for record_type in RECORD_TYPES if record_type.lower() == name.lower()), None)
    if kind is None or (dot and not (len(suffix) == 4 and suffix.isdecimal() and suffix.isascii())):
        raise Fault("3005", info["NotificationType"])
    if dot and kind not in BY_SCHOOL_YEAR:
        raise Fault("3006", info["NotificationType"])
    if not dot and kind in BY_SCHOOL_YEAR:
        raise Fault("3008", info["NotificationType"])
    year = int(suffix) if dot else None
    return Question(info["NotificationType"], kind, year, info["MaxPASICoreVersion"], info.get("Hash") or None)


def _wait(core: Core, caller: Caller, generation: int, started: float, wait_s: float) -> bool:
    """Waits for a commit or a turned knob; False when the time is over."""
    state = core.state
    while True:
        limit = core.knobs["long_poll_max_s"]
        left = started + (wait_s if limit is None else min(wait_s, limit)) - time.monotonic()
        if left <= 0:
            return False
        with state.changed:
            if state.generation != generation or state.changed.wait(min(left, SLICE_S)):
                return True
        if caller.gone():
            raise Disconnect


def _look(core: Core, caller: Caller, questions: list[Question]) -> tuple[list[dict[str, Any]], bool]:
    """The answer as of now, and whether it holds anything that is worth waking the caller for."""
    answers, news = [], False
    block, left = core.knobs["block_limit"], core.knobs["overall_limit"]
    for question in questions:
        pairs, complete, new = _answer(core, caller, question, block, left)
        left -= len(pairs)
        news = news or new
        answers.append(
            {
                "NotificationType": question.notification_type,
                "IsCompleteSet": complete,
                "IdVersions": [{"Id": key, "Version": version} for key, version in pairs],
            }
        )
    return answers, news


def _answer(core: Core, caller: Caller, question: Question, block: int, left: int) -> tuple[list[Pair], bool, bool]:
    """Pairs, whether they are the complete set, whether they are news.

    A version-0 set is complete when no limit has cut it. An empty version-0 set is no news, unless the hash says that
    the caller holds records: else a caller with an empty year could never wait (INFERRED).
    """
    after = max(question.after, 0)
    pairs = _pairs(core, caller, question, after)
    if after == 0:
        fits = len(pairs) <= min(block, left)
        unexpected = not pairs and question.hash is not None and question.hash != set_hash(())
        return pairs[: min(block, left)], fits, bool(pairs) or unexpected
    if pairs:
        return pairs[: min(block, left)], False, True
    if question.hash is not None:
        everything = _pairs(core, caller, question, 0)
        # Failed hash set: whole or not at all, since a caller drops what is missing from it.
        if set_hash(everything) != question.hash and len(everything) <= min(block, left):
            return everything, True, True
    return [], False, False


def _pairs(core: Core, caller: Caller, question: Question, after: int) -> list[Pair]:
    today = core.today()
    if question.year is not None and question.year not in synchronized_school_years(today):
        return []
    return visible_pairs(
        core.state.reader(), caller.organization, question.record_type, question.year, after, today
    )  # fmt: skip
