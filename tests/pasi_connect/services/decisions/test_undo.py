"""A decision is taken back, or says why it cannot be. With PASI at the other end."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from operations import clock
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Decision, Discrepancy, Link, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions
from pasi_connect.services.queue import collecting
from sis.models import SchoolEnrolment
from tests import factories
from tests.pasi_connect.services.decisions.steps import present, settle

pytestmark = pytest.mark.django_db

MAY = "2027-05-14"


def test_an_accept_is_taken_back_and_the_item_opens_as_it_was(world, changed):
    item = world.item(changed)
    before = item.fields
    decision = decisions.accept(world.actor, item.pk)
    assert decisions.why_not_undo(decision) == ""
    decisions.undo(world.actor, decision.pk)
    item.refresh_from_db()
    assert (item.status, item.kind, item.fields) == ("open", Kind.CHANGED_IN_PASI, before)
    assert (present(changed).grade, world.link(changed).agreed["grade"]) == ("08", "08")
    collecting.collect(ENTITY.kind, changed.pk)
    assert not Submission.objects.exists()
    decision.refresh_from_db()
    assert decision.undone_by == world.user.full_name


def test_an_accept_of_what_was_never_agreed_is_never_agreed_again(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09")
    Link.objects.update(agreed=None, agreed_digest="")
    world.pull()
    decision = decisions.accept(world.actor, world.item(enrolment).pk)
    decisions.undo(world.actor, decision.pk)
    assert world.item(enrolment).kind == Kind.NEVER_AGREED


def test_a_reject_that_has_not_gone_out_is_taken_back_and_nothing_goes_out(world, changed):
    decision = decisions.reject(world.actor, world.item(changed).pk, reason="Wrong")
    queued = world.take_up(changed)
    decisions.undo(world.actor, decision.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.reason) == (Status.CANCELLED, "undone")
    assert (world.link(changed).kept, world.item(changed).undecided) == ({}, 2)
    assert world.theirs(changed)["Grade"] == "09"


def test_a_reject_taken_back_before_it_was_collected_leaves_nothing_on_its_way(world, changed):
    decision = decisions.reject(world.actor, world.item(changed).pk, reason="Wrong")
    decisions.undo(world.actor, decision.pk)
    collecting.collect(ENTITY.kind, changed.pk)
    assert not Submission.objects.exclude(status=Status.CANCELLED).exists()
    assert world.item(changed).undecided == 2


def test_an_undone_reject_does_not_take_an_edit_of_its_own_with_it(world, changed):
    decision = decisions.reject(world.actor, world.item(changed).pk, ["grade"], reason="Wrong")
    world.edit(changed, resident_board="1750")
    queued = world.take_up(changed)
    decisions.undo(world.actor, decision.pk)
    assert world.send(queued).status in (Status.ACCEPTED, Status.NEEDS_REVIEW)
    assert world.theirs(changed)["Grade"] == "09"


def refusal(world, enrolment, decision):
    with pytest.raises(ValidationError) as refused:
        decisions.undo(world.actor, decision.pk)
    decision.refresh_from_db()
    assert refused.value.messages == [decisions.why_not_undo(decision)]
    return refused.value.messages[0]


def test_why_not_undo(world, changed):
    item = world.item(changed)
    first = decisions.accept(world.actor, item.pk, ["grade"])
    second = decisions.accept(world.actor, item.pk, ["exit_date"])
    decisions.undo(world.actor, second.pk)
    assert "already" in refusal(world, changed, second)
    world.change_in_pasi(changed, Grade="10")
    world.pull()
    third = decisions.accept(world.actor, world.item(changed).pk, ["grade"])
    assert "later decision" in refusal(world, changed, first)
    decisions.undo(world.actor, third.pk)
    world.edit(changed, local_student_id="X1")
    assert "changed here since" in refusal(world, changed, first)


def test_why_not_undo_when_pasi_has_moved_on(world, changed):
    decision = decisions.accept(world.actor, world.item(changed).pk)
    world.change_in_pasi(changed, Grade="10")
    world.pull()
    assert "another value" in refusal(world, changed, decision)


def test_why_not_undo_a_reset_that_is_on_its_way_or_has_arrived(world, changed):
    decision = decisions.reject(world.actor, world.item(changed).pk, reason="Wrong")
    queued = world.take_up(changed)
    Submission.objects.filter(pk=queued.pk).update(status="in_flight")
    assert "on its way" in refusal(world, changed, decision)
    Submission.objects.filter(pk=queued.pk).update(status="waiting")
    assert world.send(queued).status == Status.ACCEPTED
    world.pull()
    assert "take PASI’s former value" in refusal(world, changed, decision)


@pytest.fixture
def created(world):
    """The open item of a record that was made in PASI."""
    ref_id = world.in_pasi_only()
    world.pull()
    return Discrepancy.objects.get(key=ref_id)


def of_item(item):
    return Link.objects.get(key=item.key).school_enrolment


@pytest.mark.parametrize("accepted", [True, False])
def test_a_decision_on_a_created_record_is_taken_back_before_anything_goes_out(world, created, accepted):
    verb = decisions.accept if accepted else decisions.reject
    decision = verb(world.actor, created.pk, reason="Never came")
    enrolment = of_item(created)
    if not accepted:
        world.take_up(enrolment)
    decisions.undo(world.actor, decision.pk)
    created.refresh_from_db()
    assert (created.status, created.kind, created.undecided, created.school_enrolment) == (
        "open",
        Kind.CREATED_IN_PASI,
        1,
        None,
    )
    assert (present(enrolment).deleted, Link.objects.filter(key=created.key).exists()) == (True, False)
    collecting.collect(ENTITY.kind, enrolment.pk)
    assert not Submission.objects.exclude(status=Status.CANCELLED).exists()
    assert world.pasi.enrolment(created.key)["IsDeleted"] is False


def test_a_created_record_that_is_accepted_once_more_is_the_same_record(world, created):
    decisions.undo(world.actor, decisions.accept(world.actor, created.pk).pk)
    first = SchoolEnrolment.objects.get()
    decisions.accept(world.actor, created.pk)
    assert (of_item(created), of_item(created).deleted, SchoolEnrolment.objects.count()) == (first, False, 1)


def test_a_created_record_that_was_deleted_in_pasi_is_restored_there(world, created):
    decision = decisions.reject(world.actor, created.pk, reason="Never came")
    enrolment = of_item(created)
    assert world.send(world.take_up(enrolment)).status == Status.ACCEPTED
    world.pull()
    assert decisions.why_not_undo(decision) == ""
    decisions.undo(world.actor, decision.pk)
    assert settle(world, enrolment).status == Status.ACCEPTED
    assert (world.pasi.enrolment(created.key)["IsDeleted"], present(enrolment).deleted) == (False, False)
    assert world.item(enrolment) is None
    created.refresh_from_db()
    assert (created.status, created.settled_by) == ("settled", "restored")


def test_a_created_record_that_moved_on_says_why_it_stays(world, created):
    decision = decisions.accept(world.actor, created.pk)
    enrolment = of_item(created)
    world.edit(enrolment, local_student_id="X1")
    assert "changed here since" in refusal(world, enrolment, decision)


def test_a_created_record_with_courses_says_why_it_stays(world, created):
    decision = decisions.accept(world.actor, created.pk)
    enrolment = of_item(created)
    section = factories.SectionFactory(school=enrolment.school, school_year=enrolment.school_year)
    factories.CourseEnrolmentFactory(section=section, student=enrolment.student, enrolment=enrolment)
    assert "The enrolment now has courses" in refusal(world, enrolment, decision)


def test_an_accepted_field_is_taken_back_after_another_field_was_kept_and_sent(world, changed):
    """Neither decision locks the other: they are on different fields."""
    item = world.item(changed)
    first = decisions.accept(world.actor, item.pk, ["grade"])
    second = decisions.reject(world.actor, item.pk, ["exit_date"], reason="He stays")
    settle(world, changed)
    assert "former value" in refusal(world, changed, second)
    decisions.undo(world.actor, first.pk)
    item = world.item(changed)
    assert (present(changed).grade, [row["name"] for row in item.fields]) == ("08", ["grade"])


def test_accepts_of_different_fields_are_taken_back_in_any_order(world, changed):
    item = world.item(changed)
    first = decisions.accept(world.actor, item.pk, ["grade"])
    second = decisions.accept(world.actor, item.pk, ["exit_date"])
    decisions.undo(world.actor, first.pk)
    decisions.undo(world.actor, second.pk)
    assert (present(changed).grade, present(changed).exit_date.isoformat()) == ("08", "2027-06-26")
    assert world.item(changed).undecided == 2


def test_a_refused_reset_can_be_accepted_after_all_and_that_is_taken_back(world, changed):
    item = world.item(changed)
    decisions.reject(world.actor, item.pk, ["grade"], reason="Wrong")
    world.pasi.knobs(fault={"code": "3002", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    assert world.send(world.take_up(changed)).status == Status.REJECTED
    decision = decisions.accept(world.actor, item.pk, ["grade"])
    decisions.undo(world.actor, decision.pk)
    assert present(changed).grade == "08"
    assert {row["name"] for row in world.item(changed).fields} == {"grade", "exit_date"}


def test_both_pictures_are_kept_for_ever(world, changed):
    decision = decisions.accept(world.actor, world.item(changed).pk, ["grade"])
    world.change_in_pasi(changed, Grade="10")
    world.pull()
    decision.refresh_from_db()
    kept = {row["name"]: (row["sis"], row["pasi"]) for row in decision.picture}
    assert kept == {"grade": ("08", "09"), "exit_date": ("2027-06-26", MAY)}
    assert decision.at - dt.timedelta(minutes=5) < factories.link_of(changed).agreed_at


def test_a_record_that_is_brought_back_takes_its_other_changes_along(world):
    """One submission carries both: after it nothing would say that the date still differs."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, IsDeleted=True)
    world.pull()
    world.edit(enrolment, exit_date=dt.date(2027, 5, 22))
    decisions.reject(world.actor, world.item(enrolment).pk, reason="Still here")
    sent = world.send(world.take_up(enrolment))
    assert (sent.status, sent.sent_fields) == ("accepted", ["deleted", "exit_date"])
    told = world.theirs(enrolment)
    assert (told["IsDeleted"], told["RegistrationExitDate"][:10]) == (False, "2027-05-22")


def test_a_decision_of_before_names_its_record_as_those_of_every_kind_do(world, changed):
    """What an undone decision keeps of the record that it had made: by the migration and back."""
    migration = import_module("pasi_connect.migrations.0030_record_of_a_decision")
    forward, backward = migration.renamed("enrolment", "record"), migration.renamed("record", "enrolment")
    kept = {"at": clock.now(), "actor_name": "x", "picture": [], "discrepancy": world.item(changed)}
    made = Decision.objects.create(**kept, created_record=True, before={"enrolment": 7})
    others = [
        Decision.objects.create(**kept, created_record=True),
        Decision.objects.create(**kept, before={"link": {}, "enrolment": 7}),
    ]
    forward(apps, None)
    made.refresh_from_db()
    assert made.before == {"record": 7}
    assert [Decision.objects.get(pk=one.pk).before for one in others] == [one.before for one in others]
    backward(apps, None)
    made.refresh_from_db()
    assert made.before == {"enrolment": 7}
