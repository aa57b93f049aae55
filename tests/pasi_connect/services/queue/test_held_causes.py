"""Each cause that holds a submission, and its cure that sets it free."""

import datetime as dt

import pytest

from operations import clock
from operations.actor import of_user
from operations.models import PendingTask
from operations.services import accounts
from pasi_connect import tasks
from pasi_connect.models import Discrepancy, SchoolCopy, StudentCopy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services import setting_up
from pasi_connect.services.queue import claiming, reviews, sending, submissions
from sis.models.organization import State
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


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
