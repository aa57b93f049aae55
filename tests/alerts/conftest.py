"""The same cast as for the pages of the synchronization, all of them with an address."""

import datetime as dt

import pytest

from operations import clock
from operations.models import User
from pasi_connect import selectors
from pasi_connect.filters import DiscrepancyFilter
from tests.factories import EnrolmentFactory, UserFactory, changed_in_pasi, link_and_copy
from tests.pasi_connect.pages.conftest import as_person, enrolment, item, plain_static_files
from tests.pasi_connect.pages.conftest import here as cast

__all__ = ["as_person", "cast", "enrolment", "item", "plain_static_files"]

MORNING = dt.datetime(2026, 11, 20, 7, 30, tzinfo=dt.timezone(dt.timedelta(hours=-7)))


def mine(person):
    """What the inbox shows a person who asks for their own changes."""
    return DiscrepancyFilter({"who": "me", "status": "open"}, selectors.discrepancies(person), person=person).qs


@pytest.fixture
def at():
    """`with at(days=1)`: so long after the morning of the 20th of November 2026, 07:30 in Alberta."""
    return lambda **later: clock.moved_to(MORNING + dt.timedelta(**later))


@pytest.fixture
def here(at, cast):
    with at():
        cast.colleague = UserFactory(role="Registrar", schools=[cast.school], first_name="Anders")
        for user in User.objects.all():
            User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.invalid")
        for name in ("registrar", "colleague", "stranger", "district", "admin"):
            getattr(cast, name).refresh_from_db()
        yield cast


@pytest.fixture
def differing(here):
    """`differing()`: a record of `here.school` that PASI has changed; gives the open item."""

    def make(school=None, **theirs):
        made = EnrolmentFactory(school=school or here.school)
        link_and_copy(made)
        return changed_in_pasi(made, **(theirs or {"grade": "09"}))

    return make
