"""The page of what is set aside: who sees what, and trying again."""

import pytest

from pasi_connect.models import Failure
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def aside(here):
    """One record of the registrar's school, one of another school, one of no school."""
    mine = factories.EnrolmentFactory(school=here.school)
    other = factories.EnrolmentFactory(school=here.other)
    return [
        factories.failure(factories.link_and_copy(mine).key, here.school.code),
        factories.failure(factories.link_and_copy(other).key, here.other.code),
        factories.failure(factories.link_and_copy(factories.EnrolmentFactory(school=here.other)).key, ""),
    ]


def test_each_sees_what_is_set_aside_at_their_schools(here, aside, as_person):
    answer = as_person(here.registrar).get("/set-aside/")
    assert [row["failure"] for row in answer.context["rows"]] == aside[:1]
    text = answer.content.decode()
    assert "1 record has failed" in text
    assert aside[0].place in text
    assert aside[1].key not in text
    assert len(as_person(here.district).get("/set-aside/").context["rows"]) == 3


def test_home_and_the_submissions_speak_of_it(here, aside, as_person):
    text = as_person(here.registrar).get("/").content.decode()
    assert "1 record has failed" in text
    assert "/set-aside/" in text


def test_trying_again_frees_one_or_all_of_ones_own(here, aside, as_person):
    registrar = as_person(here.registrar)
    assert registrar.post("/set-aside/try-again/", {"failure": aside[1].pk}).status_code == 302
    aside[1].refresh_from_db()
    assert aside[1].is_set_aside  # of another school: not there for this person
    registrar.post("/set-aside/try-again/")
    assert list(Failure.objects.filter(tries=0)) == aside[:1]
    as_person(here.district).post("/set-aside/try-again/", {"failure": "x"})
    assert Failure.objects.filter(tries=0).count() == 1
    as_person(here.district).post("/set-aside/try-again/")
    assert Failure.objects.filter(tries=0).count() == 3


def test_nothing_set_aside_says_so(here, as_person):
    assert "No records have failed" in as_person(here.registrar).get("/set-aside/").content.decode()


def test_the_students_page_says_why_and_leads_there(here, aside, as_person):
    student = factories.EnrolmentFactory._meta.model.objects.get(links__key=aside[0].key).student
    text = as_person(here.registrar).get(f"/students/{student.pk}/").content.decode()
    assert "could not be stored or compared here" in text
    assert "/set-aside/" in text
