"""One rule of replacing for a few rows and for a large set, which goes in another way."""

import datetime as dt
import uuid

import pytest

from operations import clock
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import EnrolmentCopy
from pasi_connect.services.pull import copies
from sis.rules.school_year import SchoolYear
from tests.factories import documents as mapping

pytestmark = pytest.mark.django_db

REFS = [str(uuid.UUID(int=number, version=4)) for number in range(1, 7)]


def received(ref_id: str, version: int, grade: str) -> copies.Received:
    document = mapping.new_document(ref_id, "123456789", "4801", SchoolYear(2027)) | {
        "PASICoreVersion": version,
        "Grade": grade,
        "RegistrationStartDate": dt.date(2026, 9, 1),
        "EffectiveUtc": dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC),
    }
    return copies.Received(document, copies.to_xml(document, ENTITY))


def store(version: int, grade: str, refs: list[str] = REFS, provisional: bool = False) -> None:
    copies.store(EnrolmentCopy, [received(ref, version, grade) for ref in refs], provisional)


def held() -> set[tuple[int, str]]:
    return set(EnrolmentCopy.objects.values_list("core_version", "grade"))


@pytest.fixture(autouse=True, params=["few", "many"])
def size(request, monkeypatch):
    monkeypatch.setattr(copies, "LARGE", 3 if request.param == "many" else 1000)


def test_a_newer_version_replaces_and_an_older_one_does_not():
    store(10, "08")
    store(11, "09")
    store(9, "07")
    assert held() == {(11, "09")}
    row = EnrolmentCopy.objects.get(key=REFS[0])
    assert (row.school_year, row.start_date) == (SchoolYear(2027), dt.date(2026, 9, 1))
    assert copies.to_document(row.document, ENTITY)["Grade"] == "09"


def test_equal_rows_are_left_alone_and_the_others_are_not():
    store(10, "08", REFS[:5])
    before = dict(EnrolmentCopy.objects.values_list("key", "stored_at"))
    mixed = [received(ref, 10, "08") for ref in REFS[1:3]] + [received(ref, 12, "10") for ref in REFS[3:]]
    copies.store(EnrolmentCopy, mixed)
    after = dict(EnrolmentCopy.objects.values_list("key", "stored_at"))
    assert all(after[ref] == before[ref] for ref in REFS[:3])
    assert all(after[ref] > before[ref] for ref in REFS[3:5])
    assert EnrolmentCopy.objects.filter(core_version=12, grade="10").count() == 3


def test_a_vanished_record_that_is_named_again_is_there_again():
    store(10, "08")
    EnrolmentCopy.objects.update(vanished_at=clock.now())
    store(10, "08")
    assert not EnrolmentCopy.objects.exclude(vanished_at=None).exists()


def test_what_was_sent_never_replaces_what_pasi_told_at_the_same_version():
    store(10, "08")
    store(10, "09", provisional=True)
    assert held() == {(10, "08")}
    store(11, "09", provisional=True)
    store(11, "10")
    assert held() == {(11, "10")}
