"""Around the engine: what it did not foresee is told by its name and place, since the message could hold a student's cells."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ValidationError

from operations.services.jobs import Stopped
from reconciliation.rules.notes import Refused


class EngineFault(Exception):
    """A fault of the product while it read or wrote files. The text says what and where."""


@contextmanager
def calm() -> Iterator[None]:
    from polars.exceptions import PanicException

    try:
        yield
    except (Refused, Stopped, ValidationError, EngineFault):
        raise
    except (Exception, PanicException) as error:  # noqa: BLE001 - whatever it is, its message stays here
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise EngineFault(f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}") from None
