"""The API says of an item whether it is a first comparison, finds these, and decides one field of all of them."""

import pytest

from operations.services import jobs
from pasi_connect.models import Discrepancy
from sis.models import SchoolEnrolment
from tests import factories

pytestmark = pytest.mark.django_db
ITEMS, DECIDE = "/api/v1/discrepancies/", "/api/v1/discrepancies/decide/"


@pytest.fixture
def school():
    factories.synchronizing()
    return factories.SchoolFactory(code="2001")


@pytest.fixture
def caller(client, school):
    client.force_login(factories.UserFactory(role="District officer"))
    return client


@pytest.fixture
def first(school):
    made = []
    for _ in range(2):
        one = factories.EnrolmentFactory(school=school, grade="08")
        factories.link_and_copy(one, grade="09", local_student_id="77")
        made.append(one)
    return made


def body(**more):
    return {
        "filter": {"first_comparison": "true", "field": "grade"}, "decision": "accept", "field": "grade", "kinds": ["never_agreed"], **more
    }  # fmt: skip


def test_they_are_found_by_their_filter_and_stand_in_no_group(caller, first):
    assert len(caller.get(ITEMS, {"first_comparison": "true"}).json()["results"]) == 2
    assert caller.get(ITEMS, {"first_comparison": "false"}).json()["results"] == []
    assert caller.get(ITEMS, {"group": "conflicts"}).json()["results"] == []
    assert all(row["first_comparison"] for row in caller.get(ITEMS).json()["results"])
    assert caller.get(ITEMS, {"first_comparison": "odd"}).status_code == 400


def test_one_field_of_all_is_previewed_and_decided(caller, first):
    seen = caller.post(f"{DECIDE}?dry_run=true", body(), content_type="application/json").json()
    assert (seen["total"], seen["changed_here"]) == (2, 2)
    made = caller.post(DECIDE, body(), content_type="application/json")
    assert made.status_code == 202
    jobs.run(made.json()["job"])
    assert set(SchoolEnrolment.objects.values_list("grade", "local_student_id")) == {
        ("09", one.local_student_id) for one in first
    }
    assert [[row["name"] for row in item.fields] for item in Discrepancy.objects.filter(status="open")] == [
        ["local_student_id"]
    ] * 2


def test_a_field_that_there_is_not_is_refused(caller, first):
    answer = caller.post(DECIDE, body(field="colour"), content_type="application/json")
    assert answer.status_code == 422 or answer.status_code == 400
    assert "field" in answer.content.decode()
