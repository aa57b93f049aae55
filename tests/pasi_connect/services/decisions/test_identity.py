"""PASI moves a linked record to another student, school or year: nothing is sent, a person decides, and takes it back."""

import pytest
from django.core.exceptions import ValidationError

from operations.models import AuditEntry
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from pasi_connect.services.queue import collecting, forcing, reviews, submissions
from pasi_connect.services.states import state_of
from sis.models import Student
from sis.rules.school_year import SchoolYear
from tests import factories
from tests.pasi_connect.services.decisions.steps import present, settle, stays_visible
from tests.pasi_connect.world import OTHER_SCHOOL, pasi_student
from tests.simulator_process import new_asn

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("members", "part"),
    [
        ({"StateProvinceId": "OTHER"}, "asn"),
        ({"SchoolCode": "4802"}, "school"),
        ({"SchoolCode": OTHER_SCHOOL}, "school"),
        ({"SchoolYear": 2026}, "school_year"),
    ],
)
def test_each_part_opens_an_item_that_names_both(world, other, members, part):
    world.set(historical_years=1)
    enrolment = stays_visible(world)
    changes = {name: other.asn if value == "OTHER" else value for name, value in members.items()}
    world.change_in_pasi(enrolment, **changes, Grade="11")
    world.pull()
    item = world.item(enrolment)
    assert (item.kind, item.undecided, item.school_enrolment, item.asn) == (
        Kind.IDENTITY_CHANGED_IN_PASI,
        1,
        enrolment,
        enrolment.student.asn,
    )
    ours = {"asn": enrolment.student.asn, "school": "4801", "school_year": "2026-2027"}[part]
    theirs = {"asn": other.asn, "school": changes.get("SchoolCode"), "school_year": "2025-2026"}[part]
    assert [(row["name"], row["sis"], row["pasi"]) for row in item.fields] == [(part, ours, theirs)]
    assert state_of(enrolment).reason == Kind.IDENTITY_CHANGED_IN_PASI


def test_it_settles_when_pasi_moves_it_back_and_says_so_while_it_does_not(world, moved):
    world.change_in_pasi(moved, StateProvinceId=moved.student.asn)
    world.pull()
    assert world.item(moved) is None
    Student.objects.filter(pk=moved.student_id).update(asn=new_asn())  # the SIS may leave PASI's record too
    comparing.evaluate_all()
    assert world.item(moved).kind == Kind.IDENTITY_CHANGED_IN_PASI


# Nothing is sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [{"grade": "10"}, {"deleted": True}])
def test_an_edit_is_held_until_somebody_decides(world, moved, wanted):
    queued = world.queue(moved, **wanted)
    assert (queued.status, queued.reason) == (Status.HELD, "identity_changed")
    submissions.release_held()
    assert world.send(queued).status == Status.HELD
    assert [call["outcome"] for call in world.pasi.calls()] == []


def test_what_waited_before_pasi_moved_the_record_is_held_too(world, other):
    enrolment = world.in_step()
    queued = world.queue(enrolment, grade="10")
    world.change_in_pasi(enrolment, StateProvinceId=other.asn)
    world.pull()
    assert (world.send(queued).status, queued.reason) == (Status.HELD, "identity_changed")
    assert world.theirs(enrolment)["Grade"] == "08"


def test_send_now_sends_nothing(world, moved):
    queued = world.queue(moved, grade="10")
    forcing.send_now(world.actor, moved)
    queued.refresh_from_db()
    assert (queued.status, queued.reason) == (Status.HELD, "identity_changed")
    assert world.pasi.calls() == []


def test_send_again_and_pasis_values_are_no_way_around(world, moved):
    queued = world.queue(moved, grade="10")
    with pytest.raises(reviews.NotPossible, match="another student"):
        reviews.take_pasi(world.actor, queued.pk)
    Submission.objects.filter(pk=queued.pk).update(status=Status.NEEDS_REVIEW)
    assert reviews.send_again(world.actor, queued.pk).status == Status.HELD
    assert world.pasi.calls() == []


# Accept ----------------------------------------------------------------------------------------------------------


def test_accepting_moves_the_sis_record_to_the_other_student(world, moved, other):
    item = world.item(moved)
    decision = decisions.accept(world.actor, item.pk, version=item.version)
    item.refresh_from_db()
    assert (item.status, item.settled_by, present(moved).student) == ("settled", "accept", other)
    assert AuditEntry.objects.get(action="enrolment moved").changes == {"student": [moved.student_id, other.pk]}
    collecting.collect(ENTITY.kind, moved.pk)
    assert not Submission.objects.exists()
    assert decision.before["student"] == moved.student_id


def test_after_accepting_the_held_edit_goes_in_the_lane_of_the_other_student(world, moved, other):
    queued = world.queue(moved, grade="10")
    decisions.accept(world.actor, world.item(moved).pk)
    submissions.release_held()
    queued.refresh_from_db()
    assert (queued.status, queued.lane) == (Status.WAITING, f"student:{other.pk}")
    assert world.send(queued).status == Status.ACCEPTED
    assert (world.theirs(moved)["Grade"], world.theirs(moved)["StateProvinceId"]) == ("10", other.asn)


@pytest.mark.parametrize(
    ("members", "look"),
    [
        ({"SchoolCode": "4802"}, lambda row: row.school.code == "4802"),
        ({"SchoolYear": 2026}, lambda row: row.school_year == SchoolYear(2026)),
    ],
)
def test_accepting_another_school_or_year(world, district, members, look):
    world.set(historical_years=1)
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **members)
    world.pull()
    decisions.accept(district, world.item(enrolment).pk)
    assert look(present(enrolment))
    assert world.item(enrolment) is None


def test_a_student_whom_only_pasi_knows_is_taken_over(world):
    ref_id = world.in_pasi_only()
    stranger = world.pasi.enrolment(ref_id)["StateProvinceId"]
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, StateProvinceId=stranger)
    world.pull()
    decisions.accept(world.actor, world.item(enrolment).pk)
    assert present(enrolment).student.asn == stranger


@pytest.mark.parametrize("field", ["school", "student"])
def test_outside_of_ones_schools_it_is_not_accepted(world, district, field):
    enrolment = world.in_step()
    if field == "school":
        world.change_in_pasi(enrolment, SchoolCode="4802")
    else:
        elsewhere = world.in_step(world.other)
        world.change_in_pasi(enrolment, StateProvinceId=elsewhere.student.asn)
    world.pull()
    item = world.item(enrolment)
    for verb in (decisions.accept, decisions.reject):
        with pytest.raises(ValidationError, match="Ask a district officer"):
            verb(world.actor, item.pk, reason="x")
    assert present(enrolment).revision == enrolment.revision
    decisions.accept(district, item.pk)
    assert world.item(enrolment) is None


def test_courses_do_not_move_along_unsaid(world, moved):
    section = factories.SectionFactory(school=moved.school, school_year=moved.school_year)
    factories.CourseEnrolmentFactory(section=section, student=moved.student, enrolment=moved)
    with pytest.raises(ValidationError, match="This stay still has open courses"):
        decisions.accept(world.actor, world.item(moved).pk)


def test_a_linked_asn_is_replaced_at_the_student(world):
    """The ministry has linked two ASNs of one person: all their records move, the student stays who they are."""
    first, second = world.all_in_step(2, student=world.student())
    primary = new_asn()
    world.pasi.load(Student=[pasi_student(primary)])
    world.pasi.link_asn(first.student.asn, primary)
    world.pull()
    item = world.item(first)
    with pytest.raises(ValidationError, match="9009 to 9011"):
        decisions.reject(world.actor, item.pk, reason="x")
    decision = decisions.accept(world.actor, item.pk)
    collecting.collect(ENTITY.kind, second.pk)
    student = Student.objects.get(pk=first.student_id)
    assert (student.asn, present(first).student) == (primary, student)
    assert (world.item(first), world.item(second)) == (None, None)
    decisions.undo(world.actor, decision.pk)
    assert (Student.objects.get(pk=student.pk).asn, world.item(first).kind) == (
        first.student.asn,
        Kind.IDENTITY_CHANGED_IN_PASI,
    )


def test_under_a_secondary_asn_nothing_goes_out_and_then_all_under_the_primary(world):
    enrolment = world.in_step()
    secondary, primary = enrolment.student.asn, new_asn()
    world.pasi.load(Student=[pasi_student(primary)])
    world.pasi.link_asn(secondary, primary)
    world.pull()
    queued = world.queue(enrolment, grade="10")
    assert (queued.status, world.send(queued).status) == (Status.HELD, Status.HELD)
    new = world.queue(world.here(student=present(enrolment).student, school=world.other), grade="11")
    assert (new.status, new.reason) == (Status.HELD, "pasi_9011")
    assert world.pasi.calls() == []
    decisions.accept(world.actor, world.item(enrolment).pk)
    submissions.release_held()
    for row in (queued, new):
        row.refresh_from_db()
        assert world.send(row).status == Status.ACCEPTED
    sent = [call["request"]["StudentSchoolEnrolment"]["StateProvinceId"] for call in world.pasi.calls()]
    assert sent == [primary, primary]


def test_under_a_deactivated_asn_nothing_goes_out_until_it_is_active_again(world):
    enrolment = world.in_step()
    world.pasi.change_other("Student", enrolment.student.asn, IsDeactivated=True)
    world.pull()
    queued = world.queue(enrolment, grade="10")
    assert (queued.status, queued.reason) == (Status.HELD, "pasi_9009")
    assert (world.send(queued).status, world.pasi.calls()) == (Status.HELD, [])
    world.pasi.change_other("Student", enrolment.student.asn, IsDeactivated=False)
    world.pull()
    submissions.release_held()
    queued.refresh_from_db()
    assert world.send(queued).status == Status.ACCEPTED


def test_an_accept_is_taken_back(world, moved):
    queued = world.queue(moved, grade="10")
    item = world.item(moved)
    decision = decisions.accept(world.actor, item.pk)
    decisions.undo(world.actor, decision.pk)
    item.refresh_from_db()
    assert (item.status, item.kind, present(moved).student) == ("open", Kind.IDENTITY_CHANGED_IN_PASI, moved.student)
    submissions.release_held()
    assert (world.send(queued).status, queued.lane) == (Status.HELD, f"student:{moved.student_id}")


# Reject ----------------------------------------------------------------------------------------------------------


def test_rejecting_brings_pasis_record_back_with_what_is_ours_to_send(world, moved):
    world.edit(moved, grade="10")
    item = world.item(moved)
    decisions.reject(world.actor, item.pk, reason="A slip in PASIprep")
    item.refresh_from_db()
    assert (item.undecided, [row["state"] for row in item.fields]) == (0, ["reset"])
    sent = settle(world, moved)
    assert (sent.status, sent.sent_fields) == (Status.ACCEPTED, ["asn", "grade"])
    theirs = world.theirs(moved)
    assert (theirs["StateProvinceId"], theirs["Grade"]) == (moved.student.asn, "10")
    item.refresh_from_db()
    assert (item.status, item.settled_by, world.link(moved).kept) == ("settled", "reject", {})


def test_a_record_comes_back_from_another_of_our_schools_by_the_authority(world, district):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolCode="4802")
    world.pull()
    decisions.reject(district, world.item(enrolment).pk, reason="Still here")
    assert settle(world, enrolment).status == Status.ACCEPTED
    assert world.theirs(enrolment)["SchoolCode"] == "4801"
    assert world.pasi.calls()[-1]["organization"].startswith("A.")


def test_from_another_authoritys_school_it_is_neither_accepted_nor_brought_back(world, district):
    enrolment = stays_visible(world)
    world.change_in_pasi(enrolment, SchoolCode=OTHER_SCHOOL)
    world.pull()
    for verb, words in ((decisions.accept, "not in this SIS"), (decisions.reject, "10058")):
        with pytest.raises(ValidationError, match=words):
            verb(district, world.item(enrolment).pk, reason="x")


def test_a_reject_is_taken_back_before_it_goes_out(world, moved):
    decision = decisions.reject(world.actor, world.item(moved).pk, reason="A slip")
    queued = world.take_up(moved)
    decisions.undo(world.actor, decision.pk)
    queued.refresh_from_db()
    assert (queued.status, world.item(moved).undecided) == (Status.CANCELLED, 1)


def test_a_record_that_pasi_moves_once_more_is_decided_anew(world, moved):
    decisions.reject(world.actor, world.item(moved).pk, reason="A slip")
    queued = world.take_up(moved)
    world.change_in_pasi(moved, StateProvinceId=world.in_step().student.asn)
    world.pull()
    assert world.send(queued).status == Status.HELD
    assert world.item(moved).undecided == 1
