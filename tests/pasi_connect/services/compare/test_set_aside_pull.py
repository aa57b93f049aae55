"""What PASI sends and what cannot be stored or compared: set aside by itself, tried again, and no other record kept back."""

import pytest

from operations.models import AuditEntry
from pasi_connect import entities
from pasi_connect.models import (
    CodeValue,
    Discrepancy,
    EnrolmentCopy,
    Failure,
    LinkState,
    SchoolCopy,
    StudentCopy,
    SyncCursor,
)
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.pull import copies, reference
from pasi_connect.services.states import state_of
from pasi_connect.soap import answers, gateway
from sis.services import organizations
from tests.pasi_connect.services.compare.rounds import no_data_in, turns

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("short_leases")]


@pytest.mark.parametrize("model", [EnrolmentCopy, StudentCopy])
def test_storing_what_pasi_sent(world, monkeypatch, caplog, model):
    """The cursor goes on; the one is asked for again by itself, and is in when the fault is gone."""
    many = world.all_in_step(3)
    bad = many[0]
    whole = copies.mapping.columns
    key = bad.student.asn if model is StudentCopy else str(world.link(bad).key)

    def raises(entity, document):
        if entity.copy is model and key in (document.get("RefId"), document.get("StateProvinceId")):
            raise ValueError("Ines Varga")
        return whole(entity, document)

    monkeypatch.setattr(copies.mapping, "columns", raises)
    for one in many:
        world.change_in_pasi(one, Grade="09")
        world.pasi.change_other("Student", one.student.asn, IsDeactivated=True)
    world.pull()
    rows = {one.pk: stored(model, one, world) for one in many}
    assert [rows[one.pk] for one in many] == [False, True, True]
    before = SyncCursor.objects.get(notification_type="StudentSchoolEnrolment.2027").max_version
    turns(3)
    failure = Failure.objects.get()
    assert (failure.step, failure.entity, failure.key) == ("pull", entities.of_copy(model).kind, key)
    assert (failure.tries, failure.is_set_aside, failure.next_at) == (3, True, None)
    assert failure.place.startswith("ValueError at ")
    assert no_data_in(caplog)
    calls = len(world.pasi.calls())
    turns(2)
    world.pull()
    assert len([call for call in world.pasi.calls()[calls:] if call["operation"].startswith("Get")]) == 0
    assert SyncCursor.objects.get(notification_type="StudentSchoolEnrolment.2027").max_version == before
    if model is EnrolmentCopy:
        assert state_of(bad).reason == "set_aside"
    # A person tries again after an update.
    monkeypatch.setattr(copies.mapping, "columns", whole)
    assert failures.free(world.actor, [failure]) == 1
    turns(1)
    assert stored(model, bad, world)
    assert not Failure.objects.exists()
    assert AuditEntry.objects.filter(action="freed", subject_id=str(failure.pk)).exists()


def stored(model, enrolment, world):
    if model is EnrolmentCopy:
        return world.copy(enrolment).grade == "09"
    return StudentCopy.objects.get(asn=enrolment.student.asn).is_deactivated


def test_a_newer_version_in_pasi_is_tried_by_itself(world, monkeypatch):
    one = world.in_step()
    whole = copies.mapping.columns
    monkeypatch.setattr(
        copies.mapping,
        "columns",
        lambda entity, document: 1 / 0 if document.get("Grade") == "09" else whole(entity, document),
    )
    world.change_in_pasi(one, Grade="09")
    world.pull()
    turns(3)
    assert Failure.objects.get().is_set_aside
    world.change_in_pasi(one, Grade="10")
    world.pull()
    assert world.copy(one).grade == "10"
    assert not Failure.objects.exists()


def test_an_answer_that_one_record_makes_unreadable(world, monkeypatch, caplog):
    """It is found by halves; the others are stored, and PASI does not count as away."""
    many = world.all_in_step(5)
    ref_id = str(world.link(many[2]).key)
    whole = answers.contract()

    class Contract:
        operations = whole.operations

        @staticmethod
        def check(element):
            is_bad = element.tag.endswith("GetStudentSchoolEnrolmentResponse") and ref_id in "".join(element.itertext())
            return "SCHEMAV_CVC_DATATYPE at /x" if is_bad else whole.check(element)

    monkeypatch.setattr(answers, "contract", Contract)
    for one in many:
        world.change_in_pasi(one, Grade="09")
    world.puller.ask(0)
    assert [world.copy(one).grade for one in many] == ["09", "09", "08", "09", "09"]
    assert LinkState.load().state == "up"
    turns(3)
    failure = Failure.objects.get()
    assert (failure.key, failure.is_set_aside) == (ref_id, True)
    assert "contract" in failure.place
    assert no_data_in(caplog)


def test_an_answer_of_which_nothing_can_be_read_counts_against_no_record(world, monkeypatch):
    many = world.all_in_step(6)
    for one in many:
        world.change_in_pasi(one, Grade="09")
    decode = gateway.codec.decode_member
    with monkeypatch.context() as patch:
        patch.setattr(
            gateway.codec,
            "decode_member",
            lambda element, member: 1 / 0 if "Enrolment" in element.tag else decode(element, member),
        )
        world.puller.ask(0)
        assert world.puller.short
    assert not Failure.objects.exists()
    world.pull()
    assert {world.copy(one).grade for one in many} == {"09"}


def test_a_school_that_cannot_be_followed_keeps_no_other_back(world, break_for):
    world.pull()
    break_for(organizations, "follow_pasi", lambda rows: any(code == "4801" for code, *_rest in rows))
    for code in ("4801", "4802"):
        world.pasi.change_other("School", code, Name=f"New {code}")
    world.pull()
    assert dict(SchoolCopy.objects.filter(code__in=("4801", "4802")).values_list("code", "name")) == {
        "4801": "Lantern School 4801",
        "4802": "New 4802",
    }
    turns(3)
    assert Failure.objects.get().key == "4801"
    for code in ("4801", "4802"):
        world.pasi.change_other("School", code, Name=f"Lantern School {code}")


def test_code_values(world, break_for):
    assert reference.refresh()
    CodeValue.objects.all().delete()
    break_for(reference.code_values, "code_value", lambda document: document["CodeText"] == "610")
    assert reference.refresh()
    assert CodeValue.objects.count() > 20
    assert not CodeValue.objects.filter(code="610").exists()
    turns(3)
    assert Failure.objects.get(entity="code_value").is_set_aside


def test_comparing(world, break_for, caplog):
    many = world.all_in_step(4)
    bad = many[1]
    break_for(comparing.rules, "compare", lambda ours, *rest: ours["local_student_id"] == "X")
    type(bad).objects.filter(pk=bad.pk).update(local_student_id="X")
    for one in many:
        world.change_in_pasi(one, Grade="09")
    world.pull()
    comparing.evaluate_all()
    items = set(Discrepancy.objects.filter(status="open").values_list("key", flat=True))
    assert items == {world.link(one).key for one in many if one is not bad}
    turns(3)
    failure = Failure.objects.get()
    assert (failure.step, failure.key) == ("compare", str(world.link(bad).key))
    assert (failure.is_set_aside, failure.school_code) == (True, "4801")
    assert state_of(bad).reason == "set_aside"
    assert no_data_in(caplog)
