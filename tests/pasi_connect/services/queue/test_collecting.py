"""From data events to one submission a record; what holds it, and what sets it free."""

import datetime as dt
import json
import threading
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from operations import clock
from operations.actor import SYNC, of_user
from operations.models import PendingTask
from operations.services import accounts
from pasi_connect import tasks
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import CodeValue, Discrepancy, Link, SchoolCopy, StudentCopy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services import setting_up
from pasi_connect.services.queue import claiming, collecting, reviews, sending, submissions
from sis.models import DataEvent
from sis.models.event import Origin
from sis.models.organization import State
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def place(on_a_fixed_day):
    """A synchronized district without a PASI: nothing here makes a call."""
    return factories.synchronizing(current_school_year=SchoolYear(2027), accepted_school_years=[2025, 2026, 2027, 2028])


@pytest.fixture
def enrolment(place):
    made = factories.EnrolmentFactory()
    factories.link_and_copy(made, version=10)
    return made


@pytest.fixture
def actor(db):
    return of_user(factories.UserFactory(first_name="Ana", last_name="Moreau", local_id="amoreau"), "10.0.0.9")


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


# Held ------------------------------------------------------------------------------------------------------------


def break_sync(enrolment):
    factories.synchronizing(regular_synchronization=False)


def break_school(enrolment):
    enrolment.school.enrolment_sync = State.INACTIVE
    enrolment.school.save()


def break_year(enrolment):
    enrolment.school_year = SchoolYear(2026)
    enrolment.start_date, enrolment.exit_date = dt.date(2025, 9, 1), dt.date(2026, 6, 26)
    enrolment.save()


def break_accepted(enrolment):
    factories.synchronizing(accepted_school_years=[2026])


def break_asn(enrolment):
    enrolment.student.asn = None
    enrolment.student.save()


def break_text(enrolment):
    enrolment.local_student_id = "Łódź"
    enrolment.save()


def break_text_by_a_control_character(enrolment):
    """As a load of former days left it; the door refuses it today."""
    enrolment.local_student_id = "A\x1a1"
    enrolment.save()


def break_local_id(enrolment):
    enrolment.person.username = "łucja"
    enrolment.person.local_id = ""
    enrolment.person.save()


def break_person(enrolment):
    enrolment.person.first_name = "Łucja"
    enrolment.person.save()


def mend_sync(enrolment):
    factories.synchronizing()


def mend_school(enrolment):
    enrolment.school.enrolment_sync = State.ACTIVE
    enrolment.school.save()


def mend_year(enrolment):
    factories.synchronizing(historical_years=1)


def mend_accepted(enrolment):
    factories.synchronizing(accepted_school_years=[2026, 2027])


def mend_asn(enrolment):
    enrolment.student.asn = "123456789"
    enrolment.student.save()


def mend_text(enrolment):
    reviews.agree_spelling(of_user(enrolment.person), enrolment, {"local_student_id": "Lodz"})


def mend_text_by_a_control_character(enrolment):
    reviews.agree_spelling(of_user(enrolment.person), enrolment, {"local_student_id": "A1"})


def mend_local_id(enrolment):
    enrolment.person.local_id = "lucja"
    enrolment.person.save()


def mend_person(enrolment):
    enrolment.person.plain_name = "Lucja Moreau"
    enrolment.person.save()


def pasi_says(enrolment, **told):
    StudentCopy.objects.update_or_create(
        asn=enrolment.student.asn,
        defaults={"core_version": 1, "stored_at": clock.now(), "digest": "", "document": b"", **told},
    )


def break_active(enrolment):
    pasi_says(enrolment, is_deactivated=True)


def mend_active(enrolment):
    pasi_says(enrolment, is_deactivated=False)


def break_primary(enrolment):
    pasi_says(enrolment, primary_asn="411111111")


def mend_primary(enrolment):
    type(enrolment.student).objects.filter(pk=enrolment.student_id).update(asn="411111111")


def break_owner(enrolment):
    SchoolCopy.objects.create(
        code=enrolment.school.code,
        authority_code="9999",
        core_version=1,
        stored_at=clock.now(),
        digest="",
        document=b"",
    )


def mend_owner(enrolment):
    SchoolCopy.objects.update(authority_code=enrolment.school.authority.code)


@pytest.mark.parametrize(
    ("reason", "cause", "cure"),
    [
        ("sync_off", break_sync, mend_sync),
        ("school_inactive", break_school, mend_school),
        ("year_not_synchronized", break_year, mend_year),
        ("year_not_accepted", break_accepted, mend_accepted),
        ("no_asn", break_asn, mend_asn),
        ("pasi_9009", break_active, mend_active),
        ("pasi_9011", break_primary, mend_primary),
        ("pasi_10058", break_owner, mend_owner),
        ("text_outside", break_text, mend_text),
        ("text_outside", break_text_by_a_control_character, mend_text_by_a_control_character),
        ("person_outside", break_person, mend_person),
        ("person_outside", break_local_id, mend_local_id),
    ],
)
def test_a_change_is_held_while_the_cause_lasts_and_then_goes(place, reason, cause, cure):
    enrolment = factories.EnrolmentFactory()
    enrolment.person = factories.UserFactory(first_name="Ana", last_name="Moreau")
    cause(enrolment)
    enrolments.change(of_user(enrolment.person), enrolment.pk, {"grade": "09"})
    held = factories.take_up(enrolment)
    assert (held.status, held.reason) == (Status.HELD, reason)
    assert list(sending.due()) == []
    submissions.release_held()
    held.refresh_from_db()
    assert held.status == Status.HELD
    cure(enrolment)
    submissions.release_held()
    held.refresh_from_db()
    assert (held.status, held.reason) == (Status.WAITING, "")
    assert list(sending.due()) == [held]


def test_a_name_that_is_written_otherwise_sends_what_it_held(place):
    enrolment = factories.EnrolmentFactory()
    enrolment.person = factories.UserFactory(first_name="Ana", last_name="Łącka")
    enrolments.change(of_user(enrolment.person), enrolment.pk, {"grade": "09"})
    held = factories.take_up(enrolment)
    assert (held.status, held.reason) == (Status.HELD, "person_outside")
    own = {"plain_name": "", "theme": "dark", "language": "", "shortcuts_enabled": True}
    accounts.save_profile(of_user(enrolment.person), enrolment.person.pk, own)
    assert not PendingTask.objects.filter(task=setting_up.RELEASE).exists()
    accounts.save_profile(of_user(enrolment.person), enrolment.person.pk, own | {"plain_name": "Ana Lacka"})
    tasks.release()
    held.refresh_from_db()
    assert held.status == Status.WAITING
    assert not PendingTask.objects.filter(task=setting_up.RELEASE).exists()


def test_the_text_that_holds_is_named(place, actor):
    enrolment = factories.EnrolmentFactory(local_student_id="Łódź")
    enrolments.change(actor, enrolment.pk, {"grade": "09"})
    assert factories.take_up(enrolment).detail == "local_student_id"


def test_a_text_that_is_not_sent_now_holds_nothing(enrolment, actor):
    """Only what goes out must fit: the agreed rest stands in PASI already."""
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY})
    assert factories.take_up(enrolment).status == Status.WAITING


def test_a_field_in_dispute_holds_until_it_is_decided(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"grade": "07"}, seen_version=11)
    factories.changed_in_pasi(enrolment, grade="09")
    held = factories.take_up(enrolment)
    assert (held.status, held.reason) == (Status.HELD, "undecided")
    assert Discrepancy.objects.get().kind == "changed_on_both"


def test_a_claim_finds_out_what_has_come_to_hold_it_since(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"exit_date": MAY})
    queued = factories.take_up(enrolment)
    break_school(enrolment)
    submission, flight = claiming.claim(queued.pk)
    queued.refresh_from_db()
    assert (flight, queued.status, queued.reason) == (None, Status.HELD, "school_inactive")
    assert (queued.lease_until, queued.attempts) == (None, 0)
    assert submission.pk == queued.pk


def test_an_agreed_spelling_must_fit_and_leaves_the_record_alone(place, actor):
    enrolment = factories.EnrolmentFactory(local_student_id="Łódź")
    enrolments.change(actor, enrolment.pk, {"grade": "09"})
    factories.take_up(enrolment)
    with pytest.raises(Exception, match="Latin letters"):
        reviews.agree_spelling(actor, enrolment, {"local_student_id": "Łodz"})
    reviews.agree_spelling(actor, enrolment, {"local_student_id": "Lodz"})
    enrolment.refresh_from_db()
    assert enrolment.local_student_id == "Łódź"
    _submission, flight = claiming.claim(Submission.objects.get().pk)
    assert flight.legs[0].document["ExtendedSchoolEnrolmentInfo"]["KeyValues"] == [
        {"Key": "LocalStudentId", "Value": "Lodz"}
    ]


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
