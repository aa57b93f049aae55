"""What PASI announces is fetched, stored whole and compared; a record vanishes only by a complete set past the guard."""

import threading
import time

import pytest

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import (
    AuthorityCopy,
    Discrepancy,
    EnrolmentCopy,
    SchoolCopy,
    StudentCopy,
    SyncCursor,
)
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import hash as hash_rule
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import copies, pulling
from sis.models import School

pytestmark = pytest.mark.django_db

YEAR_TYPE = "StudentSchoolEnrolment.2027"


def kind():
    return next(kind for kind in pulling.kinds(Context()) if kind.name == YEAR_TYPE)


def cursor():
    return SyncCursor.objects.get(notification_type=YEAR_TYPE)


@pytest.fixture
def fresh(world):
    """Nothing has been pulled yet."""
    SyncCursor.objects.all().delete()
    return world


def test_the_initial_load_stores_every_kind_and_opens_what_only_pasi_has(fresh):
    known = fresh.in_step()
    ours, theirs = fresh.in_pasi_only(), fresh.in_pasi_only("4901")
    fresh.puller = pulling.Puller()
    SyncCursor.objects.all().delete()
    fresh.pull()
    assert set(AuthorityCopy.objects.values_list("code", flat=True)) >= {"1750", "1751"}
    assert set(SchoolCopy.objects.values_list("code", flat=True)) >= {"4801", "4802", "4901"}
    assert StudentCopy.objects.filter(asn=known.student.asn, legal_last_name__startswith="Varga").exists()
    assert set(EnrolmentCopy.objects.values_list("key", flat=True)) == {fresh.link(known).key, ours}
    assert theirs not in EnrolmentCopy.objects.values_list("key", flat=True)
    item = Discrepancy.objects.get()
    assert (item.kind, item.key, item.school_code) == (Kind.CREATED_IN_PASI, ours, "4801")
    assert all(row.complete_at for row in SyncCursor.objects.all())
    assert {row.notification_type for row in SyncCursor.objects.all()} == {row.name for row in pulling.kinds(Context())}


def test_a_copy_is_the_whole_record_as_pasi_sent_it(world):
    enrolment = world.in_step(grants_program_codes="301 500", local_student_id="L7")
    copy = world.copy(enrolment)
    theirs = world.theirs(enrolment)
    document = copies.to_document(copy.document, ENTITY)
    assert document["RefId"] == copy.key
    assert document["PASICoreVersion"] == copy.core_version == theirs["PASICoreVersion"]
    pairs = sorted((pair["Key"], pair["Value"]) for pair in document["ExtendedSchoolEnrolmentInfo"]["KeyValues"])
    assert pairs == [("GrantsProgramCodes", "301"), ("GrantsProgramCodes", "500"), ("LocalStudentId", "L7")]
    assert (copy.grants_program_codes, copy.school_code, copy.asn) == ("301 500", "4801", enrolment.student.asn)


def test_what_is_stored_is_not_fetched_again(world):
    world.in_step()
    calls = len(world.pasi.calls("GetStudentSchoolEnrolment"))
    world.pull()
    world.puller.full = {}
    assert len(world.pasi.calls("GetStudentSchoolEnrolment")) == calls
    pairs = [(copy.key, copy.core_version) for copy in EnrolmentCopy.objects.all()]
    assert pulling.fetch(kind(), pairs * 2, lambda: True)  # notices that come twice
    assert len(world.pasi.calls("GetStudentSchoolEnrolment")) == calls


def test_older_news_after_newer_ones_change_nothing(world):
    """Notices may come in any order; a record never goes back."""
    enrolment = world.in_step()
    older = copies.Received(
        copies.to_document(world.copy(enrolment).document, ENTITY), copies.unpack(world.copy(enrolment).document)
    )
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    version, reached = world.copy(enrolment).core_version, cursor().max_version
    copies.store(EnrolmentCopy, [older])
    pulling.fetch(kind(), [(str(world.link(enrolment).key), version - 1)], lambda: True)
    assert (world.copy(enrolment).grade, world.copy(enrolment).core_version) == ("09", version)
    assert cursor().max_version == reached


def test_equal_rows_are_not_rewritten(world):
    enrolment = world.in_step()
    before = world.copy(enrolment)
    again = copies.Received(copies.to_document(before.document, ENTITY), copies.unpack(before.document))
    copies.store(EnrolmentCopy, [again])
    assert world.copy(enrolment).stored_at == before.stored_at


def test_the_cursor_waits_for_what_pasi_announced_but_does_not_show_yet(world):
    """Nodes lag behind: the notice is there before the record."""
    enrolment, other = world.all_in_step(2)
    reached = cursor().max_version
    world.change_in_pasi(enrolment, Grade="09")
    first = world.theirs(enrolment)["PASICoreVersion"]
    world.pasi.knobs(node_lag_ms=60_000)
    assert world.puller.ask(0).good
    assert world.puller.short
    assert (world.copy(enrolment).grade, cursor().max_version) == ("08", reached)
    world.pasi.knobs(node_lag_ms=0)
    world.change_in_pasi(other, Grade="10")
    world.pull()
    assert (world.copy(enrolment).grade, world.copy(other).grade) == ("09", "10")
    assert cursor().max_version == world.theirs(other)["PASICoreVersion"] > first
    assert not world.puller.short


def test_an_answer_that_is_lost_leaves_the_cursor_where_it_was(world):
    enrolment = world.in_step()
    reached = cursor().max_version
    world.change_in_pasi(enrolment, Grade="09")
    world.pasi.knobs(truncated={"operation": "GetStudentSchoolEnrolment", "times": 1})
    world.puller.ask(0)
    assert (cursor().max_version, world.puller.short) == (reached, True)
    world.pull()
    assert world.copy(enrolment).grade == "09"


def test_many_records_come_in_batches_and_blocks(fresh, monkeypatch):
    monkeypatch.setattr(pulling, "BATCH", 3)
    fresh.pasi.knobs(block_limit=4)
    rows = fresh.all_in_step(10)
    assert EnrolmentCopy.objects.filter(vanished_at=None).count() == len(rows) == 10
    assert cursor().complete_at is not None
    assert cursor().max_version == max(EnrolmentCopy.objects.values_list("core_version", flat=True))
    assert not Discrepancy.objects.exists()


def test_a_listener_that_lost_its_lease_stores_nothing(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09")
    reached = cursor().max_version
    world.puller.may_write = lambda: False
    world.puller.ask(0)
    assert (world.copy(enrolment).grade, cursor().max_version) == ("08", reached)


def test_a_key_that_pasi_does_not_give_is_no_record(world):
    """Not nil, but Unknown: an object with the id echoed and nothing else."""
    pulling.fetch(kind(), [("00000000-0000-4000-8000-000000000001", 1)], lambda: True)
    assert not EnrolmentCopy.objects.exists()


def test_schools_follow_the_ministry(world):
    world.pasi._ask("PATCH", "/control/records/School/4802/", {"Name": "Lantern Hill School"})
    world.pasi.load(
        School=[{"SchoolCode": "4803", "Name": "New School", "SchoolAuthorityCode": "1750", "IsActive": True}]
    )
    world.pull()
    assert School.objects.get(code="4802").name == "Lantern Hill School"
    assert School.objects.get(code="4803").enrolment_sync == "inactive"
    assert not School.objects.filter(code="4901").exists()


# Full sets and vanishing -----------------------------------------------------------------------------------------


def full_set(world):
    """Asks for the complete set, as after a failed hash or for the first time."""
    SyncCursor.objects.filter(notification_type=YEAR_TYPE).delete()
    world.puller = pulling.Puller()
    world.pull()


def test_what_a_complete_set_does_not_name_vanishes_and_is_missing(world):
    gone, stays = world.all_in_step(2)
    world.pasi.remove(world.link(gone).key)
    world.pull()
    assert world.copy(gone).vanished_at is None  # mere news take nothing away
    full_set(world)
    assert world.copy(gone).vanished_at is not None
    assert world.copy(stays).vanished_at is None
    assert (world.item(gone).kind, world.item(stays)) == (Kind.MISSING_IN_PASI, None)


def test_a_vanished_record_that_comes_back_is_there_again(world):
    enrolment = world.in_step()
    document = world.document(enrolment, world.link(enrolment).key)
    world.pasi.remove(world.link(enrolment).key)
    full_set(world)
    world.pasi.load(StudentSchoolEnrolment=[document])
    world.pull()
    assert world.copy(enrolment).vanished_at is None
    assert world.item(enrolment) is None


def test_the_guard_stops_a_mass_vanishing(world):
    rows = world.all_in_step(25)
    for row in rows[:20]:
        world.pasi.remove(world.link(row).key)
    full_set(world)
    assert EnrolmentCopy.objects.filter(vanished_at=None).count() == 25
    assert cursor().missing.count() == 20
    assert cursor().guard_stopped_at is not None
    assert not Discrepancy.objects.exists()


def test_a_later_complete_set_makes_the_guards_list_anew_or_clears_it(world):
    rows = world.all_in_step(25)
    for row in rows[:21]:
        world.pasi.remove(world.link(row).key)
    full_set(world)
    documents = [world.document(row, world.link(row).key) for row in rows[:21]]
    world.pasi.load(StudentSchoolEnrolment=documents[:1])
    full_set(world)
    assert cursor().missing.filter(stopped_at=cursor().guard_stopped_at).count() == cursor().missing.count() == 20
    world.pasi.load(StudentSchoolEnrolment=documents[1:])
    full_set(world)
    assert (cursor().guard_stopped_at, cursor().missing.count()) == (None, 0)


def test_the_guard_counts_by_school(world):
    """Nineteen of twenty-five here and one of one there: each school alone is below the guard."""
    rows = world.all_in_step(25)
    lone = world.in_step(world.other)
    for row in [*rows[:19], lone]:
        world.pasi.remove(world.link(row).key)
    full_set(world)
    assert EnrolmentCopy.objects.filter(vanished_at=None).count() == 6
    assert cursor().guard_stopped_at is None


def test_a_hash_that_agrees_brings_nothing_and_one_that_does_not_the_complete_set(world):
    gone, stays = world.all_in_step(2)
    pairs = list(pulling.held(kind()))
    assert sorted(key for key, _ in pairs) == sorted(str(world.link(row).key) for row in (gone, stays))
    assert hash_rule.of(pairs) == hash_rule.of([(key.upper(), version) for key, version in reversed(pairs)])
    assert world.puller.ask(0, with_hash=True).good
    assert world.puller.full == {}
    world.pasi.remove(world.link(gone).key)
    world.puller.ask(0, with_hash=True)
    assert set(world.puller.full) == {YEAR_TYPE, "Student"}  # the student has left our scope as well
    world.pull()
    assert world.copy(gone).vanished_at is not None
    assert world.item(gone).kind == Kind.MISSING_IN_PASI
    assert world.item(stays) is None


def test_a_scope_that_is_gone_whole_vanishes_by_an_empty_set(world):
    """The failed-hash set is complete and names nothing."""
    gone = world.all_in_step(2)
    for row in gone:
        world.pasi.remove(world.link(row).key)
    world.pull()
    assert world.copy(gone[0]).vanished_at is None
    assert world.puller.ask(0, with_hash=True).good
    assert all(world.copy(row).vanished_at is not None for row in gone)
    assert [world.item(row).kind for row in gone] == [Kind.MISSING_IN_PASI] * 2
    reached = cursor().complete_at
    world.puller.ask(0, with_hash=True)  # nothing is held, nothing is there: in step
    assert cursor().complete_at == reached


def test_the_guard_stops_an_empty_set_too(world):
    rows = world.all_in_step(20)
    for row in rows:
        world.pasi.remove(world.link(row).key)
    world.puller.ask(0, with_hash=True)
    assert EnrolmentCopy.objects.filter(vanished_at=None).count() == 20
    assert cursor().missing.count() == 20
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("answered", [True, False])
def test_what_pasi_took_while_it_answered_has_not_vanished(world, monkeypatch, answered):
    """The set was made before PASI took a new record: accepted by now, or its answer not here yet."""
    world.in_step()
    queued = world.queue(world.here(), grade="09")
    complete = pulling.Puller._complete

    def completing(puller, kind):
        if kind.name == YEAR_TYPE and queued.status == "waiting":
            if not answered:
                world.pasi.knobs(answer_dropped=1, fault={"code": "2001", "operation": "GetStudentSchoolEnrolment"})
            world.send(queued)
            world.pasi.knobs(fault=None)
            if not answered:  # PASI's notice was quicker than all else
                version = world.pasi.enrolment(queued.key)["PASICoreVersion"]
                document = copies.to_document(queued.sent_document, ENTITY) | {"PASICoreVersion": version}
                copies.store(EnrolmentCopy, [copies.Received(document, copies.to_xml(document, ENTITY))])
        complete(puller, kind)

    monkeypatch.setattr(pulling.Puller, "_complete", completing)
    SyncCursor.objects.filter(notification_type=YEAR_TYPE).delete()
    world.puller = pulling.Puller()
    for _ in range(3):
        world.puller.ask(0)
    assert queued.status == ("accepted" if answered else "checking")
    copy = EnrolmentCopy.objects.get(key=queued.key)
    assert copy.vanished_at is None
    assert not Discrepancy.objects.exists()


def test_what_was_sent_before_the_set_was_asked_for_can_vanish(world):
    enrolment = world.in_step()
    world.sync(enrolment, grade="09")
    world.pasi.remove(world.link(enrolment).key)
    full_set(world)
    assert world.copy(enrolment).vanished_at is not None


def test_a_hash_repairs_what_was_changed_here_by_accident(world):
    """Drift: our copy is not what PASI holds, though no version says so."""
    enrolment, lost = world.all_in_step(2)
    EnrolmentCopy.objects.filter(key=world.link(lost).key).delete()
    world.puller.ask(0, with_hash=True)
    world.pull()
    assert world.copy(lost).core_version == world.theirs(lost)["PASICoreVersion"]
    assert world.copy(enrolment).vanished_at is None


def test_years_that_are_not_synchronized_are_not_asked_for(world):
    world.set(historical_years=0)
    assert [row.name for row in pulling.kinds(Context()) if row.year] == [YEAR_TYPE, "Section.2027"]
    world.set(historical_years=2)
    names = [row.name for row in pulling.kinds(Context()) if row.year]
    kinds = ("StudentSchoolEnrolment", "Section")
    assert names == [f"{kind}.{year}" for kind in kinds for year in (2025, 2026, 2027)]
    world.set(current_school_year=None)
    assert [row.name for row in pulling.kinds(Context()) if row.year] == []


def test_a_long_question_is_answered_as_soon_as_something_happens(world):
    enrolment = world.in_step()
    ref_id = world.link(enrolment).key
    threading.Timer(0.4, lambda: world.pasi.change(ref_id, Grade="09")).start()
    started = time.monotonic()
    assert world.puller.ask(1).good
    assert time.monotonic() - started < 5
    assert world.copy(enrolment).grade == "09"
