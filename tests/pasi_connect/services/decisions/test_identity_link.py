"""A moved record is linked anew, or PASI shows it to us no more: nothing is sent, and nothing vanishes unsaid."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, Link
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions
from pasi_connect.services.pull import pulling
from pasi_connect.services.queue import collecting, forcing, submissions
from pasi_connect.services.states import state_of
from tests.pasi_connect.services.decisions.steps import settle
from tests.pasi_connect.world import OTHER_SCHOOL

pytestmark = pytest.mark.django_db


def test_linked_anew_the_sis_record_is_missing_in_pasi_and_nothing_is_sent(world, moved):
    queued = world.queue(moved, grade="10")
    item = world.item(moved)
    decision = decisions.link_anew(world.actor, item.pk, reason="Two students", version=item.version)
    item.refresh_from_db()
    queued.refresh_from_db()
    assert (item.status, item.settled_by, queued.status) == ("settled", "link_anew", Status.CANCELLED)
    assert world.item(moved).kind == Kind.MISSING_IN_PASI
    assert Discrepancy.objects.get(key=item.key, status="open").kind == Kind.CREATED_IN_PASI
    collecting.collect(ENTITY.kind, moved.pk)
    assert world.pasi.calls() == []
    assert decisions.why_not_undo(decision) == ""


def test_linked_anew_to_pasis_other_record_of_the_same_student_where_there_is_one(world, moved):
    ref_id = world.in_pasi_only(StateProvinceId=moved.student.asn, Grade="09")
    world.pull()
    decisions.link_anew(world.actor, world.item(moved).pk)
    assert world.link(moved).key == ref_id
    assert world.item(moved).kind == Kind.NEVER_AGREED


def test_a_new_link_is_taken_back_until_it_is_decided_what_becomes_of_the_record(world, moved):
    item = world.item(moved)
    decision = decisions.link_anew(world.actor, item.pk)
    decisions.undo(world.actor, decision.pk)
    item.refresh_from_db()
    assert (item.status, item.kind, world.link(moved).key) == ("open", Kind.IDENTITY_CHANGED_IN_PASI, item.key)
    assert Discrepancy.objects.filter(status="open").count() == 1
    again = decisions.link_anew(world.actor, item.pk)
    decisions.reject(world.actor, world.item(moved).pk, reason="Send it")
    with pytest.raises(ValidationError, match="Undo that decision first"):
        decisions.undo(world.actor, again.pk)
    assert settle(world, moved).status == Status.ACCEPTED
    assert world.theirs(moved)["StateProvinceId"] == moved.student.asn


def test_a_new_link_is_not_taken_back_once_pasis_record_is_entered_here(world, moved):
    item = world.item(moved)
    decision = decisions.link_anew(world.actor, item.pk)
    decisions.accept(world.actor, Discrepancy.objects.get(key=item.key, status="open").pk)
    assert "enrolment of its own" in decisions.why_not_undo(decision)
    assert Link.objects.filter(key=item.key).exists()


def test_only_a_moved_record_is_linked_anew(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, RegistrationExitDate=dt.date(2027, 5, 14).isoformat())
    world.pull()
    with pytest.raises(decisions.Moved):
        decisions.link_anew(world.actor, world.item(enrolment).pk)


# Not shown to us any more ----------------------------------------------------------------------------------------


@pytest.fixture
def hidden(world):
    """PASI has moved the record to another authority's school; the student has no other enrolment of ours, so we see neither."""
    world.all_in_step(4)
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolCode=OTHER_SCHOOL)
    world.pull()
    assert state_of(enrolment).state == "in_step"  # no news come of what we may not see
    world.puller.ask(0, with_hash=True)
    world.pull()
    return enrolment


def test_a_record_moved_out_of_our_sight_is_an_identity_change_and_not_missing(world, hidden):
    item = world.item(hidden)
    assert (item.kind, item.undecided, item.changed_by) == (Kind.IDENTITY_CHANGED_IN_PASI, 1, "")
    assert [(row["name"], row["sis"], row["pasi"]) for row in item.fields] == [("school", "4801", None)]
    assert state_of(hidden).reason == Kind.IDENTITY_CHANGED_IN_PASI
    assert Discrepancy.objects.filter(status="open").count() == 1


@pytest.mark.parametrize("wanted", [{"grade": "10"}, {"exit_date": dt.date(2027, 6, 1)}])
def test_of_a_record_that_pasi_does_not_show_nothing_is_sent(world, hidden, wanted):
    before = len(world.pasi.calls("SubmitStudentSchoolEnrolment"))
    queued = world.queue(hidden, **wanted)
    assert (queued.status, queued.reason) == (Status.HELD, "identity_changed")
    submissions.release_held()
    assert world.send(queued).status == Status.HELD
    assert len(world.pasi.calls("SubmitStudentSchoolEnrolment")) == before


def test_deleted_here_it_needs_nobody(world, hidden):
    queued = world.queue(hidden, deleted=True)
    assert world.send(queued).status == Status.NO_CHANGE
    assert queued.reason == "not_shown"
    assert world.item(hidden) is None
    assert not world.pasi.enrolment(world.link(hidden).key)["IsDeleted"]


@pytest.mark.parametrize("decide", [decisions.accept, decisions.reject])
def test_neither_side_can_be_taken_of_what_is_not_shown(world, hidden, decide):
    with pytest.raises(ValidationError, match="no longer shows us"):
        decide(world.actor, world.item(hidden).pk, reason="It is ours")


def test_linking_anew_is_the_way_out_and_can_be_taken_back(world, hidden):
    item = world.item(hidden)
    decision = decisions.link_anew(world.actor, item.pk, version=item.version)
    assert world.link(hidden).hidden_at is None
    assert world.item(hidden).kind == Kind.MISSING_IN_PASI
    decisions.undo(world.actor, decision.pk)
    assert world.item(hidden).kind == Kind.IDENTITY_CHANGED_IN_PASI


def test_it_settles_by_itself_when_pasi_shows_the_record_again(world, hidden):
    world.change_in_pasi(hidden, SchoolCode="4801")
    world.pull()
    assert world.item(hidden) is None
    assert world.link(hidden).hidden_at is None
    assert state_of(hidden).state == "in_step"


def test_a_record_moved_to_a_year_that_is_not_asked_for_is_found(world):
    world.all_in_step(4)
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolYear=2028)
    world.puller.ask(0, with_hash=True)
    world.pull()
    item = world.item(enrolment)
    assert item.kind == Kind.IDENTITY_CHANGED_IN_PASI
    assert [(row["name"], row["pasi"]) for row in item.fields] == [("school_year", "2027-2028")]


def test_what_is_really_gone_is_still_missing(world):
    world.all_in_step(4)
    enrolment = world.in_step()
    world.pasi.remove(world.link(enrolment).key)
    world.puller.ask(0, with_hash=True)
    world.pull()
    assert world.item(enrolment).kind == Kind.MISSING_IN_PASI


def test_a_live_read_finds_it_at_once(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolCode=OTHER_SCHOOL)
    forcing.send_now(world.actor, enrolment)
    assert world.item(enrolment).kind == Kind.IDENTITY_CHANGED_IN_PASI


def test_while_pasi_does_not_answer_nothing_vanishes(world, monkeypatch):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolCode=OTHER_SCHOOL)
    read = pulling.reading.read
    monkeypatch.setattr(pulling.reading, "read", lambda *_: (_ for _ in ()).throw(pulling.reading.NotAnswered("away")))
    for _ in range(3):
        world.puller.ask(0, with_hash=True)
    assert state_of(enrolment).state == "in_step"
    monkeypatch.setattr(pulling.reading, "read", read)
    world.pull()
    assert world.item(enrolment).kind == Kind.IDENTITY_CHANGED_IN_PASI
