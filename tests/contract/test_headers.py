"""What each answer tells a browser: what it is, that it may run nothing, be framed by nobody and be read by no other site."""

import pytest
from django.db import transaction
from django.test import Client

from tests.contract import world
from tests.contract.access_table import TABLE
from tests.contract.test_access import send

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def faults(answer, is_api):
    found = [f"{name}: {answer.get(name)}" for name, value in EVERYWHERE.items() if answer.get(name) != value]
    if "frame-ancestors 'none'" not in answer.get("Content-Security-Policy", ""):
        found.append("Content-Security-Policy")
    if answer.get("Access-Control-Allow-Origin"):
        found.append("another site may read it")
    if answer.get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains":
        found.append("Strict-Transport-Security")
    kind = answer.get("Content-Type", "")
    has_body = answer.streaming or bool(answer.content)
    if has_body and (not kind or (kind.startswith("text/") and "charset=utf-8" not in kind.lower())):
        found.append(f"Content-Type: {kind}")
    if is_api and "json" in kind and not answer.get("Content-Disposition", "").startswith("attachment; filename="):
        found.append("shown as a page")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/js/",
        "/static/.git/config",
        "/.git/config",
        "/static/../manage.py",
        "/pasi_connect.sqlite3",
        "/files/",
    ],
)
def test_no_folder_and_no_stray_file_is_shown(path):
    answer = Client().get(path)
    assert answer.status_code == 404
    assert b"Index of" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["anonymous", "district", "admin"])
def test_every_answer_carries_them(actor, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31536000, True
    found, wrong = world.build(), {}
    for row in TABLE:
        client = Client(raise_request_exception=False, headers={"X-Forwarded-Proto": "https"})
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        if actor in found:
            client.force_login(found[actor])
        with transaction.atomic():
            answer = send(client, found, row)
            if faulty := faults(answer, row.name.startswith("api:")):
                wrong[str(row)] = faulty
            transaction.set_rollback(True)
    assert not wrong
