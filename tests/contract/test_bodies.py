"""What holds for the body of a request at every address: how much, which files, when it is read."""

import io
import json
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from operations import bodies
from operations.rules.bodies import EXPORTS, FORM_BYTES, MB, Kind
from reconciliation.models import Run, RunFile
from tests.api.conftest import client_of, problem
from tests.contract import world
from tests.contract.access_table import TABLE, Row
from tests.contract.test_access import addresses, value
from tests.reconciliation.conftest import media, sample, upload  # noqa: F401 - a fixture

pytestmark = pytest.mark.timeout(600)  # three tests go through all writing addresses
WRITES = [row for row in TABLE if row.method != "GET" and row.name != "api:no-such-address"]
TAKE_FILES = {"reconciliation:new", "reconciliation:choose", "api:reconciliation-list", "api:bulk"}
FORM = "application/x-www-form-urlencoded"


class Wire(io.BytesIO):
    """A body on its way; looks around whenever somebody reads it."""

    def __init__(self, body: bytes, temporary: Path) -> None:
        super().__init__(body)
        self.temporary, self.reads, self.files = temporary, 0, 0
        self.depth = len(connection.savepoint_ids)

    def read(self, *args):
        self.reads += 1
        assert len(connection.savepoint_ids) == self.depth, "a body is read inside of a transaction"
        self.files += len(list(self.temporary.iterdir())) if self.temporary.exists() else 0
        return super().read(*args)


@pytest.fixture(autouse=True)
def temporary(settings, tmp_path) -> Path:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


@pytest.fixture
def send(temporary):
    """Sends the row's request with this body; gives the answer and the wire."""

    def answer_and_wire(
        client: Client, found: dict, row: Row, body: bytes, kind: str, length: int | None = None, **more
    ):
        wire = Wire(body, temporary)
        path = reverse(row.name, args=[found[name] for name in row.args])
        meta = {"wsgi.input": wire, "CONTENT_LENGTH": str(len(body) if length is None else length), **more}
        return client.generic(row.method, path, b"x", content_type=kind, **meta), wire

    return answer_and_wire


@pytest.fixture
def each_write():
    """Runs a check for every writing address, each in the same world; gives the results by row."""
    found = world.build()
    Run.objects.get(pk=found["reconciliation"]).place.mkdir(parents=True)

    def run(check):
        results = []
        for row in WRITES:
            with transaction.atomic():
                results.append(check(found, row))
                transaction.set_rollback(True)
        return results

    return run


def client_for(found: dict, actor: str) -> Client:
    client = Client(raise_request_exception=True)
    if actor in found:
        client.force_login(found[actor])
    return client


def with_a_file() -> bytes:
    return encode_multipart(BOUNDARY, {"type": "CM", "before": upload(Path(__file__)), "after": upload(Path(__file__))})


def test_these_addresses_take_files_and_no_other():
    assert {name for name, view in addresses() if bodies.kind_of(view)} == TAKE_FILES


@pytest.mark.django_db
def test_no_body_is_read_inside_of_a_transaction(each_write, send):
    def check(found, row):
        given = {name: value(found, given) for name, given in row.body.items()}
        body, kind = json.dumps(given).encode(), "application/json"
        if row.name in TAKE_FILES:
            body, kind = with_a_file(), MULTIPART_CONTENT
        elif not row.name.startswith("api:"):
            body, kind = urlencode(given or {"reason": "x"}, doseq=True).encode(), FORM
        answer, wire = send(client_for(found, "district"), found, row, body, kind)
        assert answer.status_code < 500, row
        return wire.reads

    read = each_write(check)
    assert sum(map(bool, read)) > len(WRITES) * 0.6, "bodies are read, and the test sees it"


@pytest.mark.django_db
def test_what_is_too_large_is_refused_unread(each_write, send):
    def check(found, row):
        most = EXPORTS.most_bytes if row.name in TAKE_FILES else FORM_BYTES
        answer, wire = send(client_for(found, "anonymous"), found, row, b"x", MULTIPART_CONTENT, most + 1)
        assert (answer.status_code, wire.reads) == (413, 0)
        assert "at most" in answer.content.decode()
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
        answer, wire = send(client_for(found, "district"), found, row, b"x", "application/json", **chunked)
        assert (answer.status_code, wire.reads) == (411, 0)

    each_write(check)


@pytest.mark.django_db
def test_no_file_is_kept_where_none_is_taken(each_write, send):
    """Neither from those who are not signed in, nor without the permission, nor where it is no file's place."""

    def check(found, row):
        for actor in ("anonymous", "admin") if row.name in TAKE_FILES else ("anonymous", "district", "admin"):
            answer, wire = send(client_for(found, actor), found, row, with_a_file(), MULTIPART_CONTENT)
            if row.name in TAKE_FILES:
                assert (answer.status_code, wire.reads) in ((302, 0), (401, 0), (403, 0))
            else:
                assert not wire.files, actor
                assert not wire.reads or answer.status_code == 400, (row, actor, answer.status_code)

    each_write(check)


@pytest.mark.django_db
def test_the_form_token_of_a_session_is_looked_for_in_its_header(temporary):
    found = world.build()
    client = Client(enforce_csrf_checks=True)
    client.force_login(found["district"])
    wire = Wire(with_a_file(), temporary)
    meta = {"wsgi.input": wire, "CONTENT_LENGTH": str(len(with_a_file()))}
    path = reverse("api:reconciliation-list")
    refused = client.generic("POST", path, b"x", content_type=MULTIPART_CONTENT, **meta)
    assert "X-CSRFToken" in problem(refused, 403)["detail"]
    assert wire.reads == 0
    client.get("/words/")  # a page of the product carries the token
    token = client.cookies["csrftoken"].value
    body = {"type": "CM", **sample(), "dry_run": "true"}
    assert client.post(path, body, headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.django_db
def test_who_has_used_the_quota_is_told_so(settings):
    found = world.build()
    settings.UPLOAD_QUOTA_MB = 3  # the world's two small files count as a megabyte each
    api = client_of(found["district"])
    run = api.post("reconciliations/", {"type": "CM", **sample()}, format="multipart").json()["id"]
    assert max(RunFile.objects.filter(run=run).values_list("size", flat=True)) < MB
    told = problem(api.post("reconciliations/", {"type": "CM", **sample()}, format="multipart"), 413)
    assert "4 of 3 MB" in told["detail"]
    RunFile.objects.filter(run=run).update(size=2 * MB)
    page = client_for(found, "district").post(reverse("reconciliation:new"), {"type": "CM", **sample()})
    assert page.status_code == 413
    assert "storage is full" in page.content.decode()
    assert "6 of 3 MB" in page.content.decode()


@pytest.mark.django_db
def test_a_disk_without_room_is_said(settings):
    found = world.build()
    settings.DISK_RESERVE_MB = 10**12
    told = problem(client_of(found["district"]).post("reconciliations/", sample(), format="multipart"), 507)
    assert "Nothing was saved" in told["detail"]


def test_the_limit_of_a_file_is_that_of_its_ending():
    kind = Kind("documents", 1, {".pdf": 20 * MB, ".jpg": 5 * MB})
    assert [kind.most_of(name) for name in ("a.PDF", "b.jpg", "c.exe", "pdf")] == [20 * MB, 5 * MB, 0, 0]
    assert EXPORTS.most_of("anything") == 500 * MB


def test_what_a_killed_upload_has_left_is_swept(temporary, monkeypatch):
    temporary.mkdir()
    old, young = temporary / "old.upload", temporary / "young.upload"
    old.touch()
    young.touch()
    os.utime(old, (1, 1))
    cache.clear()
    assert bodies.sweep() == 1
    assert list(temporary.iterdir()) == [young]
