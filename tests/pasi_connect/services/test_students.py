"""The identity of students the whole way round, against the simulator: changed here, in PASI, on both sides, in parts that chain."""

import pytest

from pasi_connect import selectors
from pasi_connect.models import Discrepancy, Exchange, Link, StudentCopy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions, setting_up, states
from pasi_connect.services.decisions import many
from pasi_connect.services.queue import claiming, collecting, forcing
from sis.models import Student
from sis.services import students
from tests import factories
from tests.pasi_connect.students import (
    KIND,
    PASSPORT,
    changed_there,
    document,
    in_step,
    item,
    sent,
    take_up,
    theirs,
)
from tests.simulator_process import new_asn

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_student_of_both_sides_is_in_step(world, student):
    assert states.state_of(student).state == states.IN_STEP
    assert not Discrepancy.objects.exists() and not Submission.objects.exists()
    assert Link.objects.get(entity=KIND).subject_id == student.pk
    assert selectors.in_step()


def test_a_name_changed_here_arrives_as_identification(world, student):
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona", "legal_suffix": "Jr."})
    [submission] = sent(world, student)
    assert (submission.status, submission.part) == (Status.ACCEPTED, "identification"), submission.detail
    record = theirs(world, student)["IdentificationRecord"]
    assert (record["FirstName"], record["Suffix"]) == ("Ilona", "Jr.")
    assert submission.item == str(record["RefId"])
    world.pull()
    student.refresh_from_db()
    assert states.state_of(student).state == states.IN_STEP


def test_the_two_parts_of_one_edit_are_chained_on_the_version(world, student):
    before = theirs(world, student)["PASICoreVersion"]
    students.change(
        world.actor,
        student.pk,
        {"legal_first_name": "Ilona", "preferred_first_name": "Loni", "preferred_last_name": student.legal_last_name},
    )
    first, second = sent(world, student)
    assert [row.part for row in (first, second)] == ["identification", "preferred_name"]
    assert [row.status for row in (first, second)] == [Status.ACCEPTED] * 2, second.detail
    assert (first.base_version, second.base_version) == (before, first.core_version)
    assert first.fields == ["legal_first_name"]
    assert second.fields == ["preferred_first_name", "preferred_last_name"]
    record = theirs(world, student)
    assert record["PreferredName"]["FirstName"] == "Loni" and record["IdentificationRecord"]["FirstName"] == "Ilona"
    world.pull()
    assert states.state_of(student).state == states.IN_STEP


def operations():
    rows = Exchange.objects.filter(operation__startswith="Submit").order_by("pk")
    return [name for name in rows.values_list("operation", flat=True) if "Enrolment" not in name]


def test_a_preferred_name_is_added_then_pointed_at_and_left(world, student):
    name = {"preferred_first_name": "Loni", "preferred_last_name": "Vance"}
    for wanted in (name, dict.fromkeys(name, ""), name):
        students.change(world.actor, student.pk, wanted)
        [submission] = sent(world, student)
        assert submission.status == Status.ACCEPTED, submission.detail
        world.pull()
        assert states.state_of(student).state == states.IN_STEP
    assert operations() == ["SubmitName", "SubmitPreferredName", "SubmitPreferredName"]
    assert [name["FirstName"] for name in theirs(world, student)["StudentNames"] if name["Type"] == "Alias"] == ["Loni"]
    assert theirs(world, student)["PreferredName"]["LastName"] == "Vance"


def alias(world, student):
    """RefIds of the names beside the legal one, as PASI has them."""
    return [str(name["RefId"]) for name in theirs(world, student)["StudentNames"] if name["Type"] == "Alias"]


def test_an_added_name_has_its_ref_id_at_once_and_is_not_added_anew(world, student):
    """Before PASI is asked again: what it answered says which name it is."""
    name = {"preferred_first_name": "Loni", "preferred_last_name": "Vance"}
    items = []
    for wanted in (name, dict.fromkeys(name, ""), name):
        students.change(world.actor, student.pk, wanted)
        [submission] = sent(world, student)
        assert submission.status == Status.ACCEPTED, submission.detail
        items.append(submission.item)
    assert operations() == ["SubmitName", "SubmitPreferredName", "SubmitPreferredName"]
    legal = str(theirs(world, student)["IdentificationRecord"]["NameRefId"])
    assert items == [*alias(world, student), legal, *alias(world, student)]
    world.pull()
    assert states.state_of(student).state == states.IN_STEP


def test_an_added_name_of_which_the_answer_is_lost_has_its_ref_id_too(world, student):
    name = {"preferred_first_name": "Loni", "preferred_last_name": "Vance"}
    students.change(world.actor, student.pk, name)
    [submission] = take_up(student)
    world.pasi.knobs(answer_dropped=1)
    world.send(submission)
    assert (submission.status, submission.reason) == (Status.ACCEPTED, "read_back")
    assert [submission.item] == alias(world, student)


def test_a_change_in_pasi_is_accepted_and_the_decision_undone(world, student):
    changed_there(world, student, FirstName="Ilona", Suffix="III.")
    found = item(student)
    assert (found.kind, found.asn, found.school_code) == ("changed_in_pasi", student.asn, world.school.code)
    assert [row["name"] for row in found.fields] == ["legal_first_name", "legal_suffix"]
    decision = decisions.accept(world.actor, found.pk)
    student.refresh_from_db()
    assert (student.legal_first_name, student.legal_suffix) == ("Ilona", "III.")
    assert "ilona" in student.search_name
    assert item(student) is None and take_up(student) == []
    decisions.undo(world.actor, decision.pk)
    student.refresh_from_db()
    assert student.legal_first_name == "Ines"
    assert item(student).pk == found.pk and take_up(student) == []


def test_one_field_is_accepted_and_another_kept(world, student):
    changed_there(world, student, FirstName="Ilona", MiddleName="Mae")
    decisions.decide(
        world.actor,
        item(student).pk,
        accepted=["legal_first_name"],
        rejected=["legal_middle_name"],
        reason="Document seen.",
    )
    [submission] = sent(world, student)
    assert submission.status == Status.ACCEPTED
    record = theirs(world, student)["IdentificationRecord"]
    assert record["FirstName"] == "Ilona" and not record.get("MiddleName")
    assert item(student) is None


def test_a_rejection_resets_pasi(world, student):
    changed_there(world, student, FirstName="Ilona")
    found = item(student)
    decisions.reject(world.actor, found.pk, reason="The passport says otherwise.")
    [submission] = sent(world, student)
    assert submission.status == Status.ACCEPTED
    assert theirs(world, student)["IdentificationRecord"]["FirstName"] == "Ines"
    found.refresh_from_db()
    assert (found.status, found.settled_by) == ("settled", "reject")


def test_a_rejection_is_taken_back_before_it_is_sent(world, student):
    changed_there(world, student, FirstName="Ilona")
    found = item(student)
    decision = decisions.reject(world.actor, found.pk, reason="The passport says otherwise.")
    [submission] = take_up(student)
    decisions.undo(world.actor, decision.pk)
    submission.refresh_from_db()
    assert (submission.status, submission.reason) == (Status.CANCELLED, "undone")
    assert item(student).undecided == 1


def test_both_sides_change_the_same_field(world, student):
    students.change(world.actor, student.pk, {"legal_first_name": "Inez"})
    changed_there(world, student, FirstName="Ilona")
    assert item(student).kind == "changed_on_both"
    [submission] = take_up(student)
    assert (submission.status, submission.reason) == (Status.HELD, "undecided")
    decisions.accept(world.actor, item(student).pk)
    student.refresh_from_db()
    assert student.legal_first_name == "Ilona"
    assert world.send(submission).status in (Status.NO_CHANGE, Status.HELD)


def test_both_sides_change_to_the_same_value(world, student):
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona"})
    changed_there(world, student, FirstName="Ilona")
    assert item(student) is None
    [submission] = sent(world, student)
    assert submission.status == Status.NO_CHANGE
    assert states.state_of(student).state == states.IN_STEP


def test_both_sides_change_different_fields(world, student):
    """What PASI changed is not overwritten: over a version that nobody has seen nothing goes."""
    students.change(
        world.actor, student.pk, {"legal_first_name": "Inez"}, seen_version=states.state_of(student).core_version
    )
    changed_there(world, student, MiddleName="Mae")
    assert [row["name"] for row in item(student).fields] == ["legal_middle_name"]
    [submission] = sent(world, student)
    assert (submission.status, submission.reason) == (Status.NEEDS_REVIEW, "changed_in_pasi")
    assert theirs(world, student)["IdentificationRecord"]["FirstName"] == "Ines"


def test_an_open_item_of_one_part_does_not_stop_the_other(world, student):
    changed_there(world, student, MiddleName="Mae")
    students.change(world.actor, student.pk, {"preferred_first_name": "Loni", "preferred_last_name": "Vance"})
    [submission] = sent(world, student)
    assert submission.status == Status.ACCEPTED
    assert theirs(world, student)["IdentificationRecord"]["MiddleName"] == "Mae"
    assert item(student).undecided == 1


def test_an_answer_that_is_lost_is_read_back(world, student):
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona"})
    [submission] = take_up(student)
    world.pasi.knobs(answer_dropped=1)
    world.send(submission)
    assert (submission.status, submission.reason) == (Status.ACCEPTED, "read_back")
    assert theirs(world, student)["IdentificationRecord"]["FirstName"] == "Ilona"


def test_what_pasi_rejects_waits_for_a_person_and_the_other_part_goes(world, student):
    students.change(
        world.actor,
        student.pk,
        {"identity_document_type": "Unverified", "preferred_first_name": "Loni", "preferred_last_name": "Vance"},
    )
    first, second = sent(world, student)
    assert (first.status, first.reason) == (Status.REJECTED, "11210")
    assert second.status == Status.ACCEPTED
    first.refresh_from_db()
    assert first.status == Status.REJECTED
    students.change(world.actor, student.pk, {"identity_document_type": PASSPORT})
    [*_others, again] = sent(world, student)
    assert again.status == Status.NO_CHANGE


def test_what_pasi_would_refuse_is_held(world, student):
    students.change(world.actor, student.pk, {"identity_document_type": ""})
    [submission] = take_up(student)
    assert (submission.status, submission.reason) == (Status.HELD, "value_refused")
    students.change(world.actor, student.pk, {"identity_document_type": PASSPORT, "legal_first_name": "Ilona"})
    [submission] = sent(world, student)
    assert submission.status == Status.ACCEPTED


def test_while_the_setting_is_off_changes_are_held_and_nothing_is_compared(world, student):
    world.set(student_identity=False)
    changed_there(world, student, MiddleName="Mae")
    assert item(student) is None
    students.change(world.actor, student.pk, {"preferred_first_name": "Loni", "preferred_last_name": "Vance"})
    [submission] = take_up(student)
    assert (submission.status, submission.reason) == (Status.HELD, "kind_off")
    world.set(student_identity=True)
    setting_up.reconsider()
    submission.refresh_from_db()
    assert submission.status == Status.WAITING
    assert [row["name"] for row in item(student).fields] == ["legal_middle_name"]


def test_what_was_never_agreed_waits_for_a_person(world):
    student = world.in_step(student=world.student()).student
    assert not Discrepancy.objects.filter(entity=KIND).exists()
    world.set(student_identity=True)
    setting_up.reconsider()
    found = item(student)
    assert found.kind == "never_agreed"
    assert take_up(student) == []


def test_a_student_whom_pasi_has_not_told_of_yet_waits(world):
    world.set(student_identity=True)
    student = world.here(student=factories.StudentFactory(asn=new_asn())).student
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona"})
    [submission] = take_up(student)
    assert (submission.status, submission.reason) == (Status.HELD, "not_told")


def test_without_an_asn_nothing_is_queued_and_nothing_is_left(world):
    world.set(student_identity=True)
    student = factories.StudentFactory(asn=None)
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona"})
    assert collecting.take_up(3) is False
    assert not Submission.objects.exists() and not Link.objects.exists()


def test_another_asn_takes_the_link_along(world, student):
    primary = new_asn()
    world.pasi.load(Student=[{**document(student), "StateProvinceId": primary, "PrimaryStateProvinceId": primary}])
    world.pasi.link_asn(student.asn, primary)
    world.pull()
    students.replace_asn(world.actor, student.pk, primary)
    assert collecting.take_up(3) is False
    assert Link.objects.get(entity=KIND).key == primary
    student.refresh_from_db()
    assert states.state_of(student).state == states.IN_STEP


def test_send_now_reads_pasi_and_sends(world, student):
    students.change(world.actor, student.pk, {"legal_first_name": "Ilona"})
    outcome = forcing.send_now(world.actor, Student.objects.get(pk=student.pk))
    submission = Submission.objects.get(pk=outcome.submission)
    assert world.send(submission).status == Status.ACCEPTED


def test_a_student_whom_the_sis_does_not_know_is_no_change(world):
    world.set(student_identity=True)
    world.in_pasi_only()
    world.pull()
    Discrepancy.objects.exclude(entity=KIND).delete()
    assert StudentCopy.objects.filter(vanished_at=None).exists()
    assert not Discrepancy.objects.exists() and not Link.objects.exists()


def test_a_sender_that_died_between_the_two_parts_leaves_the_second_to_be_found_out(world, student, settings):
    students.change(
        world.actor,
        student.pk,
        {"legal_first_name": "Ilona", "preferred_first_name": "Loni", "preferred_last_name": "V"},
    )
    first, second = take_up(student)
    assert world.send(first).status == Status.ACCEPTED
    claimed = claiming.claim(second.pk)
    assert claimed is not None and claimed[1] is not None  # and then the process ends: the call was never made
    Submission.objects.filter(pk=second.pk).update(lease_until=None, lease_holder="", status=Status.CHECKING)
    assert world.send(second).status == Status.WAITING
    assert world.send(second).status == Status.ACCEPTED
    assert theirs(world, student)["PreferredName"]["FirstName"] == "Loni"


def test_many_students_are_decided_on_together(world, student):
    changed_there(world, student, FirstName="Ilona")
    other = in_step(world)
    changed_there(world, other, FirstName="Ada")
    items = {one.pk: one for one in Discrepancy.objects.filter(entity=KIND, status="open")}
    versions = {pk: one.version for pk, one in items.items()}
    done = many.decide_many(world.actor, items, versions, accept=True, reason="Passports seen.")
    assert len(done.decisions) == 2 and not done.others
    names = set(Student.objects.filter(pk__in=[student.pk, other.pk]).values_list("legal_first_name", flat=True))
    assert names == {"Ilona", "Ada"}
    assert not Discrepancy.objects.filter(entity=KIND, status="open").exists()
