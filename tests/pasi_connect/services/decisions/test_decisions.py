"""A person decides: accept, reject, per field or whole; undo; refused when anything moved. With PASI at the other end."""

import pytest
from django.core.exceptions import ValidationError

from operations.models import AuditEntry
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Decision, Discrepancy, Link, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions
from pasi_connect.services.pull import pulling
from pasi_connect.services.queue import collecting
from sis.models import DataEvent, Student
from sis.models.event import Origin
from tests.pasi_connect.services.decisions.steps import present, settle

pytestmark = pytest.mark.django_db

MAY = "2027-05-14"


# Accept ----------------------------------------------------------------------------------------------------------


def test_accepting_all_takes_pasis_values_and_sends_nothing(world, changed):
    item = world.item(changed)
    decision = decisions.accept(world.actor, item.pk, reason="Told by the other school", version=item.version)
    item.refresh_from_db()
    assert (item.status, item.settled_by) == ("settled", "accept")
    assert (present(changed).grade, present(changed).exit_date.isoformat()) == ("09", MAY)
    assert sorted(decision.accepted) == ["exit_date", "grade"]
    event = DataEvent.objects.get()
    assert (event.origin, event.user_id) == (Origin.PASI, world.user.pk)
    collecting.collect(ENTITY.kind, changed.pk)
    assert not Submission.objects.exists()
    assert world.link(changed).agreed["grade"] == "09"
    entry = AuditEntry.objects.get(action="accepted PASI")
    assert (entry.user_id, entry.reason) == (world.user.pk, "Told by the other school")
    assert entry.changes["grade"] == ["08", "09"]


def test_one_field_accepted_and_one_kept_makes_both_sides_equal(world, changed):
    item = world.item(changed)
    decisions.decide(world.actor, item.pk, accepted=["grade"], rejected=["exit_date"], reason="He stays until June")
    item.refresh_from_db()
    assert (item.status, item.undecided) == ("open", 0)
    assert [(row["name"], row["state"]) for row in item.fields] == [("exit_date", "reset")]
    sent = settle(world, changed)
    assert (sent.status, sent.sent_fields) == (Status.ACCEPTED, ["exit_date"])
    theirs = world.theirs(changed)
    assert (theirs["Grade"], theirs["RegistrationExitDate"]) == ("09", "2027-06-26")
    item.refresh_from_db()
    assert (item.status, item.settled_by) == ("settled", "mixed")
    assert world.link(changed).kept == {}
    assert (present(changed).grade, present(changed).exit_date.isoformat()) == ("09", "2027-06-26")


def test_accepting_one_field_leaves_the_other_open(world, changed):
    item = world.item(changed)
    decisions.accept(world.actor, item.pk, ["grade"])
    item.refresh_from_db()
    assert (item.status, [row["name"] for row in item.fields]) == ("open", ["exit_date"])


def test_accepting_a_value_that_breaks_a_rule_of_ours_is_not_refused(world):
    """PASI holds it: it is taken as it is."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, SchoolProvidedProgramPercentage=50)
    world.pull()
    decisions.accept(world.actor, world.item(enrolment).pk)
    assert present(enrolment).program_percentage == 50
    assert world.item(enrolment) is None


# Reject ----------------------------------------------------------------------------------------------------------


def test_rejecting_all_resets_pasi(world, changed):
    item = world.item(changed)
    decisions.reject(world.actor, item.pk, reason="A slip in PASIprep", version=item.version)
    sent = settle(world, changed)
    assert (sent.status, sorted(sent.sent_fields)) == (Status.ACCEPTED, ["exit_date", "grade"])
    assert sent.actor_name == world.user.full_name
    theirs = world.theirs(changed)
    assert (theirs["Grade"], theirs["RegistrationExitDate"]) == ("08", "2027-06-26")
    assert world.item(changed) is None


def test_a_reset_that_pasi_refuses_keeps_the_item_open(world, changed):
    item = world.item(changed)
    decisions.reject(world.actor, item.pk, ["grade"], reason="Wrong")
    world.pasi.knobs(fault={"code": "3002", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    sent = world.send(world.take_up(changed))
    assert sent.status == Status.REJECTED
    item.refresh_from_db()
    assert item.status == "open"


def test_a_rejected_field_that_pasi_changes_once_more_is_to_be_decided_again(world, changed):
    item = world.item(changed)
    decisions.reject(world.actor, item.pk, ["grade"], reason="Wrong")
    world.change_in_pasi(changed, Grade="10")
    world.pull()
    item.refresh_from_db()
    assert {row["name"]: row["state"] for row in item.fields} == {
        "grade": "changed_in_pasi",
        "exit_date": "changed_in_pasi",
    }
    assert world.send(world.take_up(changed)).status in (Status.HELD, Status.NEEDS_REVIEW)
    assert world.theirs(changed)["Grade"] == "10"


# Refused ---------------------------------------------------------------------------------------------------------


def test_a_picture_that_has_moved_is_refused_with_the_new_one(world, changed):
    item = world.item(changed)
    world.change_in_pasi(changed, Grade="10")
    world.pull()
    with pytest.raises(decisions.Moved) as refused:
        decisions.accept(world.actor, item.pk, version=item.version)
    assert {row["name"]: row["pasi"] for row in refused.value.item.fields}["grade"] == "10"
    assert present(changed).grade == "08"
    world.edit(changed, grade="07")
    with pytest.raises(decisions.Moved):
        decisions.accept(world.actor, item.pk, version=refused.value.item.version)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_of_two_people_on_one_item_one_wins_and_the_other_sees_who(world, changed, verb):
    item = world.item(changed)
    decisions.reject(world.actor, item.pk, reason="He stays until June", version=item.version)
    with pytest.raises(decisions.Moved) as refused:
        getattr(decisions, verb)(world.actor, item.pk, reason="Another page, drawn before", version=item.version)
    assert world.actor.name in str(refused.value)
    assert Decision.objects.count() == 1
    sent = settle(world, changed)
    assert sent.status == Status.ACCEPTED
    assert world.theirs(changed)["Grade"] == "08"


def test_a_settled_item_is_refused(world, changed):
    item = world.item(changed)
    decisions.accept(world.actor, item.pk)
    with pytest.raises(decisions.Moved):
        decisions.accept(world.actor, item.pk)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"accepted": ["french_hours"]}, "fields"),
        ({"accepted": ["grade"], "rejected": ["grade"], "reason": "x"}, "fields"),
        ({"accepted": []}, "fields"),
        ({"rejected": ["grade"]}, "reason"),
        ({"rejected": ["grade"], "reason": "  "}, "reason"),
    ],
)
def test_what_cannot_be_decided_is_told_at_its_field(world, changed, asked, field):
    with pytest.raises(ValidationError) as refused:
        decisions.decide(world.actor, world.item(changed).pk, **asked)
    assert list(refused.value.message_dict) == [field]
    assert not Decision.objects.exists()


# The record as a whole -------------------------------------------------------------------------------------------


def test_accepting_a_created_record_adopts_it(world):
    ref_id = world.in_pasi_only(Grade="07")
    world.pull()
    item = Discrepancy.objects.get(key=ref_id)
    decisions.accept(world.actor, item.pk)
    link = Link.objects.get(key=ref_id)
    assert (link.school_enrolment.grade, link.school_enrolment.school, link.school_enrolment.deleted) == (
        "07",
        world.school,
        False,
    )
    student = Student.objects.get(asn=item.asn)
    assert (link.school_enrolment.student, student.legal_last_name) == (student, f"Varga {item.asn[-4:]}")
    item.refresh_from_db()
    assert item.status == "settled"
    collecting.collect(ENTITY.kind, link.subject_id)
    assert not Submission.objects.exists()


def test_rejecting_a_created_record_deletes_it_there(world):
    ref_id = world.in_pasi_only()
    world.pull()
    decisions.reject(world.actor, Discrepancy.objects.get(key=ref_id).pk, reason="Never came")
    enrolment = Link.objects.get(key=ref_id).school_enrolment
    assert enrolment.deleted
    sent = settle(world, enrolment)
    assert (sent.status, sent.sent_fields) == (Status.ACCEPTED, ["deleted"])
    theirs = world.pasi.enrolment(ref_id)
    assert (theirs["IsDeleted"], theirs["Grade"]) == (True, "08")
    assert not Discrepancy.objects.filter(status="open").exists()


@pytest.mark.parametrize("accepted", [True, False])
def test_a_record_deleted_in_pasi(world, accepted):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, IsDeleted=True)
    world.pull()
    item = world.item(enrolment)
    assert item.kind == Kind.DELETED_IN_PASI
    if accepted:
        decisions.accept(world.actor, item.pk)
        assert present(enrolment).deleted
    else:
        decisions.reject(world.actor, item.pk, reason="Still here")
        assert settle(world, enrolment).status == Status.ACCEPTED
        assert world.theirs(enrolment)["IsDeleted"] is False
        assert not present(enrolment).deleted
    assert world.item(enrolment) is None


@pytest.mark.parametrize("accepted", [True, False])
def test_a_record_missing_in_pasi(world, accepted):
    enrolment = world.in_step()
    world.pasi.remove(world.link(enrolment).key)
    pulling.SyncCursor.objects.filter(notification_type="StudentSchoolEnrolment.2027").delete()
    world.puller = pulling.Puller()
    world.pull()
    item = world.item(enrolment)
    assert item.kind == Kind.MISSING_IN_PASI
    if accepted:
        decisions.accept(world.actor, item.pk)
        assert present(enrolment).deleted
        assert world.pasi.enrolments() == []
    else:
        decisions.reject(world.actor, item.pk, reason="Must be there")
        assert settle(world, enrolment).status == Status.ACCEPTED
        assert world.theirs(enrolment)["Grade"] == "08"
    assert world.item(enrolment) is None


def test_a_whole_record_is_not_decided_field_by_field(world):
    ref_id = world.in_pasi_only()
    world.pull()
    with pytest.raises(ValidationError, match="as a whole"):
        decisions.accept(world.actor, Discrepancy.objects.get(key=ref_id).pk, ["grade"])
