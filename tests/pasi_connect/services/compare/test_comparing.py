"""Discrepancies open, follow and settle by themselves, at every save and every pull."""

import datetime as dt
from uuid import UUID

import pytest

from operations.actor import SYNC
from operations.models import AuditEntry
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, EnrolmentCopy, Link, SyncCursor
from pasi_connect.models.discrepancy import Kind
from pasi_connect.services.compare import comparing
from sis.models import SchoolEnrolment
from sis.models.event import Origin
from sis.models.organization import State
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_a_fixed_day")]

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def enrolment():
    factories.synchronizing(current_school_year=SchoolYear(2027))
    made = factories.EnrolmentFactory(school_year=SchoolYear(2027))
    factories.link_and_copy(made, version=10)
    return made


def open_items():
    return Discrepancy.objects.filter(status="open")


def picture():
    """Everything that the open items show, without row numbers."""
    return sorted(
        (item.key, item.kind, item.fields, item.undecided, item.version, item.school_code) for item in open_items()
    )


def test_what_is_equal_is_agreed_and_nothing_opens(enrolment):
    link = factories.link_of(enrolment)
    assert link.agreed["exit_date"] == enrolment.exit_date.isoformat()
    assert link.agreed_digest == EnrolmentCopy.objects.get().digest
    assert not Discrepancy.objects.exists()


def test_an_item_opens_with_its_whole_picture(enrolment):
    item = factories.changed_in_pasi(enrolment, exit_date=MAY, by="Ola Brandt", organization="A.1750")
    assert (item.kind, item.undecided, item.version, item.core_version) == (Kind.CHANGED_IN_PASI, 1, "1.11", 11)
    assert item.fields == [
        {
            "name": "exit_date",
            "agreed": "2027-06-26",
            "sis": "2027-06-26",
            "pasi": "2027-05-14",
            "state": "changed_in_pasi",
        }
    ]
    assert (item.changed_by, item.asn) == ("Ola Brandt, A.1750", enrolment.student.asn)
    assert (item.school_enrolment, item.school_code, item.school_year) == (
        enrolment,
        enrolment.school.code,
        SchoolYear(2027),
    )
    entry = AuditEntry.objects.get(action="discrepancy opened")
    assert (entry.subject_id, entry.school_code) == (str(item.pk), enrolment.school.code)


def test_an_item_follows_what_moves_and_stays_one(enrolment):
    item = factories.changed_in_pasi(enrolment, grade="09")
    assert factories.changed_in_pasi(enrolment, exit_date=MAY).pk == item.pk
    enrolments.change(SYNC, enrolment.pk, {"grade": "07"})
    comparing.evaluate(ENTITY, ids=[enrolment.pk])
    item.refresh_from_db()
    assert (item.kind, item.undecided, item.version) == (Kind.CHANGED_ON_BOTH, 2, "2.12")
    assert {row["name"]: row["state"] for row in item.fields} == {
        "grade": "changed_on_both",
        "exit_date": "changed_in_pasi",
    }


@pytest.mark.parametrize("side", ["sis", "pasi"])
def test_an_item_settles_by_itself_when_the_sides_become_equal(enrolment, side):
    item = factories.changed_in_pasi(enrolment, grade="09")
    if side == "sis":
        enrolments.change(SYNC, enrolment.pk, {"grade": "09"})
        comparing.evaluate(ENTITY, ids=[enrolment.pk])
    else:
        with pytest.raises(Discrepancy.DoesNotExist):  # the factory looks for an open item
            factories.changed_in_pasi(enrolment, grade="08")
    item.refresh_from_db()
    assert (item.status, item.settled_by) == ("settled", "itself")
    assert factories.link_of(enrolment).agreed["grade"] == ("09" if side == "sis" else "08")
    assert AuditEntry.objects.filter(action="discrepancy settled", subject_id=str(item.pk)).count() == 1


def test_what_is_ours_to_send_is_no_discrepancy(enrolment):
    enrolments.change(SYNC, enrolment.pk, {"exit_date": MAY})
    comparing.evaluate(ENTITY, ids=[enrolment.pk])
    assert not Discrepancy.objects.exists()
    assert factories.link_of(enrolment).agreed["exit_date"] == "2027-06-26"


def test_a_copy_below_the_last_accepted_version_is_not_compared(enrolment):
    Link.objects.update(accepted_version=12)
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.changed_in_pasi(enrolment, grade="09")
    assert factories.changed_in_pasi(enrolment, grade="09").core_version == 12


def test_a_record_that_was_never_agreed(enrolment):
    Link.objects.update(agreed=None, agreed_digest="")
    item = factories.changed_in_pasi(enrolment, grade="09")
    assert (item.kind, item.fields[0]["agreed"]) == (Kind.NEVER_AGREED, None)
    assert len(item.fields) == 1


def test_deleted_in_pasi_and_undeleted_again(enrolment):
    item = factories.changed_in_pasi(enrolment, deleted=True, grade="09")
    assert (item.kind, [row["name"] for row in item.fields]) == (Kind.DELETED_IN_PASI, ["deleted"])
    item = factories.changed_in_pasi(enrolment, deleted=False)
    assert (item.kind, [row["name"] for row in item.fields]) == (Kind.CHANGED_IN_PASI, ["grade"])


def test_deleted_on_both_sides_is_in_step_whatever_else_differs(enrolment):
    item = factories.changed_in_pasi(enrolment, deleted=True, grade="09")
    enrolments.change(SYNC, enrolment.pk, {"deleted": True}, origin=Origin.PASI)
    comparing.evaluate(ENTITY, ids=[enrolment.pk])
    item.refresh_from_db()
    assert item.status == "settled"


def test_created_in_pasi_shows_what_it_holds(enrolment):
    item = factories.created_in_pasi("123456789", enrolment.school.code, SchoolYear(2027))
    assert (item.kind, item.school_enrolment, item.version) == (Kind.CREATED_IN_PASI, None, "0.10")
    shown = {row["name"]: row["pasi"] for row in item.fields}
    assert (shown["grade"], shown["start_date"]) == ("08", "2026-09-01")
    assert "program_percentage" not in shown


def test_a_record_of_another_school_or_year_is_not_compared(enrolment):
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.created_in_pasi("123456789", "4999", SchoolYear(2027))
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.created_in_pasi("123456789", enrolment.school.code, SchoolYear(2024))


def test_missing_in_pasi_waits_for_the_full_set_and_for_what_is_on_its_way(enrolment):
    lone = factories.EnrolmentFactory(school=enrolment.school, school_year=SchoolYear(2027))
    Link.objects.create(school_enrolment=lone, key=str(UUID(int=7)))
    SyncCursor.objects.all().update(complete_at=None)
    comparing.evaluate(ENTITY, ids=[lone.pk])
    assert not Discrepancy.objects.exists()
    factories.synchronizing()
    SyncCursor.objects.all().update(complete_at="2026-11-01T00:00:00Z")
    waiting = factories.submission(lone)
    comparing.evaluate(ENTITY, ids=[lone.pk])
    assert not Discrepancy.objects.exists()
    waiting.delete()
    comparing.evaluate(ENTITY, ids=[lone.pk])
    assert Discrepancy.objects.get().kind == Kind.MISSING_IN_PASI
    enrolments.change(SYNC, lone.pk, {"deleted": True}, reason="A duplicate.")
    comparing.evaluate(ENTITY, ids=[lone.pk])
    assert Discrepancy.objects.get().status == "settled"


def test_a_school_that_becomes_inactive_leaves_the_comparison_and_comes_back(enrolment):
    factories.changed_in_pasi(enrolment, grade="09")
    enrolment.school.enrolment_sync = State.INACTIVE
    enrolment.school.save()
    comparing.evaluate_all()
    assert not open_items().exists()
    enrolment.school.enrolment_sync = State.ACTIVE
    enrolment.school.save()
    comparing.evaluate_all()
    assert open_items().get().kind == Kind.CHANGED_IN_PASI
    assert open_items().get().fields[0]["agreed"] == "08"


def test_a_vanished_copy_agrees_with_nothing(enrolment):
    enrolments.change(SYNC, enrolment.pk, {"grade": "09"})
    EnrolmentCopy.objects.update(vanished_at="2026-11-01T00:00:00Z", grade="07")
    comparing.evaluate(ENTITY, ids=[enrolment.pk])
    assert factories.link_of(enrolment).agreed["grade"] == "08"


def test_looking_again_changes_nothing(enrolment):
    factories.changed_in_pasi(enrolment, grade="09")
    before, entries = picture(), AuditEntry.objects.count()
    for _ in range(2):
        comparing.evaluate_all()
        comparing.evaluate(ENTITY, ids=[enrolment.pk])
    assert (picture(), AuditEntry.objects.count()) == (before, entries)


def a_varied_district():
    """Records in every state, none of which has been looked at."""
    school = factories.SchoolFactory()
    rows = [factories.EnrolmentFactory(school=school, school_year=SchoolYear(2027)) for _ in range(9)]
    for row in rows[:8]:
        factories.link_and_copy(row)
    table = SchoolEnrolment.objects
    table.filter(pk=rows[0].pk).update(grade="07")
    EnrolmentCopy.objects.filter(key=factories.link_of(rows[1]).key).update(grade="09", digest="b")
    table.filter(pk=rows[2].pk).update(grade="07")
    EnrolmentCopy.objects.filter(key=factories.link_of(rows[2]).key).update(grade="09", digest="c")
    EnrolmentCopy.objects.filter(key=factories.link_of(rows[3]).key).update(deleted=True, digest="d")
    table.filter(pk=rows[4].pk).update(deleted=True)
    EnrolmentCopy.objects.filter(key=factories.link_of(rows[5]).key).update(vanished_at="2026-11-01T00:00:00Z")
    Link.objects.filter(subject_id=rows[6].pk).update(agreed=None, agreed_digest="")
    Link.objects.filter(subject_id=rows[7].pk).delete()  # PASI's record is new to us
    Link.objects.create(school_enrolment=rows[8], key=str(UUID(int=8)))


def test_looking_at_all_finds_what_looking_at_each_finds():
    factories.synchronizing(current_school_year=SchoolYear(2027))
    a_varied_district()
    comparing.evaluate_all()
    together = picture()
    kinds = sorted(kind for _ref, kind, *_rest in together)
    assert kinds == [
        "changed_in_pasi",
        "changed_on_both",
        "created_in_pasi",
        "deleted_in_pasi",
        "missing_in_pasi",
        "missing_in_pasi",
    ]
    Discrepancy.objects.all().delete()
    refs = [
        *Link.objects.values_list("key", flat=True),
        *EnrolmentCopy.objects.values_list("key", flat=True),
    ]
    for ref_id in dict.fromkeys(refs):
        comparing.evaluate(ENTITY, keys=[ref_id])
    assert picture() == together


def test_looking_at_all_costs_the_same_few_queries_for_ten_and_for_sixty(django_assert_max_num_queries):
    factories.synchronizing(current_school_year=SchoolYear(2027))
    school = factories.SchoolFactory()
    rows = [factories.EnrolmentFactory(school=school, school_year=SchoolYear(2027)) for _ in range(60)]
    for row in rows:
        factories.link_and_copy(row)
    EnrolmentCopy.objects.update(grade="09", digest="x")
    with django_assert_max_num_queries(25):
        comparing.evaluate_all()
    assert open_items().count() == 60
