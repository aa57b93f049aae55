"""A preview is the work itself, taken back: what people see is what would then be done."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written inside is gone afterwards, and nobody is woken: with the roll-back the wake-ups are dropped too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
