from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from tests.factories.copies import CopyFactory
from tests.factories.organizations import SchoolFactory
from tests.lockers.models import Locker, LockerCopy


class LockerFactory(DjangoModelFactory):
    """A locker that nobody has. Only the SIS record: no event, no audit entry."""

    class Meta:
        model = Locker

    school = factory.SubFactory(SchoolFactory)
    number = factory.Sequence(lambda n: f"L{n}")
    shelves = 2


class LockerCopyFactory(CopyFactory):
    class Meta:
        model = LockerCopy

    key = factory.LazyFunction(lambda: str(uuid4()))
    school_code = "4101"
    number = factory.Sequence(lambda n: f"P{n}")
    shelves = 2
    deleted = False
    updated_by = "Data load"
    updated_by_organization = "A.1750"
