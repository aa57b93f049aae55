"""A school with people of each role, and a browserless client that is signed in as one of them."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import Client

from operations import clock
from pasi_connect.models import LinkState
from sis.models import SchoolEnrolment
from tests.factories import EnrolmentFactory, SchoolFactory, UserFactory, changed_in_pasi, link_and_copy, synchronizing
from tests.factories.courses import CourseEnrolmentFactory, SectionFactory
from tests.moments import days_ago


@pytest.fixture
def here(db, on_a_fixed_day):
    """`school` with a registrar; another school with its own; a district officer and an administrator."""
    school, other = SchoolFactory(), SchoolFactory()
    synchronizing()
    LinkState.objects.create(pk=1, state="up")
    return SimpleNamespace(
        school=school,
        other=other,
        registrar=UserFactory(role="Registrar", schools=[school]),
        stranger=UserFactory(role="Registrar", schools=[other]),
        district=UserFactory(role="District officer"),
        admin=UserFactory(role="Administrator"),
    )


@pytest.fixture
def as_person():
    def sign_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def enrolment(here):
    """In step at `here.school`."""
    made = EnrolmentFactory(school=here.school)
    link_and_copy(made)
    return made


@pytest.fixture
def item(enrolment):
    """PASI moved the grade and nothing else."""
    return changed_in_pasi(enrolment, grade="09", by="Tove Vandermolen", organization="A.7010")


@pytest.fixture
def registrar(here, as_person):
    return as_person(here.registrar)


@pytest.fixture
def stay(here):
    """Begun thirty days ago, in step, with one course."""
    made = EnrolmentFactory(
        school=here.school, start_date=days_ago(30), exit_date=clock.today() + dt.timedelta(days=90)
    )
    link_and_copy(made)
    section = SectionFactory(
        school=here.school, start_date=days_ago(40), end_date=clock.today() + dt.timedelta(days=80)
    )
    CourseEnrolmentFactory(enrolment=made, section=section)
    return made


@pytest.fixture
def left(stay):
    """Withdrawn ten days ago; the course goes on."""
    SchoolEnrolment.objects.filter(pk=stay.pk).update(exit_date=days_ago(10), exit_date_type="WithdrawalDate")
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=stay.pk)


def form_of(item, **given):
    """What the page of a change posts."""
    return {"version": item.version, "do": "save", **given}


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages name their files without a digest: nothing has been collected for a test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
