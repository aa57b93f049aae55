"""Who has looked at whom: for those with the permission, within their schools."""

import csv
import datetime as dt
import io

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operations import clock, reading
from operations.models import ReadEntry
from tests import factories
from tests.api.conftest import client_of, problem

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 30, 19, 10, tzinfo=dt.UTC)


@pytest.fixture
def admin(db):
    return factories.UserFactory(role="Administrator", first_name="Odile", last_name="Strand")


@pytest.fixture
def stays(db):
    return [factories.EnrolmentFactory(school=factories.SchoolFactory(code=code)) for code in ("2001", "2002")]


def entry(user, student=None, at=NOON, **values):
    place = "sis:student" if student else "sis:student-list"
    kind = "opened" if student else "listed"
    hour = at.replace(minute=0)
    return ReadEntry.objects.create(
        user=user, at=at, hour=hour, student_id=student, **{"place": place, "kind": kind, "ip": "127.0.0.1", **values}
    )


def rows(answer):
    assert answer.status_code == 200
    return [row["entry"].pk for row in answer.context["rows"]]


def test_it_is_filtered_by_person_student_and_day(stays, admin, as_person):
    rhea, tobin = (factories.UserFactory(last_name=name) for name in ("Molnar", "Frost"))
    first, second = (stay.student_id for stay in stays)
    late = dt.datetime(2026, 12, 2, 6, 59, tzinfo=dt.UTC)  # 1 December in the district
    mine = [entry(rhea, first), entry(tobin, second), entry(rhea, first, late), entry(rhea, filter="grade=09")]
    client = as_person(admin)
    one, two, three, four = (row.pk for row in mine)
    assert rows(client.get("/access/"))[-4:] == [four, three, two, one]
    assert rows(client.get(f"/access/?user={rhea.pk}")) == [four, three, one]
    assert rows(client.get(f"/access/?student={first}")) == [three, one]
    assert rows(client.get("/access/?first_day=2026-12-01&last_day=2026-12-01")) == [three]
    assert rows(client.get(f"/access/?last_day=2026-11-30&kind=opened&user={tobin.pk}")) == [two]
    shown = client.get(f"/access/?student={first}").content.decode()
    assert f"Who has viewed {stays[0].student.name}" in shown
    for wrong in ("?first_day=9999-12-31", "?student=x", "?user=0", "?kind=looked"):
        assert client.get(f"/access/{wrong}").status_code == 400
    assert client.get("/access/?after=x").status_code == 404


def test_a_student_is_found_without_a_name_in_the_address(stays, admin, as_person):
    client = as_person(admin)
    student = stays[0].student
    assert client.post("/access/find/", {"q": student.asn})["Location"] == f"/access/?student={student.pk}"
    assert client.post("/access/find/", {"q": "nobody of this name"})["Location"] == "/access/"
    assert ReadEntry.objects.get(filter="q=nobody of this name").kind == "searched"


def test_looking_at_it_is_an_entry_too(admin, as_person):
    client = as_person(admin)
    client.get("/access/?kind=opened")
    assert ReadEntry.objects.get().filter == "kind=opened"


def test_who_has_not_all_schools_sees_who_has_seen_their_own_students(stays, admin, as_person):
    person = factories.UserFactory(role="Registrar", schools=[stays[0].school])
    person.user_permissions.add(Permission.objects.get(codename="read_access"))
    own, _foreign, _list = (entry(admin, student) for student in (stays[0].student_id, stays[1].student_id, None))
    assert rows(as_person(person).get("/access/")) == [own.pk]
    assert [row["id"] for row in client_of(person).get("reads/").json()["results"]] == [own.pk]


def test_the_students_page_leads_there_for_those_who_may(stays, admin, as_person):
    page, link = f"/students/{stays[0].student_id}/", f"/access/?student={stays[0].student_id}"
    assert link in as_person(admin).get(page).content.decode()
    registrar = factories.UserFactory(role="Registrar", schools=[stays[0].school])
    client = as_person(registrar)
    assert link not in client.get(page).content.decode()
    assert "/access/" not in client.get("/").content.decode()
    assert client.get(link).status_code == 403


def test_the_file_is_harmless_and_whole(stays, admin, as_person):
    for number in range(3):
        entry(admin, filter=f"q==cmd{number}", filter_digest=str(number), kind="searched")
    entry(admin, stays[0].student_id)
    ReadEntry.objects.filter(filter="q==cmd0").update(filter="=1+1")
    answer = as_person(admin).get("/access/export/csv/?first_day=2026-11-30&last_day=2026-11-30")
    found = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [line[7] for line in found] == ["Filter", "", "q==cmd2", "q==cmd1", "'=1+1"]
    assert found[1][8:] == [
        stays[0].student.asn_shown,
        stays[0].student.legal_last_name,
        stays[0].student.legal_first_name,
    ]
    assert found[1][0] == "2026-11-30 12:10"


def test_the_api_tells_it_page_by_page(stays, admin):
    made = [entry(admin, stays[0].student_id), entry(admin, filter="grade=09", program="Bus planner")]
    api = client_of(admin)
    found = api.get("reads/").json()["results"]
    assert [row["id"] for row in found] == [row.pk for row in made]
    assert found[1] == {
        "id": made[1].pk, "at": "2026-11-30T12:10:00-07:00", "user": admin.pk, "user_name": "Odile Strand", "program": "Bus planner",
        "ip": "127.0.0.1", "kind": "listed", "place": "sis:student-list", "student": None, "filter": "grade=09",
    }  # fmt: skip
    assert api.get(f"reads/?student={stays[0].student_id}").json()["results"][0]["student"] == stays[0].student_id
    problem(api.get("reads/?last_day=9999-12-31"), 400)
    problem(client_of(factories.UserFactory()).get("reads/"), 403)


def test_a_page_of_fifty_asks_as_often_as_one_of_one(stays, admin, as_person):
    client = as_person(admin)
    entry(admin, stays[0].student_id)

    def count_queries():
        reading.RECORDER.written.clear()
        client.get("/access/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/access/")
        return len(seen)

    one = count_queries()
    for number in range(60):
        entry(
            factories.UserFactory(), factories.EnrolmentFactory(school=stays[0].school).student_id, program=str(number)
        )
    assert count_queries() == one
    with clock.moved_to(NOON):
        client.get("/access/")
