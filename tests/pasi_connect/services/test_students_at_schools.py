"""A student at two schools: an item stands at both, who decides first settles it, and nothing of a school's own is told elsewhere."""

import datetime as dt

import pytest

from operations.actor import of_user
from operations.models import Notice
from pasi_connect import selectors
from pasi_connect.models import Action
from pasi_connect.services import decisions, setting_up
from pasi_connect.services.decisions import taking_back
from tests import factories
from tests.pasi_connect.students import (
    KIND,
    changed_there,
    item,
    take_up,
)
from tests.pasi_connect.world import TODAY, YEAR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(world, student):
    """The student has a live stay at another school of ours too, with a registrar of its own, and PASI has changed the name."""
    factories.EnrolmentFactory(student=student, school=world.other, school_year=YEAR, concurrent=True)
    elsewhere = factories.SchoolFactory(code="4803", authority=world.school.authority)
    people = {school.code: registrar_of(school) for school in (world.school, world.other, elsewhere)}
    changed_there(world, student, FirstName="Ilona")
    return people


def registrar_of(school):
    return factories.UserFactory(role="Registrar", schools=[school])


def sees(user):
    return selectors.discrepancies(user).filter(entity=KIND).count()


def test_an_item_stands_at_every_school_with_a_live_stay_and_at_no_other(world, student, two):
    assert [sees(user) for user in two.values()] == [1, 1, 0]
    assert [selectors.counts(user)["changes"] for user in two.values()] == [1, 1, 0]


@pytest.mark.parametrize("first", [0, 1])
def test_who_decides_first_settles_it_for_all_and_the_others_are_told(world, student, two, first):
    codes = [world.school.code, world.other.code]
    user = two[codes[first]]
    decision = decisions.accept(of_user(user), item(student).pk, reason="Passport seen.")
    assert item(student) is None
    assert all(selectors.counts(each)["changes"] == 0 for each in two.values())
    [notice] = Notice.objects.filter(kind="guided_action")
    assert notice.school_code == codes[1 - first]
    assert "Passport" not in str(notice.values) and student.asn not in notice.url
    action = Action.objects.get(kind="decision")
    assert action.school_code == codes[first]
    others = two[codes[1 - first]]
    assert not selectors.Sight(others).sees(action) and selectors.Sight(user).sees(action)
    assert taking_back.may_undo_decision(selectors.Sight(user), decision)
    assert not taking_back.may_undo_decision(selectors.Sight(others), decision)


def test_the_other_school_decides_on_what_is_there_no_more(world, student, two):
    found = item(student)
    decisions.accept(of_user(two[world.school.code]), found.pk)
    with pytest.raises(decisions.Moved):
        decisions.reject(of_user(two[world.other.code]), found.pk, reason="Too late.")


def test_without_a_live_stay_it_stands_at_the_last_school(world, student, two):
    student.enrolments.filter(school=world.school).update(
        start_date=TODAY - dt.timedelta(days=60), exit_date=TODAY - dt.timedelta(days=30)
    )
    assert [sees(user) for user in two.values()] == [0, 1, 0]
    student.enrolments.filter(school=world.other).update(
        start_date=TODAY - dt.timedelta(days=60), exit_date=TODAY - dt.timedelta(days=40)
    )
    assert [sees(user) for user in two.values()] == [1, 0, 0]


def test_submissions_stand_at_the_same_schools(world, student, two):
    decisions.reject(of_user(two[world.other.code]), item(student).pk, reason="Document seen.")
    [submission] = take_up(student)
    assert [selectors.submissions(user).filter(pk=submission.pk).count() for user in two.values()] == [1, 1, 0]
    assert [selectors.decisions(user).count() for user in two.values()] == [1, 1, 0]


def test_at_an_inactive_school_alone_nothing_is_compared_or_sent(world, student, two):
    School = type(world.school)
    School.objects.update(enrolment_sync="inactive")
    setting_up.reconsider()
    assert item(student) is None
    School.objects.filter(pk=world.other.pk).update(enrolment_sync="active")
    setting_up.reconsider()
    assert item(student).undecided == 1
