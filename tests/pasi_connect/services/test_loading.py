"""Loads beside PASI: what was accepted stays, and a load never makes a second record there."""

import json
from uuid import uuid4

import pytest

from pasi_connect.models import Discrepancy, Link, Submission, SyncCursor
from pasi_connect.services import decisions
from pasi_connect.services.queue import collecting, forcing, sweeping
from sis.models import SchoolEnrolment
from sis.services.events import uncollected
from sis.services.loading import door
from sis.services.loading.resources import RESOURCES
from tests import factories
from tests.pasi_connect.world import YEAR

DAYS = {"start_date": "2026-09-01", "exit_date": "2027-06-25"}


def put(world, resource, *records):
    rows = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    done = door.take(world.actor, RESOURCES[resource], "", rows)
    collecting.take_up(20)
    return done


def stay(asn, external_id="en-1", **more):
    return {
        "external_id": external_id, "asn": asn, "school": "4801", "school_year": str(YEAR), "grade": "08", **DAYS, **more,
    }  # fmt: skip


@pytest.fixture
def newcomer(world):
    """A student of whom PASI has no enrolment; PASI's records are not stored whole yet."""
    SyncCursor.objects.all().delete()
    return world.student()


@pytest.fixture
def held(world, newcomer):
    assert put(world, "enrolments", stay(newcomer.asn)).created == 1
    return SchoolEnrolment.objects.get()


def submission(enrolment):
    return Submission.objects.filter(entity="school_enrolment", subject_id=enrolment.pk).latest("pk")


def standing(enrolment):
    row = submission(enrolment)
    return row.status, row.reason


def in_pasi(world, enrolment, key=None, **members):
    """PASI has a record of this student at this school, which nobody has linked."""
    key = key or str(uuid4())
    world.pasi.load(StudentSchoolEnrolment=[{**world.document(enrolment, key), **members}])
    return key


def test_accepted_from_pasi_in_the_morning_loaded_unchanged_at_night_nothing_is_sent(world):
    enrolment = world.in_step()
    line = {**stay(enrolment.student.asn), "start_date": enrolment.start_date.isoformat(), "grade": enrolment.grade}
    line["exit_date"] = enrolment.exit_date.isoformat()
    put(world, "enrolments", line)
    world.change_in_pasi(enrolment, Grade="10")
    world.pull()
    decisions.accept(world.actor, world.item(enrolment).pk)
    collecting.take_up(20)
    sent = len(world.pasi.calls("SubmitStudentSchoolEnrolment"))
    done = put(world, "enrolments", line)
    assert (done.unchanged, [one.difference.field for one in done.kept]) == (1, ["grade"])
    enrolment.refresh_from_db()
    assert enrolment.grade == "10"
    assert not uncollected().exists()
    assert not Submission.objects.filter(subject_id=enrolment.pk, status__in=["waiting", "held"]).exists()
    assert len(world.pasi.calls("SubmitStudentSchoolEnrolment")) == sent
    assert world.item(enrolment) is None


def test_what_the_source_changes_beside_an_open_change_is_changed_on_both_sides(world):
    enrolment = world.in_step()
    line = {**stay(enrolment.student.asn), "start_date": enrolment.start_date.isoformat(), "grade": enrolment.grade}
    line["exit_date"] = enrolment.exit_date.isoformat()
    put(world, "enrolments", line)
    world.change_in_pasi(enrolment, Grade="10")
    world.pull()
    assert world.item(enrolment).kind == "changed_in_pasi"
    assert put(world, "enrolments", line).unchanged == 1
    assert world.item(enrolment).kind == "changed_in_pasi"
    assert put(world, "enrolments", {**line, "grade": "11"}).changed == 1
    assert world.item(enrolment).kind == "changed_on_both"
    assert standing(enrolment) == ("held", "undecided")


def test_a_loaded_record_is_held_until_pasis_records_have_been_compared(world, held):
    assert standing(held) == ("held", "unmatched")
    sweeping._released_at = sweeping._released_at.min.replace(tzinfo=sweeping.dt.UTC)
    sweeping.sweep()
    assert standing(held) == ("held", "unmatched")
    world.pull()  # read whole: PASI has none of the student there
    sweeping._released_at = sweeping._released_at.min.replace(tzinfo=sweeping.dt.UTC)
    sweeping.sweep()
    assert standing(held) == ("waiting", "")
    assert world.send(submission(held)).status == "accepted"
    assert world.theirs(held)["Grade"] == "08"


def test_where_pasi_has_one_that_nobody_has_linked_it_stays_held(world, newcomer):
    ghost = factories.EnrolmentFactory.build(student=newcomer, school=world.school, school_year=YEAR)
    key = in_pasi(world, ghost)
    world.pull()
    put(world, "enrolments", stay(newcomer.asn))
    made = SchoolEnrolment.objects.get()
    for _ in range(2):
        assert standing(made) == ("held", "unmatched")
        sweeping.matching.settle()
    assert Discrepancy.objects.get(key=key).kind == "created_in_pasi"
    # The key comes later: both are one.
    done = put(world, "enrolments", stay(newcomer.asn, ref_id=key))
    assert (done.unchanged, done.kept) == (1, [])
    assert (world.link(made).key, world.link(made).unmatched) == (key, False)
    assert Discrepancy.objects.get(key=key).kind != "created_in_pasi"
    assert submission(made).key == key


def test_once_pasis_records_are_stored_whole_a_new_stay_goes_like_any_other(world, newcomer):
    world.in_step()
    put(world, "enrolments", stay(newcomer.asn))
    made = SchoolEnrolment.objects.get(external_id="en-1")
    assert standing(made) == ("waiting", "")
    assert not world.link(made).unmatched


def test_a_person_may_send_it_as_a_new_record(world, held):
    assert standing(held) == ("held", "unmatched")
    forcing.send_now(world.actor, held)
    assert standing(held)[0] in ("waiting", "accepted")
    assert not world.link(held).unmatched
    assert world.send(submission(held)).status == "accepted"


def test_a_ref_id_is_adopted_where_student_school_and_year_agree(world):
    other, mine = world.student(), world.student()
    ghosts = [
        factories.EnrolmentFactory.build(student=one, school=world.school, school_year=YEAR) for one in (mine, other)
    ]
    key, foreign = (in_pasi(world, ghost) for ghost in ghosts)
    world.pull()
    done = put(world, "enrolments", stay(mine.asn, ref_id=key.upper()), stay(other.asn, "en-2", ref_id=key))
    first, second = SchoolEnrolment.objects.order_by("pk")
    assert world.link(first).key == key
    assert [(one.line, one.difference.field, one.difference.delivered) for one in done.kept] == [(2, "ref_id", key)]
    assert world.link(second).unmatched
    assert standing(second) == ("held", "unmatched")
    assert foreign != world.link(second).key
    done = put(world, "enrolments", stay(other.asn, "en-2", ref_id=foreign))
    assert (done.kept, world.link(second).key) == ([], foreign)


def test_a_ref_id_that_pasi_has_not_told_us_of_waits_for_its_record(world, newcomer):
    key = str(uuid4())
    put(world, "enrolments", stay(newcomer.asn, ref_id=key))
    made = SchoolEnrolment.objects.get()
    assert (world.link(made).key, standing(made)) == (key, ("held", "unmatched"))
    in_pasi(world, made, key)
    world.pull()
    sweeping.matching.settle()
    assert not world.link(made).unmatched
    assert Link.objects.filter(subject_id=made.pk).count() == 1


def test_a_loaded_student_is_compared_with_pasis(world):
    asn = world.student().asn
    put(world, "students", {"external_id": "st-1", "asn": asn, "gender": "Female"})
    assert not Submission.objects.filter(entity="student", reason="unmatched").exists()
