"""A list narrowed to a state shows exactly the records whose badge says so."""

import pytest

from operations import clock
from pasi_connect.models import Link
from pasi_connect.models.submission import LIVE
from pasi_connect.services.states import GROUPS, in_group, states_of
from sis.models import DataEvent, SchoolEnrolment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def every_state():
    """A record in each state and in the mixtures of them that a day brings."""
    factories.synchronizing()

    def linked(**more):
        stay = factories.EnrolmentFactory(**more)
        factories.link_and_copy(stay)
        return stay

    def edited(stay):
        DataEvent.objects.create(
            entity="school_enrolment", subject_id=stay.pk, fields=["grade"], origin="sis",
            actor_name="Ana", actor_local_id="ana", actor_ip="10.0.0.1", at=clock.now(),
        )  # fmt: skip
        return stay

    linked()
    linked(deleted=True)
    factories.changed_in_pasi(linked(), grade="09")
    factories.EnrolmentFactory()  # no link
    Link.objects.create(school_enrolment=factories.EnrolmentFactory(), key="3f0c9c1e-0000-4000-8000-000000000001")
    Link.objects.create(
        school_enrolment=factories.EnrolmentFactory(deleted=True), key="3f0c9c1e-0000-4000-8000-000000000002"
    )
    linked(school=factories.SchoolFactory(enrolment_sync="inactive"))
    linked(school_year=factories.students.this_year() - 5)
    edited(linked())
    for status in LIVE:
        factories.submission(linked(), status)
        factories.submission(edited(linked()), status)
    factories.changed_in_pasi(both := linked(), grade="09")
    factories.submission(both, "held", reason="sync_off")


def test_the_groups_divide_the_list_as_the_badges_do(every_state):
    stays = list(SchoolEnrolment.objects.select_related("school"))
    words = {pk: state.state for pk, state in states_of(stays).items()}
    for group, (_label, members) in GROUPS.items():
        found = set(in_group(SchoolEnrolment.objects.all(), group).values_list("pk", flat=True))
        assert found == {pk for pk, word in words.items() if word in members}, group
        assert found
    assert set(words.values()) == {member for _label, members in GROUPS.values() for member in members}
