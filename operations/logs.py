"""Log lines without data: an exception's class and place, never its text, which may hold a student's values."""

import copy
import logging
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from operations.rules import outage

ROOT = Path(__file__).resolve().parent.parent
MOST_PLACES = 8
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def class_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def places(trace: TracebackType | None) -> list[str]:
    """Where it was raised, and our own places on the way there; the innermost first."""
    lines = []
    while trace is not None:
        code = trace.tb_frame.f_code
        path = Path(code.co_filename)
        own = path.is_relative_to(ROOT) and "site-packages" not in path.parts
        name = path.relative_to(ROOT) if own else Path(*path.parts[-2:])
        lines.append((own, f"{name}:{trace.tb_lineno} in {code.co_name}"))
        trace = trace.tb_next
    last = len(lines) - 1
    return [text for number, (own, text) in reversed(list(enumerate(lines))) if own or number == last][:MOST_PLACES]


def describe(error: BaseException | None) -> str:
    """`ValueError at sis/services/enrolments.py:12 in change, sis/views/enrolments.py:40 in post`, and its causes in the same way."""
    parts = [f"{class_of(one)} at {', '.join(places(one.__traceback__)) or '?'}" for one in outage.chain(error)]
    return " from ".join(parts)


class Formatter(logging.Formatter):
    """For every handler: a traceback becomes classes and places, and Celery's line about a failed task loses its arguments."""

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info is True:
            record.exc_info = sys.exc_info()
        if isinstance(record.args, dict) and {"exc", "traceback"} & record.args.keys():
            record = copy.copy(record)
            error = record.exc_info[1] if record.exc_info else None
            hidden = {"exc": class_of(error) if error else "an error", "traceback": "", "args": "()", "kwargs": "{}"}
            assert isinstance(record.args, dict)
            record.args = {**record.args, **hidden}
        record.exc_text = None  # another handler may have written its own into the record
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Whatever a line holds, it stays one line: nobody can write a second one into it."""
        record.message = CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return describe(ei[1])
