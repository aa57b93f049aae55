"""A set of enrolments changed at once: the same as one by one, in a number of statements that does not follow the set."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from operations.models import AuditEntry
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return of_user(factories.UserFactory(), ip="10.1.2.3")


@pytest.fixture
def school():
    return factories.SchoolFactory()


def stays(school, number):
    return [factories.EnrolmentFactory(school=school) for _ in range(number)]


def test_each_record_gets_its_own_values_audit_entry_and_event(actor, school):
    one, two, same = stays(school, 3)
    done = enrolments.change_many(
        actor, {one.pk: {"grade": "09"}, two.pk: {"grade": "10", "local_student_id": "L9"}, same.pk: {"grade": "08"}}
    )
    assert (set(done.changed), set(done.unchanged)) == ({one.pk, two.pk}, {same.pk})
    rows = SchoolEnrolment.objects.order_by("id").values_list("grade", "local_student_id", "revision")
    assert list(rows) == [("09", "", 2), ("10", "L9", 2), ("08", "", 1)]
    told = AuditEntry.objects.order_by("id").values_list("subject_id", "changes", "user_id")
    assert list(told) == [
        (str(one.pk), {"grade": ["08", "09"]}, actor.user_id),
        (str(two.pk), {"grade": ["08", "10"], "local_student_id": ["", "L9"]}, actor.user_id),
    ]
    left = DataEvent.objects.order_by("id").values_list("subject_id", "fields", "origin", "collected_at", "actor_ip")
    assert list(left) == [
        (one.pk, ["grade"], "sis", None, "10.1.2.3"),
        (two.pk, ["grade", "local_student_id"], "sis", None, "10.1.2.3"),
    ]


def test_the_same_outcome_as_one_by_one(actor, school):
    alone, among = stays(school, 2)
    enrolments.change(actor, alone.pk, {"grade": "11", "grants_program_codes": "600 500"}, reason="Told")
    enrolments.change_many(actor, {among.pk: {"grade": "11", "grants_program_codes": "600 500"}}, reason="Told")
    names = (*enrolments.EDITABLE, "revision")
    one, many = (SchoolEnrolment.objects.filter(pk=each.pk).values(*names).get() for each in (alone, among))
    assert one == many
    told = [(row.action, row.changes, row.reason, row.school_code) for row in AuditEntry.objects.order_by("id")]
    assert told[0] == told[1]
    left = [(row.fields, row.origin, row.school_code, row.actor_name) for row in DataEvent.objects.order_by("id")]
    assert left[0] == left[1]


def test_what_moved_or_breaks_a_rule_is_left_and_told(actor, school):
    fine, moved, wrong = stays(school, 3)
    enrolments.change(actor, moved.pk, {"grade": "12"})
    done = enrolments.change_many(
        actor,
        {
            fine.pk: {"grade": "09"},
            moved.pk: {"grade": "09"},
            wrong.pk: {"exit_date": wrong.start_date.replace(year=2000)},
        },
        revisions={fine.pk: 1, moved.pk: 1, wrong.pk: 1},
    )
    assert (set(done.changed), done.moved, set(done.refused)) == ({fine.pk}, {moved.pk}, {wrong.pk})
    assert list(SchoolEnrolment.objects.order_by("id").values_list("grade", flat=True)) == ["09", "12", "08"]
    wrong.refresh_from_db()
    assert wrong.revision == 1


def test_what_comes_from_pasi_is_taken_as_it_is_and_leaves_nothing_to_take_up(actor, school):
    (one,) = stays(school, 1)
    enrolments.change_many(actor, {one.pk: {"program_percentage": 50}}, origin=Origin.PASI, compared=True)
    event = DataEvent.objects.get()
    assert (event.origin, event.collected_at is not None) == ("pasi", True)


def test_a_field_that_is_no_field_is_refused(actor, school):
    (one,) = stays(school, 1)
    with pytest.raises(ValidationError):
        enrolments.change_many(actor, {one.pk: {"school": 3}})


def test_the_number_of_statements_does_not_follow_the_set(actor, school):
    few, many = stays(school, 2), stays(school, 60)

    def count_queries(rows):
        with CaptureQueriesContext(connection) as seen:
            enrolments.change_many(actor, {row.pk: {"grade": "10"} for row in rows})
        return len(seen)

    # The savepoint of a second batch; on PostgreSQL many rows take two statements where a few take one, for each of two tables.
    assert count_queries(many) <= count_queries(few) + (2 if connection.vendor == "postgresql" else 1)
