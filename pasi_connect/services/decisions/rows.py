"""The rows that a decision locks, and what happens when they have changed or our own program fails on them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from operations import faults
from pasi_connect.models import Discrepancy
from pasi_connect.services.compare import failures

# Shown unchanged, and only with the record.
OF_THE_RECORD = (ValidationError, IntegrityError, DataError)


class Moved(Exception):
    """Something has changed since the person saw the item; `item` is the present picture."""

    def __init__(self, item: Discrepancy, message: str) -> None:
        super().__init__(message)
        self.item = item


@contextmanager
def one_record(item_id: int) -> Iterator[None]:
    """Around the transaction of a decision on one record: where our own program raises at it, that is counted and told in words.

    Raises ValidationError {"fields": [sentence]} then; nothing of the decision stands. What is no fault of ours is raised on.
    """
    try:
        yield
    except (Moved, *OF_THE_RECORD):
        raise
    except Exception as error:
        item = Discrepancy.objects.filter(pk=item_id).first()
        if item is None or not faults.ours(error):
            raise
        failures.note(failures.Step.COMPARE, item.entity, item.key, error, school_code=item.school_code)
        raise ValidationError({"fields": [cannot_be_compared()]}) from None


def cannot_be_compared() -> str:
    return _(
        "PASI Connect failed to process this record, so nothing was decided. It tries again automatically and skips "
        "the record after three attempts; your administrator finds the place on the page “Failed records”. All other "
        "records are processed."
    )
