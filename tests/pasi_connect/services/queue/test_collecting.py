"""From data events to one submission a record; what holds it, and what sets it free."""

import datetime as dt
import json
import threading
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from operations import clock
from operations.actor import SYNC, of_user
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import CodeValue, Link, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import claiming, collecting, sending
from sis.models import DataEvent
from sis.models.event import Origin
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


def test_many_events_become_one_submission(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY}, seen_version=9)
    enrolments.change(actor, enrolment.pk, {"grade": "09"}, seen_version=7)
    second = of_user(factories.UserFactory(), "10.0.0.10")
    enrolments.change(second, enrolment.pk, {"french_hours": "90"})
    made = factories.take_up(enrolment)
    assert Submission.objects.count() == 1
    assert made.fields == ["exit_date", "french_hours", "grade"]
    assert made.seen_version == 7  # the lowest that any of them saw
    assert (made.actor_name, made.actor_ip) == (second.name, "10.0.0.10")  # the last
    assert made.lane == f"student:{enrolment.student_id}"
    assert not DataEvent.objects.filter(collected_at=None).exists()


def test_collecting_twice_makes_nothing_more(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY})
    collecting.collect(ENTITY.kind, enrolment.pk)
    collecting.collect(ENTITY.kind, enrolment.pk)
    assert Submission.objects.count() == 1


def test_a_later_change_joins_the_one_that_waits(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY}, seen_version=10)
    first = factories.take_up(enrolment)
    enrolments.change(actor, enrolment.pk, {"grade": "09"}, seen_version=8)
    joined = factories.take_up(enrolment)
    assert joined.pk == first.pk
    assert (joined.fields, joined.seen_version) == (["exit_date", "grade"], 8)


def test_a_change_while_one_is_on_its_way_makes_a_second(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY})
    first = factories.take_up(enrolment)
    assert claiming.claim(first.pk) is not None
    enrolments.change(actor, enrolment.pk, {"grade": "09"})
    second = factories.take_up(enrolment)
    assert second.pk != first.pk
    assert list(sending.due()) == []


def test_without_a_seen_version_what_we_hold_counts_as_seen(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY})
    assert factories.take_up(enrolment).seen_version == 10


def test_a_change_that_came_from_pasi_sends_nothing(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY}, origin=Origin.PASI)
    collecting.collect(ENTITY.kind, enrolment.pk)
    assert not Submission.objects.exists()
    assert not DataEvent.objects.filter(collected_at=None).exists()


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_kept_here_sends_nothing_and_is_seen_all_the_same(enrolment, actor, linked):
    if not linked:
        enrolment = factories.EnrolmentFactory()
    enrolments.change(actor, enrolment.pk, {"exit_code": "A7", "concurrent": True})
    collecting.collect(ENTITY.kind, enrolment.pk)
    assert not DataEvent.objects.filter(collected_at=None).exists()
    assert not Submission.objects.exists()
    assert Link.objects.filter(subject_id=enrolment.pk).exists() is linked
    if linked:
        item = factories.changed_in_pasi(enrolment, grade="09")
        enrolments.change(actor, enrolment.pk, {"exit_code": "A8"})
        collecting.collect(ENTITY.kind, enrolment.pk)
        item.refresh_from_db()
        assert (item.version, enrolments.SchoolEnrolment.objects.get(pk=enrolment.pk).revision) == ("3.11", 3)


def test_kept_here_and_sent_in_one_change_is_one_submission(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_code": "A7", "exit_date": MAY})
    assert factories.take_up(enrolment).fields == ["exit_code", "exit_date"]


def test_the_database_itself_keeps_one_queued_a_record_and_one_flying_a_lane(enrolment):
    again = factories.EnrolmentFactory(student=enrolment.student)
    factories.submission(enrolment, "held")
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.submission(enrolment, "waiting")
    factories.submission(enrolment, "in_flight")
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.submission(again, "checking")
    for ended in ("rejected", "needs_review", "dead", "accepted", "accepted", "cancelled"):
        factories.submission(enrolment, ended)
    assert Submission.objects.count() == 8


# Several at once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_several_senders_one_gets_it(on_a_fixed_day):
    factories.synchronizing(current_school_year=SchoolYear(2027))
    enrolment = factories.EnrolmentFactory()
    factories.link_and_copy(enrolment)
    enrolments.change(of_user(factories.UserFactory()), enrolment.pk, {"exit_date": MAY})
    queued = factories.take_up(enrolment)
    claims, start = [], threading.Barrier(4)

    def sender():
        start.wait()
        try:
            claims.append(claiming.claim(queued.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=sender) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [claim is None for claim in claims].count(False) == 1
    queued.refresh_from_db()
    assert (queued.status, queued.fence, queued.attempts) == (Status.IN_FLIGHT, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_several_collectors_one_makes_the_submission(on_a_fixed_day):
    factories.synchronizing(current_school_year=SchoolYear(2027))
    enrolment = factories.EnrolmentFactory()
    enrolments.change(of_user(factories.UserFactory()), enrolment.pk, {"exit_date": MAY})
    problems, start = [], threading.Barrier(3)

    def collector():
        start.wait()
        try:
            collecting.collect(ENTITY.kind, enrolment.pk)
        except DatabaseError as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=collector) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Submission.objects.count() == 1


# Years -----------------------------------------------------------------------------------------------------------

PRE_REGISTERED, CURRENT, LAST, OLD, ANCIENT = (SchoolYear(ending) for ending in (2028, 2027, 2026, 2020, 2013))


@pytest.mark.parametrize(
    ("day", "year", "reason"),
    [
        (dt.date(2026, 11, 20), CURRENT, ""),
        (dt.date(2026, 11, 20), PRE_REGISTERED, "year_ahead"),  # PASI's window moves on 1 January
        (dt.date(2026, 12, 31), PRE_REGISTERED, "year_ahead"),
        (dt.date(2027, 1, 1), PRE_REGISTERED, ""),
        (dt.date(2027, 1, 1), PRE_REGISTERED + 1, "year_ahead"),
        (dt.date(2026, 11, 20), LAST, "year_not_synchronized"),
        (dt.date(2026, 11, 20), OLD, "year_not_synchronized"),
        (dt.date(2026, 11, 20), ANCIENT, "year_closed"),
    ],
)
def test_what_holds_an_enrolment_by_its_year(place, day, year, reason):
    """A start in the future and summer school are enrolments as others are: their school year alone decides."""
    CodeValue.objects.create(class_name="SchoolYearType", code="Accepted", first_school_year=SchoolYear(2015))
    with clock.moved_to(dt.datetime(day.year, day.month, day.day, 18, tzinfo=dt.UTC)):
        for start, kind in ((f"{year.ending - 1}-09-01", "Regular"), (f"{year.ending}-07-02", "SummerSchool")):
            days = {"start_date": dt.date.fromisoformat(start), "exit_date": dt.date(year.ending, 7, 31)}
            enrolment = factories.EnrolmentFactory(school_year=year, programming_type=kind, **days)
            enrolments.change(SYNC, enrolment.pk, {"grade": "09"})
            assert factories.take_up(enrolment).reason == reason


def test_before_pasi_has_told_its_year_nothing_goes_out(place):
    factories.synchronizing(current_school_year=None, accepted_school_years=[])
    enrolment = factories.EnrolmentFactory(school_year=CURRENT)
    enrolments.change(SYNC, enrolment.pk, {"grade": "09"})
    assert factories.take_up(enrolment).reason == "years_unknown"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_next_one_is_found_quickly_with_statistics_from_before_a_bulk_job(on_a_fixed_day):
    """PostgreSQL expects no waiting row where thousands are: it must neither sort nor join them."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL has statistics")
    factories.synchronizing(current_school_year=SchoolYear(2027))
    now = clock.now()

    def fill(first, status):
        Submission.objects.bulk_create(
            Submission(
                entity="school_enrolment", subject_id=number, lane=f"student:{number // 2}", key=str(uuid4()),
                school_code="4801", status=status, seen_version=0, actor_name="n", actor_local_id="n", actor_ip="::1",
                next_attempt_at=now, created_at=now, changed_at=now,
            )
            for number in range(first, first + 2000)
        )  # fmt: skip

    with connection.cursor() as cursor:
        fill(0, Status.ACCEPTED)
        cursor.execute("ANALYZE pasi_connect_submission")
        fill(2000, Status.WAITING)
        asked = []

        def explained(execute, sql, params, many, context):
            if sql.startswith("SELECT") and "SKIP LOCKED" in sql:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                asked.append(cursor.fetchone()[0])
            return execute(sql, params, many, context)

        with transaction.atomic(), connection.execute_wrapper(explained):
            claiming.claim()  # these rows have no enrolments: what was found is noted as a fault of its record
    [plan] = asked
    plan = plan if isinstance(plan, list) else json.loads(plan)
    assert plan[0]["Plan"]["Shared Hit Blocks"] < 100
