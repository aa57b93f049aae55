"""Sections and terms by hand: added, edited, deleted and restored; a term's code goes on to its sections."""

import pytest

from operations.models import AuditEntry
from pasi_connect.models import CodeValue
from sis import selectors
from sis.models import DataEvent, Section
from tests import factories


@pytest.fixture
def section(here):
    return factories.SectionFactory(school=here.school)


@pytest.fixture
def lists(db):
    """PASI's codes, as they come with the code values."""
    rows = [
        ("SectionTerm", "FY", "Full Year"), ("SectionTerm", "S1", "Semester 1"), ("InstructionalLanguage", "EN", "English"),
        ("PrimaryDeliveryMethod", "REG", "Regular"), ("DeliverySchedule", "REG", "Regular"), ("DeliverySchedule", "SUM", "Summer"),
    ]  # fmt: skip
    CodeValue.objects.bulk_create(
        CodeValue(class_name=name, code=code, description=text, sequence=n, core_version=1)
        for n, (name, code, text) in enumerate(rows)
    )


def text(response):
    return response.content.decode()


def entered(client, address, **changes):
    """What a browser would send: the form as it is drawn, with some fields changed."""
    form = client.get(address).context["form"]
    drawn = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in drawn.items()} | changes


def test_a_section_is_edited(here, as_person, section, lists):
    second = factories.CourseFactory(code="MAT3792", name="Mathematics 31")
    client, address = as_person(here.registrar), f"/sections/{section.pk}/edit/"
    sent = entered(
        client, address, course_codes=f"mat3792, {section.course.code}", minutes_offered="7500", term_code="S1"
    )
    answer = client.post(address, sent, follow=True)
    assert answer.redirect_chain == [(f"/sections/{section.pk}/", 302)]
    section.refresh_from_db()
    assert (section.course_codes, section.minutes_offered) == (f"{section.course.code} MAT3792", 7500)
    assert set(section.courses.all()) == {section.course, second}
    assert "S1 Semester 1" in text(answer) and "Mathematics 31" in text(answer)
    assert DataEvent.objects.get().fields == ["course_codes", "minutes_offered", "term_code"]


def test_a_code_that_no_list_has_stays_a_choice_and_without_lists_it_is_text(here, as_person, section, lists):
    Section.objects.update(term_code="X9")
    client, address = as_person(here.registrar), f"/sections/{section.pk}/edit/"
    assert ("X9", "X9") in client.get(address).context["form"].fields["term_code"].choices
    CodeValue.objects.all().delete()
    assert not hasattr(client.get(address).context["form"].fields["term_code"], "choices")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": ""}, "number"),
        ({"course_codes": "NONE000"}, "course_codes"),
        ({"end_date": "2026-08-31", "start_date": "2026-09-01"}, "end_date"),
        ({"local_section_id": "123456789"}, "local_section_id"),
        ({"minutes_offered": "-1"}, "minutes_offered"),
        ({"schedule": "NIGHT"}, "schedule"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(here, as_person, section, lists, changes, field):
    client, address = as_person(here.registrar), f"/sections/{section.pk}/edit/"
    answer = client.post(address, entered(client, address, teacher="O. Frost", **changes))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors and "O. Frost" in text(answer)
    assert not DataEvent.objects.exists()


def test_somebody_else_was_faster(here, as_person, section):
    client, address = as_person(here.registrar), f"/sections/{section.pk}/edit/"
    sent = entered(client, address, teacher="O. Frost")
    Section.objects.update(revision=2, number="77")
    stale = client.post(address, sent)
    assert stale.status_code == 409 and "O. Frost" in text(stale)
    assert client.post(address, sent | {"revision": "2"}).status_code == 302
    section.refresh_from_db()
    assert (section.teacher, section.revision) == ("O. Frost", 3)


def drawn(client, address):
    form = client.get(address).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_a_section_is_deleted_from_a_page_that_says_what_happens(here, as_person, section):
    client, address = as_person(here.registrar), f"/sections/{section.pk}/delete/"
    edit = text(client.get(f"/sections/{section.pk}/edit/"))
    assert address in edit and "Restore the section" not in edit
    page = client.get(address)
    assert "marked as deleted" in text(page) and "PASI has no record of this section." in text(page)
    assert not Section.objects.get().deleted and not DataEvent.objects.exists() and not AuditEntry.objects.exists()
    sent = drawn(client, address)
    assert client.post(address, sent).status_code == 422
    answer = client.post(address, sent | {"reason": "Entered twice."}, follow=True)
    assert answer.redirect_chain == [(f"/sections/{section.pk}/", 302)]
    section.refresh_from_db()
    assert section.deleted
    assert AuditEntry.objects.get().reason == "Entered twice."
    assert "cannot be deleted" in text(client.get(address))
    assert "Entered twice." in text(answer) and 'name="restore"' in text(answer)


def test_a_deleted_section_is_restored(here, as_person, section):
    Section.objects.update(deleted=True)
    client, address = as_person(here.registrar), f"/sections/{section.pk}/edit/"
    sent = entered(client, address)
    assert f"/sections/{section.pk}/delete/" not in text(client.get(address))
    assert client.post(address, sent | {"restore": "1"}).status_code == 302
    section.refresh_from_db()
    assert not section.deleted
    assert 'name="restore"' not in text(client.get(f"/sections/{section.pk}/"))


def test_a_section_with_students_says_why_it_stays(here, as_person, section):
    factories.CourseEnrolmentFactory(enrolment=factories.EnrolmentFactory(school=here.school), section=section)
    client, address = as_person(here.registrar), f"/sections/{section.pk}/delete/"
    sent = {"revision": section.revision, "reason": "Entered twice."}
    for page, status in ((client.get(address), 200), (client.post(address, sent), 422)):
        assert page.status_code == status
        assert "40125" in text(page) and 'name="reason"' not in text(page)
    section.refresh_from_db()
    assert not section.deleted


def test_a_section_that_changed_meanwhile_is_not_deleted(here, as_person, section):
    client, address = as_person(here.registrar), f"/sections/{section.pk}/delete/"
    sent = drawn(client, address) | {"reason": "Entered twice."}
    Section.objects.update(revision=2, teacher="O. Frost")
    stale = client.post(address, sent)
    assert stale.status_code == 409 and "Entered twice." in text(stale)
    assert not Section.objects.get().deleted
    assert client.post(address, sent | {"revision": "2"}).status_code == 302


def test_a_section_is_added_and_what_is_left_empty_follows(here, as_person, lists):
    calendar = factories.CalendarFactory(school=here.school)
    summer = factories.TermFactory(calendar=calendar, name="Summer", is_summer=True, alternate_code="S1")
    course = factories.CourseFactory(code="MAT3791", name="Mathematics 30-1")
    client, address = as_person(here.registrar), f"/schools/{here.school.code}/sections/add/"
    sent = entered(client, address, term=summer.pk, number="2", course_codes="MAT3791")
    assert (sent["schedule"], sent["language"], sent["delivery"]) == ("", "EN", "REG")
    assert client.post(address, sent).status_code == 302
    made = Section.objects.get()
    assert (made.course, made.term_code, made.schedule, made.credits_offered) == (course, "S1", "SUM", 5)
    assert (made.local_section_id, made.description) == (str(made.pk), "MAT3791.2 - Mathematics 30-1")
    again = client.post(address, sent)
    assert again.status_code == 422 and "40104" in text(again)
    assert client.post(address, sent | {"course_codes": "NONE000"}).context["form"].errors["course_codes"]
    other = factories.TermFactory(calendar=factories.CalendarFactory(school=here.other))
    assert client.post(address, sent | {"term": other.pk}).context["form"].errors["term"]


def test_a_new_section_begins_with_a_term_of_the_present_school_year(here, as_person, lists):
    present = selectors.current_year()
    year, later = (factories.CalendarFactory(school=here.school, school_year=one) for one in (present, present + 1))
    wanted, _later = (factories.TermFactory(calendar=calendar) for calendar in (year, later))
    form = as_person(here.registrar).get(f"/schools/{here.school.code}/sections/add/").context["form"]
    assert form["term"].initial == wanted.pk
    assert [label for _year, [(_id, label)] in form.fields["term"].choices] == [
        f"{wanted.name}, {present + 1}",
        f"{wanted.name}, {present}",
    ]


def test_the_code_of_a_term_goes_on_to_its_sections(here, as_person, section, lists):
    own = factories.SectionFactory(school=here.school, term=section.term, term_code="S1")
    client, address = as_person(here.district), f"/terms/{section.term_id}/"
    assert ("S1", "S1 Semester 1") in client.get(address).context["form"].fields["alternate_code"].choices
    answer = client.post(address, {"alternate_code": "S1"}, follow=True)
    assert "1 section was updated" in text(answer) and "Alternate Term Code S1" in " ".join(text(answer).split())
    section.refresh_from_db()
    own.refresh_from_db()
    assert ((section.term_code, section.revision), (own.term_code, own.revision)) == (("S1", 2), ("S1", 1))
    assert [(event.subject_id, event.fields) for event in DataEvent.objects.all()] == [(section.pk, ["term_code"])]
    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == ["section changed", "term changed"]
    assert client.post(address, {"alternate_code": "S1"}).status_code == 302
    assert DataEvent.objects.count() == 1


def test_who_may(here, as_person, section):
    pages = (
        f"/sections/{section.pk}/edit/",
        f"/sections/{section.pk}/delete/",
        f"/schools/{here.school.code}/sections/add/",
    )
    for address in pages:
        assert as_person(here.registrar).get(address).status_code == 200
        assert as_person(here.stranger).get(address).status_code == 404
    assert as_person(here.registrar).get(f"/terms/{section.term_id}/").status_code == 403
