import factory
from factory.django import DjangoModelFactory

from sis.models import Authority, School, SchoolAccess
from sis.models.organization import State


class AuthorityFactory(DjangoModelFactory):
    """The one authority: asked again, the same row."""

    class Meta:
        model = Authority
        django_get_or_create = ("code",)

    code = "1750"
    name = "Prairie Lantern School Division"


class SchoolFactory(DjangoModelFactory):
    """An active school with a four-digit code of its own."""

    class Meta:
        model = School
        django_get_or_create = ("code",)

    authority = factory.SubFactory(AuthorityFactory)
    code = factory.Sequence(lambda n: f"{4100 + n:04d}")
    name = factory.LazyAttribute(lambda school: f"Lantern School {school.code}")
    enrolment_sync = State.ACTIVE
    course_marks_integration = State.ACTIVE


class SchoolAccessFactory(DjangoModelFactory):
    class Meta:
        model = SchoolAccess
        django_get_or_create = ("user", "school")

    user = factory.SubFactory("tests.factories.people.UserFactory")
    school = factory.SubFactory(SchoolFactory)
