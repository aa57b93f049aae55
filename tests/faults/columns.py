"""What the driver does with columns of local copies: imported once Django is set up."""

from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.services.compare import comparing
from pasi_connect.services.pull import refilling
from sis.models import SchoolEnrolment
from tests.factories import fields


def add_field(name: str) -> int:
    """The release that adds the field has just been started: gives the job that fills its columns."""
    fields.field_added(name)
    job = refilling.look()
    assert job is not None
    return job.pk


def unfilled() -> int:
    return refilling.stale(SCHOOL_ENROLMENT).count()


def agree_to_boards() -> None:
    """Everybody's resident board is entered here as PASI has it."""
    SchoolEnrolment.objects.update(resident_board="7010")
    comparing.evaluate_all()
