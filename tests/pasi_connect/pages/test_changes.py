"""The list of changes from PASI: tabs, filters in the address, pages, scope."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations.actor import of_user
from pasi_connect.services import decisions
from sis.services import enrolments
from tests.factories import EnrolmentFactory, changed_in_pasi, created_in_pasi, link_and_copy

pytestmark = pytest.mark.django_db


def ids_of(page):
    """The ids of the rows, in their order."""
    body = re.search(r"<tbody.*?</tbody>", page.content.decode(), re.S)
    return [int(pk) for pk in re.findall(r'<a href="/changes/(\d+)/', body[0])] if body else []


def many(here, number):
    made = []
    for _n in range(number):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        made.append(changed_in_pasi(one, grade="11"))
    return made


def conflict(here, person):
    one = EnrolmentFactory(school=here.school)
    link_and_copy(one)
    enrolments.change(of_user(person), one.pk, {"grade": "12"})
    return changed_in_pasi(one, grade="11")


def test_empty(here, as_person):
    page = as_person(here.registrar).get("/changes/")
    assert page.status_code == 200
    assert "No change from PASI is waiting for you" in page.content.decode()
    assert "Both sides match" in page.content.decode()


def test_shows_who_changed_what(here, as_person, item):
    text = as_person(here.registrar).get("/changes/").content.decode()
    assert "1 change from PASI is waiting for you" in text
    assert item.school_enrolment.student.name in text
    assert "Tove Vandermolen, A.7010" in text
    assert "Only PASI changed" in text
    assert "<strong>09</strong>" in text


def test_tabs_part_the_kinds(here, as_person, item):
    both = conflict(here, here.registrar)
    made = created_in_pasi("123456782", here.school.code)
    registrar = as_person(here.registrar)
    for group, present in (("safe", item), ("conflicts", both), ("whole", made)):
        assert ids_of(registrar.get(f"/changes/?group={group}")) == [present.pk]
    assert ids_of(registrar.get("/changes/")) == [item.pk, both.pk, made.pk]


def test_closed_today_shows_how_it_ended(here, as_person, item):
    decisions.accept(of_user(here.registrar), item.pk)
    registrar = as_person(here.registrar)
    assert ids_of(registrar.get("/changes/")) == []
    closed = registrar.get("/changes/?group=closed")
    assert ids_of(closed) == [item.pk]
    assert "Settled" in closed.content.decode()


def test_filters_stand_in_the_address_and_as_chips(here, as_person, item):
    registrar = as_person(here.registrar)
    found = registrar.get("/changes/?field=grade&changed_by=7010")
    assert ids_of(found) == [item.pk]
    assert "Changed by: 7010" in found.content.decode()
    nothing = registrar.get("/changes/?field=exit_date")
    assert ids_of(nothing) == []
    assert "No changes match these filters" in nothing.content.decode()


@pytest.mark.parametrize("query", ["school=71", "school_year=soon", "kind=odd", "age=2", "group=odd"])
def test_a_malformed_filter_is_told_and_shows_nothing(here, as_person, item, query):
    page = as_person(here.registrar).get(f"/changes/?{query}")
    assert page.status_code == 400
    assert ids_of(page) == []


def test_pages_hold_every_row_once(here, as_person):
    items = many(here, 30)
    registrar = as_person(here.registrar)
    first = registrar.get("/changes/")
    assert "Showing 25 of 30, oldest first" in first.content.decode()
    second = registrar.get(f"/changes/?after={items[24].pk}")
    assert ids_of(first) + ids_of(second) == [one.pk for one in items]
    assert ids_of(registrar.get(f"/changes/?before={items[25].pk}")) == ids_of(first)


def test_a_page_mark_that_is_no_number_does_not_exist(here, as_person):
    assert as_person(here.registrar).get("/changes/?after=x").status_code == 404


def test_newest_first(here, as_person):
    items = many(here, 2)
    page = as_person(here.registrar).get("/changes/?order=newest")
    assert ids_of(page) == [items[1].pk, items[0].pk]


def test_scope(here, as_person, item):
    assert ids_of(as_person(here.stranger).get("/changes/")) == []
    for person in (here.district, here.admin):
        assert ids_of(as_person(person).get("/changes/")) == [item.pk]


def test_the_number_of_queries_does_not_follow_the_number_of_rows(here, as_person, item, django_assert_num_queries):
    registrar = as_person(here.registrar)
    registrar.get("/changes/")
    with CaptureQueriesContext(connection) as one:
        registrar.get("/changes/")
    many(here, 20)
    with django_assert_num_queries(len(one)):
        registrar.get("/changes/")
