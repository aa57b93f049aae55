import pytest

from operations.models import AuditEntry
from sis.models import School
from tests.factories import EnrolmentFactory, submission
from tests.factories.students import this_year


def text(response):
    return response.content.decode()


def test_the_school_home_counts_live_enrolments_by_grade(here, as_person):
    EnrolmentFactory.create_batch(3, school=here.school, grade="08")
    EnrolmentFactory(school=here.school, grade="09")
    EnrolmentFactory(school=here.school, grade="09", deleted=True)
    EnrolmentFactory(school=here.school, grade="10", school_year=this_year() - 1)
    page = as_person(here.registrar).get(f"/schools/{here.school.code}/")
    assert page.status_code == 200
    assert page.context["total"] == 4
    assert [(bar["grade"], bar["count"], bar["width"]) for bar in page.context["bars"]] == [
        ("08", 3, 1000),
        ("09", 1, 333),
    ]
    assert [(tab["label"], tab["count"]) for tab in page.context["years"]] == [
        (str(this_year()), 4),
        (str(this_year() - 1), 1),
    ]
    earlier = as_person(here.registrar).get(f"/schools/{here.school.code}/", {"school_year": str(this_year() - 1)})
    assert earlier.context["total"] == 1


def test_an_empty_school_says_so(here, as_person):
    page = as_person(here.registrar).get(f"/schools/{here.school.code}/")
    assert page.context["total"] == 0
    assert "No enrolment in this year" in text(page)


def test_a_foreign_school_does_not_exist(here, as_person):
    assert as_person(here.stranger).get(f"/schools/{here.school.code}/").status_code == 404


def test_a_registrar_of_one_school_goes_there_at_once_and_the_district_sees_all(here, as_person):
    assert as_person(here.registrar).get("/schools/").url == f"/schools/{here.school.code}/"
    page = as_person(here.district).get("/schools/")
    assert {school.code for school in page.context["schools"]} == {here.school.code, here.other.code}


def test_a_registrar_does_not_switch_states(here, as_person):
    address = f"/schools/{here.school.code}/state/"
    client = as_person(here.registrar)
    assert client.get(address, {"name": "enrolment_sync", "value": "inactive"}).status_code == 403
    assert client.post(address, {"name": "enrolment_sync", "value": "inactive"}).status_code == 403
    here.school.refresh_from_db()
    assert here.school.enrolment_sync == "active"


def test_activating_shows_what_will_be_sent_and_then_does_it_once(here, as_person):
    School.objects.filter(pk=here.school.pk).update(enrolment_sync="inactive")
    for _ in range(2):
        submission(EnrolmentFactory(school=here.school), "held", reason="school_inactive")
    client, address = as_person(here.district), f"/schools/{here.school.code}/state/"
    asked = {"name": "enrolment_sync", "value": "active"}
    preview = client.get(address, asked)
    assert "<strong>2 held changes</strong> of this school" in text(preview)
    here.school.refresh_from_db()
    assert here.school.enrolment_sync == "inactive"
    assert client.post(address, asked).status_code == 302
    here.school.refresh_from_db()
    assert here.school.enrolment_sync == "active"
    entry = AuditEntry.objects.get(action="school state changed")
    assert entry.changes == {"enrolment_sync": ["inactive", "active"]}
    assert entry.user == here.district
    client.post(address, asked)
    assert AuditEntry.objects.filter(action="school state changed").count() == 1


@pytest.mark.parametrize(
    "asked", [{}, {"name": "name", "value": "active"}, {"name": "enrolment_sync", "value": "maybe"}]
)
def test_an_unknown_state_changes_nothing(here, as_person, asked):
    before = School.objects.values_list().get(pk=here.school.pk)
    answer = as_person(here.district).post(f"/schools/{here.school.code}/state/", asked)
    assert answer.status_code == 302
    assert School.objects.values_list().get(pk=here.school.pk) == before


def test_each_of_the_two_states_has_its_switch(here, as_person):
    client, address = as_person(here.district), f"/schools/{here.school.code}/"
    here.school.course_marks_integration = "active"
    here.school.save()
    assert "Course Marks Integration Status" in text(client.get(address))
    before = here.school.enrolment_sync
    client.post(f"{address}state/", {"name": "course_marks_integration", "value": "inactive"})
    here.school.refresh_from_db()
    assert (here.school.course_marks_integration, here.school.enrolment_sync) == ("inactive", before)
