"""A preview is the work itself, rolled back: what people see is exactly what would be done."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written inside is gone afterwards, and nobody is woken: with the roll-back the wake-ups are dropped too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
