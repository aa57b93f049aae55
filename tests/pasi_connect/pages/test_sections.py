"""A section among the changes, the submissions and on its pages: named and drawn by its kind, with no student."""

import re

import pytest

from operations.actor import of_user
from pasi_connect.entities import SECTION
from pasi_connect.models import Discrepancy, Submission
from pasi_connect.services.compare import comparing
from pasi_connect.services.queue import claiming, collecting
from sis.models import DataEvent
from sis.models.organization import State
from sis.services import sections
from sis.services.sections import EDITABLE
from tests.factories import changed_in_pasi, link_and_copy, link_of
from tests.factories.courses import CourseFactory, SectionFactory


@pytest.fixture
def section(here):
    type(here.school).objects.update(course_marks_integration=State.ACTIVE)
    here.school.refresh_from_db()
    made = SectionFactory(school=here.school, course=CourseFactory(code="MAT3791", name="Mathematics 30-1"), number="4")
    link_and_copy(made)
    return made


@pytest.fixture
def item(section):
    return changed_in_pasi(section, minutes_offered=6000, by="Tove Vandermolen", organization="A.7010")


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_names_the_section(registrar, item):
    page = text(registrar.get("/changes/"))
    assert "Mathematics 30-1, section 4" in page
    assert "Minutes of instruction" in page and "6000" in page


def test_the_page_of_the_change(registrar, item, section):
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "Mathematics 30-1, section 4" in page
    assert f'href="/sections/{section.pk}/"' in page and "section page" in page
    assert "Section from" in page and "Minutes of instruction" in page


@pytest.mark.parametrize("side", ["sis", "pasi"])
def test_it_is_decided_on_its_page(registrar, item, section, side):
    given = {"field-minutes_offered": side, "version": item.version, "reason": "As taught.", "do": "save"}
    assert registrar.post(f"/changes/{item.pk}/", given).status_code == 302
    section.refresh_from_db()
    assert (section.minutes_offered == 6000) == (side == "pasi")
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "Minutes of instruction" in page
    assert "Mathematics 30-1, section 4" in text(registrar.get("/"))


def test_another_school_does_not_see_it(here, as_person, item):
    assert as_person(here.stranger).get(f"/changes/{item.pk}/").status_code == 404


def test_the_file_and_the_api_name_it(registrar, item):
    answer = registrar.get("/changes/export/csv/")
    assert "Mathematics 30-1, section 4" in b"".join(answer.streaming_content).decode("utf-8-sig")
    [row] = registrar.get("/api/v1/discrepancies/", {"entity": "section"}).json()["results"]
    assert (row["entity"], row["key"], row["enrolment"], row["asn"]) == ("section", item.key, None, "")
    assert row["fields"][0]["name"] == "minutes_offered"


def test_what_only_pasi_has(registrar, here, section, item):
    Discrepancy.objects.filter(pk=item.pk).update(kind="created_in_pasi", subject_id=None)
    section.links.all().delete()
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "PASI has a record that the SIS does not have." in page
    assert f"Section {item.key[:8]}" in page


def test_the_submission_and_its_page(registrar, here, section):
    sections.change(of_user(here.registrar), section.pk, {"local_section_id": "77"})
    collecting.collect("section", section.pk)
    one = Submission.objects.get()
    assert "Mathematics 30-1, section 4" in text(registrar.get("/submissions/"))
    page = text(registrar.get(f"/submissions/{one.pk}/"))
    assert "Edit the section" in page and "Local section ID" in page and f'href="/sections/{section.pk}/edit/"' in page
    [row] = registrar.get("/api/v1/submissions/", {"entity": "section"}).json()["results"]
    assert (row["entity"], row["enrolment"], row["asn"]) == ("section", None, None)


def test_both_switches_of_a_school(here, as_person, section):
    district = as_person(here.district)
    page = text(district.get(f"/schools/{here.school.code}/"))
    assert "Course Marks Integration Status" in page and "Enrolment synchronization" in page
    asked = {"name": "course_marks_integration", "value": "inactive"}
    assert "Course Marks Integration Status" in text(district.get(f"/schools/{here.school.code}/state/", asked))
    assert district.post(f"/schools/{here.school.code}/state/", asked).status_code == 302
    here.school.refresh_from_db()
    assert (here.school.course_marks_integration, here.school.enrolment_sync) == ("inactive", "active")


def test_its_page_says_where_it_stands(registrar, here, section):
    assert "Both sides match." in text(registrar.get(f"/sections/{section.pk}/"))
    item = changed_in_pasi(section, minutes_offered=6000)
    page = text(registrar.get(f"/sections/{section.pk}/"))
    assert f'href="/changes/{item.pk}/"' in page and "Open the change" in page
    type(here.school).objects.update(course_marks_integration=State.INACTIVE)
    assert "Course Marks Integration Status of this school is inactive." in text(
        registrar.get(f"/sections/{section.pk}/")
    )


def test_a_moved_section_can_be_relinked_and_nothing_else(registrar, here, section):
    copy = SECTION.copy.objects.get()
    copy.school_code = here.other.code
    copy.save()
    comparing.evaluate(SECTION, keys=[copy.key])
    item = Discrepancy.objects.get(status="open")
    assert item.kind == "identity_changed_in_pasi"
    page = text(registrar.get(f"/changes/{item.pk}/"))
    assert "A record of this kind keeps its school and school year." in page
    given = {"field-whole": "pasi", "version": item.version, "reason": "Moved.", "do": "save"}
    assert registrar.post(f"/changes/{item.pk}/", given).status_code == 422
    assert registrar.post(f"/changes/{item.pk}/", given | {"field-whole": "anew"}).status_code == 302
    assert link_of(section).key != copy.key


def test_a_save_over_a_version_that_the_person_has_not_seen_needs_a_review(registrar, section):
    page = text(registrar.get(f"/sections/{section.pk}/edit/"))
    [seen] = re.findall(r'name="seen" value="(\d+)"', page)
    changed_in_pasi(section, minutes_offered=6000)
    given = {"seen": seen, "revision": section.revision}
    fields = {name: str(getattr(section, name) or "") for name in EDITABLE if name != "deleted"}
    answer = registrar.post(f"/sections/{section.pk}/edit/", {**given, **fields, "description": "Other words"})
    assert answer.status_code == 302
    assert DataEvent.objects.latest("pk").seen_version == int(seen)
    collecting.collect("section", section.pk)
    one, flight = claiming.claim()
    assert (one.status, one.reason, flight) == ("needs_review", "changed_in_pasi", None)
    assert "Other words" in text(registrar.get(f"/submissions/{one.pk}/"))


@pytest.mark.parametrize("state", State.values)
def test_before_it_is_deleted_the_page_says_what_comes_of_it_in_pasi(registrar, here, section, state):
    type(here.school).objects.update(course_marks_integration=state)
    page = text(registrar.get(f"/sections/{section.pk}/delete/"))
    assert "One submission that deletes the section in PASI." in page
    assert ("It is held for now." in page) == (state == State.INACTIVE)
    assert not DataEvent.objects.exists() and not Submission.objects.exists()
