"""What the log says of sign-ins and refusals, and what nobody can make it say."""

import logging

import pytest
from axes.models import AccessFailureLog

from operations import logs
from operations.models import User
from tests.factories import UserFactory, token_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="operations.security")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "operations.security"]


def person():
    found = UserFactory(username="rhea")
    found.set_password(PASSWORD)
    found.save()
    return found


def test_signing_in_and_out_are_lines_with_the_person(client, lines):
    found = person()
    client.post("/sign-in/", {"username": "rhea", "password": PASSWORD}, REMOTE_ADDR="10.1.2.3")
    client.post("/sign-out/", REMOTE_ADDR="10.1.2.3")
    said = " ".join(lines())
    assert f"signed in, person {found.pk}, from 10.1.2.3" in said
    assert f"signed out, person {found.pk}, from 10.1.2.3" in said
    assert PASSWORD not in said


def test_a_failed_sign_in_stays_when_one_succeeds_after_it(client, lines):
    person()
    client.post("/sign-in/", {"username": "rhea", "password": "wrong one 12345"}, REMOTE_ADDR="10.1.2.3")
    client.post("/sign-in/", {"username": "rhea", "password": PASSWORD}, REMOTE_ADDR="10.1.2.3")
    assert [(row.username, row.ip_address) for row in AccessFailureLog.objects.all()] == [("rhea", "10.1.2.3")]
    said = " ".join(lines())
    assert "a sign-in failed, person unknown, from 10.1.2.3" in said
    assert "rhea" not in said
    assert "wrong one" not in said


@pytest.mark.parametrize(
    ("method", "address", "status", "route"),
    [
        ("get", "/people/", 403, "people/"),
        ("get", "/students/999999/?name=Wisniewska", 404, "students/<int:pk>/"),
        ("get", "/no-such-page/", 404, "(no route)"),
        ("put", "/sign-out/", 405, "sign-out/"),
        ("post", "/profile/password/", 422, "profile/password/"),
    ],
)
def test_a_refusal_is_a_line_with_person_route_and_place(client, lines, method, address, status, route):
    found = UserFactory()
    client.force_login(found)
    answer = getattr(client, method)(address)
    assert answer.status_code == status
    line = next(line for line in lines() if "refused" in line)
    assert (
        line
        == f"{answer['X-Request-ID']}: {method.upper()} {route} refused with {status}, person {found.pk}, from 127.0.0.1"
    )


def test_who_is_not_known_is_a_line_too(client, lines):
    client.get("/students/")
    client.get("/api/v1/students/", headers={"Authorization": "Bearer nonsense"})
    assert [line.partition(": ")[2] for line in lines()] == [
        "GET students/ refused with 302, person unknown, from 127.0.0.1",
        "GET api/v1/students/$ refused with 401, person unknown, from 127.0.0.1",
    ]


def test_a_program_is_named_by_its_person(client, lines):
    found = UserFactory()
    client.get("/api/v1/reads/", headers={"Authorization": f"Bearer {token_of(found)}"})
    assert f"refused with 403, person {found.pk}, " in lines()[-1]


def test_a_line_stays_one_line():
    formatter = logs.Formatter("%(levelname)s %(message)s")
    record = logging.LogRecord("x", logging.INFO, "f.py", 1, "host %s", ("a\r\nERROR b\x1b[2J\u2028c",), None)
    assert formatter.format(record) == r"INFO host a\x0d\x0aERROR b\x1b[2J\x2028c"


def test_a_session_ends_twelve_hours_after_the_sign_in(client, settings):
    client.force_login(UserFactory())
    session = client.session
    session["more"] = 1
    session.save()
    assert 0 < client.session.get_expiry_age() <= settings.SESSION_COOKIE_AGE
    assert "_session_expiry" in client.session
    assert 'data-ends="43' in client.get("/profile/").content.decode()


def test_signing_out_empties_what_the_browser_keeps(client):
    client.force_login(User.objects.get(pk=person().pk))
    client.get("/profile/")  # a page with a form, whose cookie the browser sends along
    answer = client.post("/sign-out/")
    assert answer["Location"] == "/sign-in/"
    assert answer["Clear-Site-Data"] == '"storage"'
