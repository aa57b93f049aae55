from typing import Any

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from operations.actor import SYNC
from operations.models import User
from operations.services import people
from sis.models import SchoolAccess

PASSWORD = "a-lantern-in-the-window"


class UserFactory(DjangoModelFactory):
    """`UserFactory(role="Registrar", schools=[school])`; the password is PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person_{n}")
    first_name = "Rhea"
    last_name = factory.Sequence(lambda n: f"Molnar {n}")
    local_id = factory.LazyAttribute(lambda user: user.username)
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def role(user: Any, create: bool, name: str | None, **kwargs: Any) -> None:
        user.groups.add(Group.objects.get(name=name or "Registrar"))

    @factory.post_generation
    def schools(user: Any, create: bool, given: Any, **kwargs: Any) -> None:
        SchoolAccess.objects.bulk_create([SchoolAccess(user=user, school=school) for school in given or ()])


class ServiceFactory(UserFactory):
    """A service account: no password, named by its last name alone."""

    kind = User.Kind.SERVICE
    username = factory.Sequence(lambda n: f"service_{n}")
    first_name = ""
    last_name = factory.Sequence(lambda n: f"Bus planning {n}")
    password = "!"


def token_of(user: User, program: str = "Test") -> str:
    """A new API token of the person."""
    return people.make_token(SYNC, user, program)
