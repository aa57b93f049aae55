"""Who decides, and what PASI has changed of their records."""

import pytest

from operations.actor import of_user
from tests import factories

MAY = "2027-05-14"


@pytest.fixture
def school():
    factories.synchronizing()
    return factories.SchoolFactory(code="2001")


@pytest.fixture
def user(school):
    return factories.UserFactory(schools=[school])


@pytest.fixture
def actor(user):
    return of_user(user, ip="10.1.2.3")


@pytest.fixture
def changed(world):
    """Grade and exit date were changed in PASIprep, and we have pulled it."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09", RegistrationExitDate=MAY)
    world.pull()
    return enrolment


@pytest.fixture
def district(world):
    return of_user(factories.UserFactory(role="District officer"))


@pytest.fixture
def other(world):
    """Another student of the same school, whom both sides know."""
    return world.in_step().student


@pytest.fixture
def moved(world, other):
    """PASI's record of an enrolment is now the other student's, and we have pulled it."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, StateProvinceId=other.asn)
    world.pull()
    return enrolment
