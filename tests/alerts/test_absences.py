"""A person is away and a colleague is covering."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from alerts import selectors
from alerts.models import Absence
from alerts.rules.absence import stand_ins
from alerts.services import absences, assigning
from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry
from tests.alerts.conftest import mine
from tests.factories import UserFactory


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, {}),
        ({1: 2}, {1: 2}),
        ({1: 2, 2: 3}, {1: 3, 2: 3}),
        ({1: 2, 2: 1}, {}),  # round and round: nobody
        ({1: 2, 2: 3, 3: 2, 4: 5}, {4: 5}),
    ],
)
def test_who_stands_in_in_the_end(chosen, found):
    assert stand_ins(chosen) == found


def plan(here, user=None, stand_in=None, first=0, last=3):
    user = user or here.registrar
    today = clock.today()
    return absences.plan(
        of_user(user),
        user,
        (stand_in or here.colleague).pk,
        today + dt.timedelta(days=first),
        today + dt.timedelta(days=last),
    )


@pytest.mark.django_db
def test_the_work_shows_for_the_stand_in_and_comes_back_by_itself(here, differing, at):
    item = differing()
    assigning.assign(of_user(here.registrar), item.pk, here.registrar.pk, holder_id=None)
    plan(here, first=1, last=3)
    assert not mine(here.colleague).exists()
    for day, theirs in ((1, True), (3, True), (4, False)):
        with at(days=day):
            assert mine(here.colleague).exists() is theirs
            assert mine(here.registrar).exists()  # it is still theirs
    told = AuditEntry.objects.get(action="absence planned").changes
    assert told["stand_in"] == [None, here.colleague.full_name]


@pytest.mark.django_db
def test_it_can_be_ended_before(here, differing):
    item = differing()
    assigning.assign(of_user(here.registrar), item.pk, here.registrar.pk, holder_id=None)
    absence = plan(here)
    assert mine(here.colleague).exists()
    assert absences.end(of_user(here.registrar), absence.pk)
    assert not absences.end(of_user(here.registrar), absence.pk)
    assert not mine(here.colleague).exists()
    assert not selectors.absences(here.registrar).exists()


@pytest.mark.django_db
def test_a_stand_in_decides_at_all_of_the_persons_schools(here):
    both = UserFactory(role="Registrar", schools=[here.school, here.other])
    assert set(selectors.who_can_stand_in(here.registrar)) == {here.colleague, here.district, both}
    assert set(selectors.who_can_stand_in(both)) == {here.district}
    assert not selectors.who_can_stand_in(here.district).exists()
    assert not selectors.who_can_stand_in(UserFactory(role="Registrar")).exists()
    with pytest.raises(ValidationError) as refused:
        plan(here, stand_in=here.stranger)
    assert set(refused.value.message_dict) == {"stand_in"}


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "last", "field"), [(2, 1, "last_day"), (-3, -1, "last_day"), (3, 9, "first_day")])
def test_days_that_cannot_be(here, first, last, field):
    plan(here, first=0, last=3)
    with pytest.raises(ValidationError) as refused:
        plan(here, first=first, last=last)
    assert field in refused.value.message_dict
    assert Absence.objects.count() == 1


@pytest.mark.django_db
def test_a_stand_in_who_decides_no_more_leaves_the_work_where_it_is(here):
    plan(here)
    assert selectors.stand_ins() == {here.registrar.pk: here.colleague.pk}
    here.colleague.is_active = False
    here.colleague.save()
    assert selectors.stand_ins() == {}
