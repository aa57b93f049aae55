"""What a school has to know: the product's notices, and other schools' records of its students."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import selectors
from alerts.models import SeenRecord
from operations import offers
from operations.models import AuditEntry
from operations.services import notices
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy, EnrolmentCopy, SchoolCopy
from pasi_connect.services import starting
from sis.models import Student
from tests.factories import EnrolmentFactory, StudentFactory, UserFactory, record_elsewhere
from tests.factories.students import this_year
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def wording(monkeypatch):
    monkeypatch.setitem(offers.notices, "told", lambda given: f"{given['n']} enrolments were ended here.")


def elsewhere(here, school=None, **theirs):
    stay = EnrolmentFactory(school=school or here.school)
    return record_elsewhere(stay.student, **theirs)


def test_a_notice_is_for_the_school_and_seen_by_one_for_all(here, as_person, wording):
    made = notices.leave(here.school.code, "told", {"n": 3}, "/changes/")
    notices.leave(here.other.code, "told", {"n": 77})
    page = squeezed(as_person(here.registrar).get("/notices/").content.decode())
    assert "1 notice" in page
    assert '<a href="/changes/">3 enrolments were ended here.</a>' in page
    assert "77 enrolments" not in page
    assert '<span>Notices</span><span class="n">1</span>' in page
    assert as_person(here.stranger).post(f"/notices/{made.pk}/seen/").status_code == 404
    as_person(here.registrar).post(f"/notices/{made.pk}/seen/")
    assert "No notices" in as_person(here.colleague).get("/notices/").content.decode()
    again = as_person(here.colleague).post(f"/notices/{made.pk}/seen/", follow=True).content.decode()
    assert "marked it as seen first" in again


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (
            "guided_action",
            {"kind": "transfer_out", "school": "7102", "who": "Rhea Molnar"},
            "Rhea Molnar transferred a student out of school 7102",
        ),
        ("planned_action_stopped", {"kind": "transfer_out", "who": "Rhea Molnar"}, "could not be completed on its day"),
    ],
)
def test_the_notices_of_guided_actions_are_sentences(here, as_person, kind, given, words):
    notices.leave(here.school.code, kind, given)
    assert words in as_person(here.registrar).get("/notices/").content.decode()


def test_a_kind_that_nobody_offers_still_shows(here, as_person):
    notices.leave(here.school.code, "some_old_kind", {})
    assert "some old kind" in as_person(here.registrar).get("/notices/").content.decode()


def test_another_authoritys_record_shows_by_school_dates_and_type_only(here, as_person):
    copy = elsewhere(here, grade="07", resident_board="7777")
    SchoolCopy.objects.create(
        code="9901", name="Meadowlark School", core_version=1, stored_at=copy.stored_at, document=b""
    )
    page = as_person(here.registrar).get("/notices/records/").content.decode()
    main = page[page.index("<main") :]
    assert "Meadowlark School" in main
    assert copy.start_date.isoformat() in main
    assert "Regular" in main
    assert "7777" not in main and "Ola Brandt" not in main and ">07<" not in main
    assert "Meadowlark" not in as_person(here.stranger).get("/notices/records/").content.decode()


def test_it_is_in_no_count_and_no_list_of_the_inbox(here, as_person):
    elsewhere(here)
    assert not Discrepancy.objects.exists()
    assert pasi.counts(here.registrar) == {"changes": 0, "stuck": 0}
    page = squeezed(as_person(here.registrar).get("/changes/").content.decode())
    assert "Another school’s record</a>" in page


def test_seen_ends_it_for_the_school_until_a_newer_version(here, as_person):
    stay = EnrolmentFactory(school=here.school)
    EnrolmentFactory(school=here.other, student=stay.student)
    copy = record_elsewhere(stay.student)
    as_person(here.registrar).post(f"/notices/records/{copy.pk}/seen/", {"version": copy.core_version})
    assert not selectors.other_records(here.colleague).exists()
    assert list(selectors.other_records(here.stranger)) == [copy]  # the other school has not seen it
    assert list(selectors.other_records(here.district)) == [copy]
    record_elsewhere(stay.student, version=11, exit_date=stay.start_date)
    assert list(selectors.other_records(here.registrar)) == [copy]
    as_person(here.district).post(f"/notices/records/{copy.pk}/seen/", {"version": 11})
    assert not selectors.other_records(here.stranger).exists()
    assert SeenRecord.objects.count() == 3
    assert AuditEntry.objects.filter(action="other record seen").count() == 3


def test_seen_counts_for_the_version_on_the_page(here, as_person):
    copy = elsewhere(here, version=12)
    as_person(here.registrar).post(f"/notices/records/{copy.pk}/seen/", {"version": "11"})
    assert selectors.other_records(here.registrar).exists()  # it moved while the page was open


@pytest.mark.parametrize("what", ["deleted", "vanished", "own school", "old year", "not ours", "our stay deleted"])
def test_what_is_no_notice(here, what):
    copy = elsewhere(here, deleted=what == "deleted")
    if what == "vanished":
        EnrolmentCopy.objects.update(vanished_at=copy.stored_at)
    if what == "own school":
        EnrolmentCopy.objects.update(school_code=here.other.code)
    if what == "old year":
        EnrolmentCopy.objects.update(school_year=this_year() - 3)
    if what == "not ours":
        EnrolmentCopy.objects.update(asn=StudentFactory().asn)
    if what == "our stay deleted":
        here.school.enrolments.update(deleted=True)
    assert not selectors.other_records(here.district).exists()


def test_pages_follow_on_and_ask_as_often_for_many_as_for_one(here, as_person, monkeypatch):
    monkeypatch.setattr(starting, "TRUST_SECONDS", 3600.0)  # else a slow machine asks once more between the two
    client = as_person(UserFactory(role="Registrar", schools=[here.school]))

    def count_queries(address):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        return len(queries), len(page.context["rows"]), page

    elsewhere(here)
    notices.leave(here.school.code, "told", {})
    for address in ("/notices/records/", "/notices/"):
        client.get(address)  # what the person has read is entered once an hour
    one = count_queries("/notices/records/")[0], count_queries("/notices/")[0]
    for _ in range(29):
        elsewhere(here)
        notices.leave(here.school.code, "told", {})
    many = count_queries("/notices/records/")
    assert (many[0], count_queries("/notices/")[0]) == one
    assert many[1] == 25
    assert count_queries(f"/notices/records/{many[2].context['pager']['next']}")[1] == 5
    assert client.get("/notices/records/?after=x").status_code == 404


def at_our_other_school(here, **theirs):
    """A student of `here.school` whom PASI has at our other school as well."""
    stay = EnrolmentFactory(school=here.school)
    return record_elsewhere(stay.student, here.other.code, **theirs)


def test_a_record_at_another_of_our_schools_is_a_notice_for_the_school_of_the_student(here, as_person):
    copy = at_our_other_school(here)
    assert list(selectors.other_records(here.registrar)) == [copy]
    assert not selectors.other_records(here.stranger).exists()  # their own school's record
    assert not selectors.other_records(here.district).exists()  # who sees both
    page = as_person(here.registrar).get("/notices/records/").content.decode()
    assert here.other.code in page and copy.start_date.isoformat() in page
    as_person(here.registrar).post(f"/notices/records/{copy.pk}/seen/", {"version": copy.core_version})
    assert not selectors.other_records(here.registrar).exists()
    record_elsewhere(Student.objects.get(asn=copy.asn), here.other.code, version=11)
    assert list(selectors.other_records(here.registrar)) == [copy]


@pytest.mark.parametrize("what", ["deleted", "other year", "not ours", "both are theirs"])
def test_what_is_no_notice_of_our_other_schools(here, what):
    copy = at_our_other_school(here, deleted=what == "deleted")
    reader = here.registrar
    if what == "other year":
        EnrolmentCopy.objects.update(school_year=this_year() + 1)
    if what == "not ours":
        EnrolmentCopy.objects.filter(pk=copy.pk).update(asn=StudentFactory().asn)
    if what == "both are theirs":
        reader = UserFactory(role="Registrar", schools=[here.school, here.other])
    assert not selectors.other_records(reader).exists()
