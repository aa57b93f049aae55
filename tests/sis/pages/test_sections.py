import csv
import io

import pytest

from sis.models import Section
from tests import factories
from tests.factories.students import this_year


@pytest.fixture
def section(here):
    return factories.SectionFactory(school=here.school)


def text(response):
    return response.content.decode()


def sections_of(page):
    return [row["section"] for row in page.context["rows"]]


def test_the_list_holds_the_sections_of_the_persons_schools(here, as_person, section):
    foreign = factories.SectionFactory(school=here.other)
    factories.SectionFactory(school=here.school, deleted=True)
    stay = factories.EnrolmentFactory(school=here.school)
    factories.CourseEnrolmentFactory(enrolment=stay, section=section)
    factories.CourseEnrolmentFactory(enrolment=stay, section=section, deleted=True)
    page = as_person(here.registrar).get("/sections/")
    assert [(row["section"], row["seats"]) for row in page.context["rows"]] == [(section, 1)]
    assert sections_of(as_person(here.district).get("/sections/")) == [section, foreign]


def test_the_filters(here, as_person, section):
    other = factories.SectionFactory(school=here.other, school_year=this_year() - 1)
    client = as_person(here.district)
    fitting = {
        "school": section.school.code,
        "school_year": str(section.school_year),
        "term": section.term.name,
        "course": section.course.code,
    }
    page = client.get("/sections/", fitting)
    assert sections_of(page) == [section]
    assert len(page.context["chips"]) == 4
    assert sections_of(client.get("/sections/", {"school_year": str(other.school_year)})) == [other]
    assert "No sections match these filters" in text(client.get("/sections/", {"term": "Semester 9"}))


def test_a_filter_without_a_box_holds_for_the_page_as_for_the_file(here, as_person, section):
    client, gone = as_person(here.registrar), factories.SectionFactory(school=here.school, deleted=True)
    factories.SectionFactory(school=here.school, term=section.term, local_section_id="other")
    queries = {
        f"local_section_id={section.local_section_id}": [section],
        f"course={section.course.code.lower()}": [section],
        "deleted=true": [gone],
    }
    for query, fitting in queries.items():
        page = client.get(f"/sections/?{query}")
        assert (sections_of(page), len(page.context["chips"])) == (fitting, 1), query
        lines = client.get(f"/sections/export/csv/?{query}").getvalue().decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + len(fitting), query


@pytest.mark.parametrize("query", [{"school": "x"}, {"school_year": "2027"}, {"course": "lantern"}])
def test_a_malformed_filter_is_refused(here, as_person, section, query):
    page = as_person(here.registrar).get("/sections/", query)
    assert (page.status_code, page.context["rows"]) == (400, [])


def test_pages_follow_each_other_without_loss(here, as_person, monkeypatch):
    monkeypatch.setattr("sis.views.sections.PAGE", 2)
    factories.SectionFactory.create_batch(5, school=here.school)
    client, seen, address = as_person(here.registrar), [], "/sections/"
    while address:
        page = client.get(address if address.startswith("/") else f"/sections/{address}")
        seen += sections_of(page)
        last, address = page, page.context["pager"]["next"]
    assert seen == list(Section.objects.order_by("id"))
    before = client.get(f"/sections/{last.context['pager']['earlier']}")
    assert sections_of(before) == seen[2:4]
    assert client.get("/sections/?after=x").status_code == 404


def test_the_list_costs_the_same_however_long_it_is(here, as_person, section, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_person(here.registrar)
    client.get("/sections/")
    with CaptureQueriesContext(connection) as one:
        client.get("/sections/")
    factories.SectionFactory.create_batch(30, school=here.school)
    with django_assert_num_queries(len(one)):
        client.get("/sections/")


def test_the_list_as_a_file_has_the_lists_filters(here, as_person, section, monkeypatch):
    monkeypatch.setattr("sis.views.sections.CHUNK", 1)
    factories.CourseEnrolmentFactory(enrolment=factories.EnrolmentFactory(school=here.school), section=section)
    second = factories.SectionFactory(school=here.school, teacher="O. Frost", term=section.term)
    factories.SectionFactory(school=here.other)
    factories.SectionFactory(school=here.school, deleted=True)
    client = as_person(here.registrar)
    assert "/sections/export/csv/?school=" in text(client.get("/sections/", {"school": here.school.code}))

    def lines(query=""):
        answer = client.get(f"/sections/export/csv/{query}")
        return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert [(row["Section number"], row["Students"], row["State in PASI"]) for row in lines()] == [
        (section.number, "1", "Not in PASI"),
        (second.number, "0", "Not in PASI"),
    ]
    assert [row["Teacher"] for row in lines(f"?course={second.course.code}")] == ["O. Frost"]


def test_a_section_shows_who_sits_in_it(here, as_person, section):
    stay = factories.EnrolmentFactory(school=here.school, student__legal_last_name="Halvorsen")
    sitting = factories.CourseEnrolmentFactory(enrolment=stay, section=section, challenge=True)
    factories.StoredGradeFactory(course_enrolment=sitting, mark="91")
    page = as_person(here.registrar).get(f"/sections/{section.pk}/")
    assert page.context["count"] == 1
    assert "Halvorsen, Ines" in text(page) and "Y1: 91" in text(page) and "challenge" in text(page)
    assert as_person(here.stranger).get(f"/sections/{section.pk}/").status_code == 404


def test_the_school_shows_its_terms_and_the_number_of_its_sections(here, as_person, section):
    factories.TermFactory(calendar=section.term.calendar, name="Summer", store_code="", is_summer=True)
    page = text(as_person(here.registrar).get(f"/schools/{here.school.code}/"))
    assert f"/sections/?school={here.school.code}" in page
    assert "final marks under" in page and "no Final Mark Store Code" in page and "summer term" in page
