"""The one word that says where an enrolment stands."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import SYNC
from pasi_connect.models import EnrolmentCopy
from pasi_connect.services.states import state_of, states_of
from sis.models import School, SchoolEnrolment
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment() -> SchoolEnrolment:
    factories.synchronizing()
    made = factories.EnrolmentFactory()
    factories.link_and_copy(made, version=41)
    return made


def test_a_record_that_is_equal_on_both_sides_is_in_step(enrolment):
    found = state_of(enrolment)
    assert (found.state, found.reason, found.core_version, found.version) == ("in_step", "", 41, "1.41")
    assert found.key == factories.link_of(enrolment).key
    assert not found.is_live


def test_a_saved_change_waits_at_once_and_then_is_what_its_submission_is(enrolment):
    changed = enrolments.change(SYNC, enrolment.pk, {"exit_date": dt.date(enrolment.school_year.ending, 5, 1)})
    assert state_of(changed).state == "waiting"
    taken = factories.take_up(changed)
    assert (state_of(changed).state, state_of(changed).submission) == ("waiting", taken.pk)
    assert state_of(changed).version == "2.41"


def test_a_difference_and_its_kind(enrolment):
    item = factories.changed_in_pasi(enrolment, grade="09")
    found = state_of(enrolment)
    assert (found.state, found.reason, found.discrepancy, found.core_version) == (
        "differs",
        "changed_in_pasi",
        item.pk,
        42,
    )


def test_a_live_submission_outranks_a_difference_and_tells_why_it_is_held(enrolment):
    factories.changed_in_pasi(enrolment, grade="09")
    factories.submission(enrolment, "held", reason="sync_off")
    assert (state_of(enrolment).state, state_of(enrolment).reason) == ("held", "sync_off")


@pytest.mark.parametrize("ended", ["accepted", "no_change", "cancelled"])
def test_an_ended_submission_says_nothing(enrolment, ended):
    factories.submission(enrolment, ended)
    assert state_of(enrolment).state == "in_step"


def test_without_a_record_in_pasi_it_is_not_linked(enrolment):
    EnrolmentCopy.objects.update(vanished_at=factories.link_of(enrolment).agreed_at)
    found = state_of(enrolment)
    assert (found.state, found.core_version, found.version) == ("not_linked", None, "1.0")
    assert state_of(factories.EnrolmentFactory()).state == "not_linked"


def test_years_outside_of_the_window_and_inactive_schools_are_not_compared(enrolment):
    old = factories.EnrolmentFactory(school_year=enrolment.school_year - 1)
    factories.link_and_copy(old)
    ahead = factories.EnrolmentFactory(school_year=enrolment.school_year + 2)
    factories.link_and_copy(ahead)
    School.objects.filter(pk=enrolment.school_id).update(enrolment_sync="inactive")
    found = states_of([enrolment, old, ahead])
    assert (found[ahead.pk].state, found[ahead.pk].reason) == ("not_compared", "year_ahead")
    assert (found[old.pk].state, found[old.pk].reason) == ("not_compared", "year_not_synchronized")
    assert (found[enrolment.pk].state, found[enrolment.pk].reason) == ("not_compared", "school_inactive")


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(enrolment):
    def queries(rows):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            states_of(rows)
        return len(seen)

    many = [factories.EnrolmentFactory(school=enrolment.school) for _ in range(20)]
    for row in many:
        factories.link_and_copy(row)
    assert queries([enrolment]) == queries([enrolment, *many]) == 8


@pytest.mark.parametrize("before", range(1, 8))
def test_a_change_that_is_taken_up_while_its_state_is_read_is_never_in_step(enrolment, before):
    changed = enrolments.change(SYNC, enrolment.pk, {"exit_date": dt.date(enrolment.school_year.ending, 5, 1)})
    asked = 0

    def somebody_else(execute, *statement):
        nonlocal asked
        asked += 1
        if asked == before:
            factories.take_up(changed)
        return execute(*statement)

    with connection.execute_wrapper(somebody_else):
        found = state_of(changed)
    assert asked > before
    assert found.state == "waiting"
