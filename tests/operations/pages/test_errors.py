"""A fault of the product: class, place and number in the log, the number on the page, and nothing of the person's data."""

import logging

import pytest
from django.test import Client
from django.urls import path

from config.urls import *  # noqa: F403 - handlers and all other addresses
from config.urls import urlpatterns as product
from operations import logs, rights

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
