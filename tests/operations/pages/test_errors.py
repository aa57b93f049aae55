"""A fault of the product: class, place and number in the log, the number on the page, and nothing of the person's data."""

import logging

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import path

from config.urls import *  # noqa: F403 - handlers and all other addresses
from config.urls import urlpatterns as product
from operations import logs, rights
from operations.models import ErrorEntry
from operations.services import errors
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
SECRET = "Wiśniewska 000201234"


@rights.public
def break_down(request, asn):
    student = f"{SECRET} {asn}"
    try:
        int(student)
    except ValueError as error:
        raise KeyError(student) from error


urlpatterns = [path("broken/<str:asn>/", break_down), path("api/v1/broken/<str:asn>/", break_down), *product]


def ask(address, caplog):
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.WARNING):
        return client.post(f"{address}?name=Lucja", {"legal_last_name": SECRET})


def lines(caplog):
    formatter = logs.Formatter("%(levelname)s %(name)s: %(message)s")
    return [formatter.format(record) for record in caplog.records]


def test_the_page_shows_the_number_and_the_log_the_place(caplog):
    answer = ask("/broken/000201234/", caplog)
    reference = answer["X-Request-ID"]
    assert answer.status_code == 500
    assert f"<code>{reference}</code>" in answer.content.decode()
    line = next(line for line in lines(caplog) if "operations.errors" in line)
    assert reference in line
    assert "POST broken/<str:asn>/: KeyError at tests/operations/pages/test_errors.py:" in line
    assert "in break_down" in line
    assert "from ValueError at" in line
    for line in lines(caplog):
        for private in ("Wiśniewska", "000201234", "Lucja"):
            assert private not in line


def test_the_api_says_it_in_its_own_form(caplog):
    answer = ask("/api/v1/broken/000201234/", caplog)
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["request_id"] == answer["X-Request-ID"]
    assert body["status"] == 500
    assert SECRET not in answer.content.decode()


def test_each_request_has_a_number_of_its_own(caplog):
    client = Client()
    assert client.get("/livez")["X-Request-ID"] != client.get("/livez")["X-Request-ID"]


def test_a_logged_exception_is_written_without_its_text():
    formatter = logs.Formatter("%(message)s")
    try:
        break_down(None, "1")
    except KeyError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f.py", 1, "The chore %s failed.", ("mail",), (KeyError, error, error.__traceback__)
        )
    text = formatter.format(record)
    assert text.startswith("The chore mail failed.\nKeyError at tests/operations/pages/test_errors.py:")
    assert "Wiśniewska" not in text


def test_celerys_line_about_a_failed_task_carries_no_values():
    formatter = logs.Formatter("%(message)s")
    context = {
        "name": "pasi_connect.collect",
        "id": "1",
        "exc": repr(SECRET),
        "traceback": SECRET,
        "args": SECRET,
        "kwargs": "{}",
    }
    record = logging.LogRecord(
        "celery.app.trace", logging.ERROR, "f.py", 1, "Task %(name)s: %(exc)s %(args)s %(traceback)s", (context,), None
    )
    text = formatter.format(record)
    assert text.startswith("Task pasi_connect.collect:")
    assert "Wiśniewska" not in text


def test_the_products_log_uses_this_form(settings):
    assert settings.LOGGING["formatters"]["line"]["()"] == "operations.logs.Formatter"


class TestTheListOfErrors:
    def test_an_administrator_finds_what_happened_by_the_number_of_the_page(self, caplog):
        reference = ask("/broken/000201234/", caplog)["X-Request-ID"]
        other = ask("/api/v1/broken/000201234/", caplog)["X-Request-ID"]
        client = Client()
        client.force_login(UserFactory(role="Administrator"))
        page = client.get("/errors/", {"reference": reference}).content.decode()
        for word in (
            reference,
            "KeyError",
            "tests/operations/pages/test_errors.py:",
            "broken/&lt;str:asn&gt;/",
            "from ValueError",
        ):
            assert word in page
        assert other not in page
        everything = client.get("/errors/").content.decode()
        assert reference in everything
        assert other in everything
        for private in ("Wiśniewska", "000201234", "Lucja"):
            assert private not in everything

    def test_a_number_that_nobody_has_shows_none(self, caplog):
        ask("/broken/000201234/", caplog)
        client = Client()
        client.force_login(UserFactory(role="District officer"))
        assert "No error has this number" in client.get("/errors/", {"reference": "abc"}).content.decode()

    def test_a_registrar_does_not_see_them(self):
        client = Client()
        client.force_login(UserFactory(role="Registrar"))
        assert client.get("/errors/").status_code == 403

    def test_a_page_that_breaks_all_the_time_writes_so_many_an_hour(self, caplog, monkeypatch):
        monkeypatch.setattr(errors, "MOST_AN_HOUR", 3)
        for _ in range(5):
            ask("/broken/000201234/", caplog)
        assert ErrorEntry.objects.count() <= 3

    def test_an_outage_is_none(self):
        errors.note_error("chore: mail", OperationalError("database is locked"))
        assert not ErrorEntry.objects.exists()
        errors.note_error("chore: mail", KeyError(SECRET))
        entry = ErrorEntry.objects.get()
        assert (entry.route, entry.error, entry.reference) == ("chore: mail", "KeyError", "")
