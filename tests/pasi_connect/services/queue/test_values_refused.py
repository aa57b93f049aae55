"""What PASI would refuse is held before it is sent, with the field named; the simulator proves that PASI would."""

import pytest

from pasi_connect.models import CodeValue, Discrepancy, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions, words
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import reviews, submissions
from sis.models import SchoolEnrolment

pytestmark = pytest.mark.django_db


def reason_text(submission):
    submission.refresh_from_db()
    return words.why(submission).text


def sent(world):
    return len(world.pasi.calls("SubmitStudentSchoolEnrolment"))


IN_PASI = [
    ({"RegistrationExitDate": None}, "exit_date", "Exit date"),
    ({"RegistrationExitDate": "2026-08-01"}, "exit_date", "Exit date"),
    ({"RegistrationExitDate": "0001-01-01"}, "exit_date", "Exit date"),
    ({"RegistrationStartDate": "2027-06-30"}, "start_date", "Start date"),
    ({"ProgrammingType": "Basket weaving"}, "programming_type", "Programming type"),
]


@pytest.mark.parametrize(("members", "name", "label"), IN_PASI)
def test_a_value_of_pasis_that_it_would_not_take_back_holds_an_edit_of_another_field(world, members, name, label):
    reference.refresh()
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, **members)
    world.pull()
    held = world.queue(enrolment, grade="09")
    assert (held.status, held.reason, held.detail) == (Status.HELD, "undecided_refused", name)
    assert reason_text(held).endswith(f"{label}.")
    before = sent(world)
    assert world.send(held).status == Status.HELD
    assert sent(world) == before
    item = world.item(enrolment)
    decisions.reject(world.actor, item.pk, [name], reason="Ours is right")
    assert world.send(world.take_up(enrolment)).status == Status.ACCEPTED
    assert world.theirs(enrolment)["Grade"] == "09"


def test_without_the_hold_pasi_refuses_it(world, monkeypatch):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, RegistrationExitDate="2026-08-01")
    world.pull()
    queued = world.queue(enrolment, grade="09")
    Submission.objects.filter(pk=queued.pk).update(status=Status.WAITING, reason="", detail="")
    monkeypatch.setattr(submissions, "_values_refused", lambda *_: submissions.sendable.NOTHING)
    assert world.send(queued).status == Status.REJECTED
    assert queued.rejections[0]["code"] == "10016"


def test_a_bad_text_taken_over_from_pasi_holds_until_a_spelling_is_agreed(world):
    enrolment = world.in_step(local_student_id="7")
    world.change_in_pasi(enrolment, ExtendedSchoolEnrolmentInfo={
        "Name": "SISV1", "KeyValues": [{"Key": "LocalStudentId", "Value": "Łódź"}],
    })  # fmt: skip
    world.pull()
    decisions.accept(world.actor, world.item(enrolment).pk)
    held = world.queue(enrolment, grade="09")  # the edit itself is not refused
    assert (held.status, held.reason, held.detail) == (Status.HELD, "text_outside", "local_student_id")
    assert "Local student" in reason_text(held)
    reviews.agree_spelling(world.actor, enrolment, {"local_student_id": "Lodz"})
    held.refresh_from_db()
    assert world.send(held).status == Status.ACCEPTED
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).local_student_id == "Łódź"


def test_a_bad_text_here_that_does_not_go_out_holds_nothing(world):
    """PASI has a good one and nobody has decided: the message carries PASI's."""
    enrolment = world.in_step(local_student_id="7")
    SchoolEnrolment.objects.filter(pk=enrolment.pk).update(local_student_id="Łódź")
    link = world.link(enrolment)
    link.agreed.pop("local_student_id")
    link.save()
    assert world.sync(enrolment, grade="09").status == Status.ACCEPTED


def test_a_code_that_pasi_does_not_know_is_held_and_named(world):
    reference.refresh()
    enrolment = world.in_step()
    held = world.queue(enrolment, enrolment_type_codes="977")
    assert (held.status, held.reason, held.detail) == (Status.HELD, "code_unknown", "enrolment_type_codes:977")
    assert reason_text(held).endswith("Enrolment type codes: 977.")
    CodeValue.objects.create(class_name="EnrolmentTypeCode", code="977", description="New")
    submissions.release_held()
    held.refresh_from_db()
    assert held.status == Status.WAITING


def test_lists_that_have_not_come_yet_hold_nothing(world):
    enrolment = world.in_step()
    assert not CodeValue.objects.exists()
    assert world.queue(enrolment, enrolment_type_codes="977").status == Status.WAITING


def test_a_rule_broken_on_both_sides_is_held_with_its_sentence(world):
    enrolment = world.in_step(grade="08", program_percentage=40)
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    decisions.reject(world.actor, world.item(enrolment).pk, reason="Ours is right")
    held = world.take_up(enrolment)
    assert (held.status, held.reason, held.detail) == (Status.HELD, "value_refused", "program_percentage:10064")
    assert "(10064)" in reason_text(held)


def test_a_deletion_is_not_held_by_what_pasi_does_not_look_at(world):
    ref_id = world.in_pasi_only(SchoolProvidedProgramPercentage=40)
    world.pull()
    decision = decisions.reject(world.actor, Discrepancy.objects.get(key=ref_id).pk, reason="Not ours")
    enrolment = SchoolEnrolment.objects.get(pk=decisions.enrolment_of(decision))
    assert world.send(world.take_up(enrolment)).status == Status.ACCEPTED
    assert world.pasi.enrolment(ref_id)["IsDeleted"]
