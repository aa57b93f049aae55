"""A synchronized district, a record in step, and who changes it."""

import pytest

from operations.actor import of_user
from sis.rules.school_year import SchoolYear
from tests import factories


@pytest.fixture
def place(on_a_fixed_day):
    """A synchronized district without a PASI: nothing here makes a call."""
    return factories.synchronizing(current_school_year=SchoolYear(2027), accepted_school_years=[2025, 2026, 2027, 2028])


@pytest.fixture
def enrolment(place):
    made = factories.EnrolmentFactory()
    factories.link_and_copy(made, version=10)
    return made


@pytest.fixture
def actor(db):
    return of_user(factories.UserFactory(first_name="Ana", last_name="Moreau", local_id="amoreau"), "10.0.0.9")
