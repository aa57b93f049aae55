"""What PASI may hold and an enrolment here cannot: told in words everywhere, decided field by field, and nothing stops at it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from operations.actor import of_user
from operations.models import JobRow
from operations.services import jobs
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, EnrolmentCopy, Failure, Submission
from pasi_connect.rules import days
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk
from pasi_connect.services.pull import copies
from sis.models import SchoolEnrolment
from tests import factories
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db

START, EXIT = "RegistrationStartDate", "RegistrationExitDate"
LONG = "1234567890123456"  # a local student number here has 15 characters
VERY_LONG = "9" * 60


def local_id(text):
    return {"Name": "SISV1", "KeyValues": [{"Key": "LocalStudentId", "Value": text}]}


ODD = {
    "reversed": {START: "2027-03-01", EXIT: "2026-10-01"},
    "no exit": {EXIT: None},
    "no start": {START: None},
    "neither": {START: None, EXIT: None},
    "year 0001": {START: "0001-01-01"},
    "year 9999": {EXIT: "9999-12-31"},
    "five digits": {START: "12026-09-01"},
    "long text": {"ExtendedSchoolEnrolmentInfo": local_id(LONG)},
    "longer than the copy": {"ExtendedSchoolEnrolmentInfo": local_id(VERY_LONG)},
    "percentage below zero": {"SchoolProvidedProgramPercentage": -5},
}
odd = pytest.mark.parametrize("members", list(ODD.values()), ids=list(ODD))


@pytest.fixture
def registrar(world):
    """A browser and an API client of the registrar."""
    client = Client()
    client.force_login(world.user)
    return client, client_of(world.user)


def looked_at(world, registrar, item):
    """Every page, file and answer that shows the item."""
    client, api = registrar
    for address in ("/", "/changes/", f"/changes/{item.pk}/", "/changes/export/csv/", "/changes/export/xlsx/"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.streaming:
            b"".join(answer.streaming_content)
    assert api.get(f"discrepancies/{item.pk}/").status_code == 200
    assert api.get("discrepancies/").status_code == 200
    return client.get(f"/changes/{item.pk}/").content.decode()


@odd
def test_a_linked_record_is_shown_kept_and_reset(world, registrar, members):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **members)
    beside = world.in_pasi_only()
    world.pull()
    assert not Failure.objects.exists()
    assert EnrolmentCopy.objects.filter(key=beside).exists()  # the others of the same answer
    item = world.item(enrolment)
    text = looked_at(world, registrar, item)
    for value in members.values():
        if isinstance(value, str):
            assert value in text
    client, api = registrar
    refused = api.post(f"discrepancies/{item.pk}/accept/", {})
    assert refused.status_code == 400, refused.content
    assert "corrected in PASI" in refused.content.decode()
    answer = client.post(f"/changes/{item.pk}/", {"do": "all-pasi", "version": item.version})
    assert answer.status_code == 422
    assert "corrected in PASI" in answer.content.decode()
    before = SchoolEnrolment.objects.get(pk=enrolment.pk)
    assert (before.start_date, before.revision) == (enrolment.start_date, enrolment.revision)
    decisions.reject(world.actor, item.pk, reason="Ours is right")
    assert looked_at(world, registrar, item)
    world.send(world.take_up(enrolment))
    world.pull()
    theirs = world.theirs(enrolment)
    assert (theirs[START], theirs[EXIT]) == (enrolment.start_date.isoformat(), enrolment.exit_date.isoformat())
    item.refresh_from_db()
    assert (item.status, item.settled_by) == ("settled", "reject")
    assert looked_at(world, registrar, item)


@odd
def test_a_record_created_in_pasi_is_told_and_can_be_deleted_there(world, registrar, members):
    ref_id = world.in_pasi_only(**members)
    world.pull()
    item = Discrepancy.objects.get(key=ref_id)
    looked_at(world, registrar, item)
    with pytest.raises(ValidationError) as refused:
        decisions.accept(world.actor, item.pk)
    assert "corrected in PASI" in " ".join(refused.value.messages)
    assert not SchoolEnrolment.objects.filter(links__key=ref_id).exists()
    decisions.reject(world.actor, item.pk, reason="Nobody of ours")
    made = SchoolEnrolment.objects.get(links__key=ref_id)
    sent = world.send(world.take_up(made))
    if None in members.values():  # no message can be without it, so nothing is sent that PASI must refuse
        assert (sent.status, sent.reason, world.pasi.enrolment(ref_id)["IsDeleted"]) == ("held", "value_refused", False)
    else:
        assert (sent.status, sent.sent_fields, world.pasi.enrolment(ref_id)["IsDeleted"]) == (
            "accepted",
            ["deleted"],
            True,
        )


@odd
def test_a_bulk_says_of_it_what_is_wrong_and_decides_the_others(world, members):
    many = world.all_in_step(3)
    world.change_in_pasi(many[0], **members)
    for one in many[1:]:
        world.change_in_pasi(one, Grade="09")
    world.pull()
    officer = of_user(factories.UserFactory(role="District officer"))
    items = Discrepancy.objects.filter(status="open")
    _action, job, _found = bulk.start(officer, items, bulk.Choice("accept", "As in PASI", None), {})
    jobs.run(job.pk)
    job.refresh_from_db()
    assert [SchoolEnrolment.objects.get(pk=one.pk).grade for one in many[1:]] == ["09", "09"]
    row = JobRow.objects.get(job=job)
    assert (row.code, row.key) == ("not_possible", world.link(many[0]).key)
    assert "corrected in PASI" in row.message


def test_what_goes_back_unchanged_goes_back_as_it_came(world):
    """A submit of another field over a record whose odd day nobody has decided on is held; kept here, our day goes out."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **{START: "12026-09-01"})
    world.pull()
    sent = world.queue(enrolment, grade="09")
    world.send(sent)
    assert (sent.status, sent.reason, sent.detail) == ("held", "undecided_refused", "start_date")
    assert not world.pasi.calls()
    decisions.reject(world.actor, Discrepancy.objects.get(status="open").pk, reason="Ours is right")
    world.send(world.take_up(enrolment))
    theirs = world.pasi.enrolment(world.link(enrolment).key)
    assert (theirs["Grade"], theirs[START]) == ("09", enrolment.start_date.isoformat())


def test_two_days_decided_differently_are_looked_at_together(world, registrar):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **{START: "2027-02-01", EXIT: "2027-03-01"})
    world.pull()
    world.edit(enrolment, exit_date=dt.date(2027, 1, 15))
    world.take_up(enrolment)
    item = world.item(enrolment)
    _client, api = registrar
    for choice in (
        {"accepted": ["start_date"], "rejected": ["exit_date"]},  # 1 February to 15 January here
        {"accepted": ["start_date"], "rejected": []},
    ):
        with pytest.raises(ValidationError) as refused:
            decisions.decide(world.actor, item.pk, reason="Seen", **choice)
        assert "Decide both dates the same way" in refused.value.messages[0]
    assert api.post(f"discrepancies/{item.pk}/accept/", {"fields": ["start_date"]}).status_code == 400
    decisions.decide(world.actor, item.pk, accepted=["start_date", "exit_date"], reason="Seen")
    now = SchoolEnrolment.objects.get(pk=enrolment.pk)
    assert (now.start_date, now.exit_date) == (dt.date(2027, 2, 1), dt.date(2027, 3, 1))


def test_a_day_kept_against_a_reversed_record_is_looked_at_with_the_other(world):
    """What PASI would hold then: our start of May before its exit of March."""
    enrolment = world.in_step(start_date=dt.date(2027, 5, 3))
    world.change_in_pasi(enrolment, **{START: "2027-02-01", EXIT: "2027-03-01"})
    world.pull()
    item = world.item(enrolment)
    with pytest.raises(ValidationError) as refused:
        decisions.reject(world.actor, item.pk, ["start_date"], reason="Ours")
    assert "2027-05-03" in refused.value.messages[0]
    assert not Submission.objects.exists()
    assert decisions.reject(world.actor, item.pk, ["start_date", "exit_date"], reason="Ours").rejected


def test_taking_pasis_former_odd_day_is_refused_in_words(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **{START: "0001-01-01"})
    world.pull()
    made = decisions.reject(world.actor, world.item(enrolment).pk, reason="Ours")
    world.send(world.take_up(enrolment))
    world.pull()
    with pytest.raises(ValidationError) as refused:
        decisions.take_former(world.actor, made.pk)
    assert "0001-01-01" in " ".join(refused.value.messages)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-09-01", dt.date(2026, 9, 1)),
        ("2026-09-01Z", dt.date(2026, 9, 1)),
        ("2026-09-01-06:00", dt.date(2026, 9, 1)),
        ("0001-01-01", "0001-01-01"),
        ("12026-09-01", "12026-09-01"),
        ("-0044-03-15", "-0044-03-15"),
        ("9999-12-31", "9999-12-31"),
        ("2026-02-30", "2026-02-30"),
    ],
)
def test_a_day_is_a_day_here_or_pasis_own_text(text, found):
    assert days.day(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-08-31T24:00:00", dt.datetime(2026, 9, 1, tzinfo=dt.UTC)),
        ("2026-12-31T24:00:00Z", dt.datetime(2027, 1, 1, tzinfo=dt.UTC)),
        ("2026-08-31T23:59:59.123Z", dt.datetime(2026, 8, 31, 23, 59, 59, 123000, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("12026-01-01T00:00:00Z", "12026-01-01T00:00:00Z"),
    ],
)
def test_a_moment_is_a_moment_or_pasis_own_text(text, found):
    assert days.moment(text) == found


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "2026-08-31T24:00:00Z", "12026-01-01T00:00:00Z"])
def test_a_stamp_that_is_no_moment_here_is_stored_as_none(world, registrar, moment):
    enrolment = world.in_step()
    document = {**copies.to_document(world.copy(enrolment).document, ENTITY), "Grade": "09"}
    document["PASICoreVersion"] += 1
    document["EffectiveUtc"] = days.moment(moment)
    copies.store(EnrolmentCopy, [copies.Received(document, copies.to_xml(document, ENTITY))])
    copy = world.copy(enrolment)
    assert copy.grade == "09"
    assert (copy.effective_at is None) == isinstance(days.moment(moment), str)
    assert copies.to_document(copy.document, ENTITY)["EffectiveUtc"] == document["EffectiveUtc"]
