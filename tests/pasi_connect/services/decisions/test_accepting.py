"""What is named before a value of PASI's is accepted."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations.actor import SYNC
from operations.models import AuditEntry, User
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, EnrolmentCopy
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from pasi_connect.services.decisions import accepting
from tests import factories
from tests.factories.students import this_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay(db):
    factories.synchronizing()
    made = factories.EnrolmentFactory()
    factories.link_and_copy(made)
    return made


def sees_all():
    return User.objects.filter(username="officer").first() or factories.UserFactory(
        username="officer", role="District officer"
    )


def codes(item):
    return [one.code for one in accepting.warnings([item], sees_all()).get(item.pk, [])]


def days(start, exit_):
    """Month and day of both, in this school year."""
    year = this_year()
    return {
        "start_date": dt.date(year.ending - (start[0] >= 9), *start),
        "exit_date": dt.date(year.ending - (exit_[0] >= 9), *exit_),
    }


def test_a_twin_and_a_second_main_stay_that_pasi_has_made(stay):
    twin = factories.created_in_pasi(stay.student.asn, stay.school.code)
    assert codes(twin) == ["10069"]
    (named,) = accepting.warnings([twin], sees_all())[twin.pk]
    assert named.stays == (stay.pk,)
    other = factories.created_in_pasi(stay.student.asn, factories.SchoolFactory().code)
    assert codes(other) == ["second_main_stay"]
    (named,) = accepting.warnings([other], sees_all())[other.pk]
    assert (named.stays, named.others[0].school_name) == ((), stay.school.name)


def test_what_stands_beside_nothing_is_plain(stay):
    assert codes(factories.created_in_pasi("411111111", stay.school.code)) == []
    assert codes(factories.created_in_pasi(stay.student.asn, stay.school.code, programming_timeframe="Evening")) == []
    assert codes(factories.changed_in_pasi(stay, grade="09")) == []


def test_a_last_day_that_reaches_the_return_or_lies_ahead(stay):
    factories.EnrolmentFactory(student=stay.student, school=stay.school, **days((2, 1), (6, 26)))
    first = factories.EnrolmentFactory(
        student=stay.student,
        school=stay.school,
        programming_timeframe="Evening",
        **days((9, 1), (1, 29)),
    )
    factories.link_and_copy(first)
    item = factories.changed_in_pasi(first, programming_timeframe="Day")
    assert "10069" in codes(item)
    ahead = factories.changed_in_pasi(
        stay, exit_date=dt.date(this_year().ending, 12, 31), exit_date_type="WithdrawalDate"
    )
    assert "withdrawn_ahead" in codes(ahead)


def test_a_decision_whose_undo_would_make_a_twin_is_not_taken_back(stay):
    decision = decisions.accept(SYNC, factories.changed_in_pasi(stay, deleted=True).pk)
    stay.refresh_from_db()
    assert stay.deleted
    factories.EnrolmentFactory(student=stay.student, school=stay.school)
    with pytest.raises(ValidationError, match="is already enrolled here"):
        decisions.undo(SYNC, decision.pk)
    stay.refresh_from_db()
    assert stay.deleted
    assert AuditEntry.objects.get(action="enrolment changed").reason == "Taken from PASI"


def test_an_identity_that_lands_beside_another_stay_is_named(stay):
    other = factories.EnrolmentFactory(school=stay.school)
    item = factories.changed_in_pasi(stay, grade="09")
    EnrolmentCopy.objects.filter(key=item.key).update(asn=other.student.asn)
    comparing.evaluate(ENTITY, keys=[item.key])
    item.refresh_from_db()
    assert (item.kind, codes(item)) == ("identity_changed_in_pasi", ["10069"])


def test_every_item_of_a_page_by_itself_in_a_fixed_number_of_queries(stay, django_assert_max_num_queries):
    for _number in range(6):
        factories.created_in_pasi(stay.student.asn, stay.school.code, programming_timeframe="Evening")
    twin = factories.created_in_pasi(stay.student.asn, stay.school.code)
    officer = sees_all()
    with django_assert_max_num_queries(17):
        found = accepting.warnings(list(Discrepancy.objects.all()), officer)
    assert [one.code for one in found[twin.pk]] == ["10069"]
