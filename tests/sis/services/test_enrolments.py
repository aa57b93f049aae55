"""The one door: record, audit entry and event in one transaction, or nothing at all."""

import datetime as dt
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from operations.actor import of_user
from operations.models import AuditEntry
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.rules.school_year import SchoolYear
from sis.services import enrolments, events
from tests import factories

pytestmark = pytest.mark.django_db

YEAR = SchoolYear(2027)
MAY = dt.date(2027, 5, 14)
VALUES = {
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 26),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
}


@pytest.fixture
def user():
    return factories.UserFactory(first_name="Ana", last_name="Moreau", local_id="amoreau")


@pytest.fixture
def actor(user):
    return of_user(user, "10.0.0.9")


@pytest.fixture
def enrolment():
    return factories.EnrolmentFactory(school_year=YEAR)


def written():
    return AuditEntry.objects.count(), DataEvent.objects.count()


def test_a_change_leaves_the_record_an_audit_entry_and_an_event(enrolment, actor, user):
    changed = enrolments.change(
        actor, enrolment.pk, {"exit_date": MAY, "grade": "09"}, seen_version=41, reason="Moves away"
    )
    assert (changed.exit_date, changed.grade, changed.revision) == (MAY, "09", enrolment.revision + 1)
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).exit_date == MAY
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.actor_name, entry.actor_ip, entry.reason) == (
        user,
        "Ana Moreau",
        "10.0.0.9",
        "Moves away",
    )
    assert entry.changes == {"exit_date": ["2027-06-26", "2027-05-14"], "grade": ["08", "09"]}
    assert (entry.subject_id, entry.school_code) == (str(enrolment.pk), enrolment.school.code)
    event = DataEvent.objects.get()
    assert (event.fields, event.origin, event.seen_version) == (["exit_date", "grade"], Origin.SIS, 41)
    assert (event.user, event.actor_local_id, event.actor_ip) == (user, "amoreau", "10.0.0.9")
    assert (event.subject_id, event.student_id, event.collected_at) == (enrolment.pk, enrolment.student_id, None)


def test_nothing_is_written_when_nothing_differs(enrolment, actor):
    same = enrolments.change(actor, enrolment.pk, {"grade": enrolment.grade, "grants_program_codes": " , "})
    assert (same.revision, written()) == (enrolment.revision, (0, 0))


def test_codes_are_stored_in_their_one_form(enrolment, actor):
    changed = enrolments.change(actor, enrolment.pk, {"grants_program_codes": "500, 301,500"})
    assert changed.grants_program_codes == "301 500"
    assert enrolments.change(actor, enrolment.pk, {"grants_program_codes": "301 500"}).revision == changed.revision


def test_a_stale_form_is_refused_with_the_present_record(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"grade": "09"}, expected_revision=enrolment.revision)
    before = written()
    with pytest.raises(enrolments.StaleRecord) as refused:
        enrolments.change(actor, enrolment.pk, {"exit_date": MAY}, expected_revision=enrolment.revision)
    assert (refused.value.current.grade, refused.value.current.revision) == ("09", enrolment.revision + 1)
    assert written() == before


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"exit_date": dt.date(2026, 8, 31)}, ["exit_date"]),
        ({"program_percentage": 50}, ["program_percentage"]),
        ({"start_date": None, "exit_date": None}, ["exit_date", "start_date"]),
        ({"student": 5}, ["student"]),
        ({"revision": 1, "grade": "09"}, ["revision"]),
    ],
)
def test_a_broken_rule_is_told_at_its_field_and_nothing_is_written(enrolment, actor, wanted, fields):
    with pytest.raises(ValidationError) as refused:
        enrolments.change(actor, enrolment.pk, wanted)
    assert sorted(refused.value.message_dict) == fields
    assert written() == (0, 0)
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).exit_date == enrolment.exit_date


def test_the_number_of_a_rule_is_told(enrolment, actor):
    with pytest.raises(ValidationError, match="10016"):
        enrolments.change(actor, enrolment.pk, {"exit_date": dt.date(2026, 8, 31)})


def test_what_comes_from_pasi_is_taken_as_it_is(enrolment, actor):
    changed = enrolments.change(actor, enrolment.pk, {"program_percentage": 50}, origin=Origin.PASI)
    assert changed.program_percentage == 50
    assert DataEvent.objects.get().origin == Origin.PASI


def test_a_new_enrolment(actor):
    student, school = factories.StudentFactory(), factories.SchoolFactory()
    made = enrolments.create(actor, student, school, YEAR, {**VALUES, "grants_program_codes": "500 301"})
    assert (made.student, made.school, made.school_year, made.revision) == (student, school, YEAR, 1)
    entry = AuditEntry.objects.get()
    assert entry.action == "enrolment created"
    assert entry.changes["grants_program_codes"] == [None, "301 500"]
    assert "program_percentage" not in entry.changes
    assert DataEvent.objects.get().fields == sorted(enrolments.EDITABLE)


def test_a_new_enrolment_that_breaks_a_rule_is_not_made(actor):
    given = {**VALUES, "exit_date": dt.date(2028, 6, 1)}
    with pytest.raises(ValidationError):
        enrolments.create(actor, factories.StudentFactory(), factories.SchoolFactory(), YEAR, given)
    assert not SchoolEnrolment.objects.exists()
    assert written() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_record_audit_and_event_stand_or_fall_together(actor):
    enrolment = factories.EnrolmentFactory(school_year=YEAR)
    with transaction.atomic():
        enrolments.change(actor, enrolment.pk, {"grade": "09"})
        assert written() == (1, 1)
        transaction.set_rollback(True)  # the request breaks off
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).grade == "08"
    assert written() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_does_not_undo_a_change(actor, caplog, monkeypatch):
    from config.celery import app

    enrolment = factories.EnrolmentFactory(school_year=YEAR)
    before = app.conf.broker_url
    app.conf.broker_url = "redis://127.0.0.1:9/0"
    app.pool.force_close_all()
    app._pool = None
    app.amqp._producer_pool = None
    try:
        enrolments.change(actor, enrolment.pk, {"grade": "09"})
    finally:
        app.conf.broker_url = before
        app._pool = None
        app.amqp._producer_pool = None
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).grade == "09"
    assert DataEvent.objects.filter(collected_at=None).count() == 1
    assert "Could not wake pasi_connect.send" in caplog.text


def test_the_collector_is_woken_only_after_the_commit(enrolment, actor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        enrolments.change(actor, enrolment.pk, {"grade": "09"})
    assert [callback.args for callback in callbacks] == [("pasi_connect.send",)]


def test_the_database_itself_keeps_the_dates_in_order(enrolment):
    with pytest.raises(DatabaseError), transaction.atomic():
        SchoolEnrolment.objects.filter(pk=enrolment.pk).update(exit_date=dt.date(2020, 1, 1))


def test_an_audit_entry_is_never_changed(enrolment, actor):
    enrolments.change(actor, enrolment.pk, {"grade": "09"})
    entry = AuditEntry.objects.get()
    entry.reason = "better"
    with pytest.raises(TypeError):
        entry.save()


def test_events_name_the_subject(enrolment, actor):
    event = events.leave(actor, enrolment, ["grade", "deleted"])
    assert (event.entity, event.fields) == ("school_enrolment", ["deleted", "grade"])


TEXTS = (
    "local_student_id", "programming_type", "programming_timeframe", "fnmi_declaration", "enrolment_type_codes",
    "exception_codes", "grants_program_codes", "entry_code", "exit_code",
)  # fmt: skip


CHARACTERS = ("\x1a", "\x1b", "\x1f", "\x07", "\x7f", "\x9f", "\ufffe")


@pytest.mark.parametrize(
    ("name", "character"),
    [
        (name, character)
        for name, character in product(TEXTS, CHARACTERS)
        if not (name in enrolments.CODES and character.isspace())  # a separator between codes, which is not kept
    ],
)
def test_a_character_that_no_message_can_carry_is_refused_at_the_door(enrolment, actor, name, character):
    with pytest.raises(ValidationError) as refused:
        enrolments.change(actor, enrolment.pk, {name: f"A{character}1"})
    assert "control character" in refused.value.message_dict[name][0]
    with pytest.raises(ValidationError) as refused:
        enrolments.create(actor, enrolment.student, enrolment.school, YEAR, {**VALUES, name: f"A{character}1"})
    assert name in refused.value.message_dict
    done = enrolments.change_many(actor, {enrolment.pk: {name: f"A{character}1"}})
    assert name in done.refused[enrolment.pk].message_dict
    assert written() == (0, 0)


def test_an_old_text_with_such_a_character_keeps_nobody_from_working(enrolment, actor):
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(local_student_id="A\x1a1")
    assert enrolments.change(actor, enrolment.pk, {"grade": "09"}).grade == "09"
