"""What holds at every writing address: a dry run changes nothing, what is not known is refused, the same key does it once."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.contrib.auth.models import Permission
from django.urls import reverse

from operations.models import Job
from operations.services import jobs
from pasi_connect.services.queue import forcing
from tests.api.conftest import client_of, faulty_fields, problem
from tests.contract import world as access_world
from tests.contract.access_table import API
from tests.contract.writing import REQUESTS, District, Write
from tests.pasi_connect.conftest import pasi, simulator, world  # noqa: F401 - fixtures
from tests.reconciliation.conftest import media  # noqa: F401 - a fixture

DESCRIPTION = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text())
WRITES = [
    (method, path.removeprefix("/api/v1/"))
    for path, operations in DESCRIPTION["paths"].items()
    for method in operations
    if method in ("post", "put", "patch", "delete")
]
NO_RESOURCES = {"api:schema", "api:docs", "api:no-such-address"}
# A preview may read PASI, which is logged, a token notes its use, and who has seen whom is kept.
MAY_MOVE = {"pasi_connect.Exchange", "pasi_connect.LinkState", "operations.ApiToken", "operations.ReadEntry"}
# Where the preview is a job of its own, there is that job.
JOB_IS_PREVIEW = {("post", "schools/{code}/send/"): {"operations.Job", "operations.AuditEntry"}}


def picture():
    """A digest of each table."""
    found = {}
    for model in apps.get_models():
        rows = repr(list(model._base_manager.order_by("pk").values_list()))
        found[model._meta.label] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def moved(before, after):
    return {label for label in after if before[label] != after[label]} - MAY_MOVE


@pytest.fixture
def district(world):  # noqa: F811
    return District(world)


@pytest.fixture
def ask(district):
    client = client_of(district.user)

    def send(asked: Write, query="", key="", **more):
        headers = {"Idempotency-Key": key} if key else {}
        path = f"{asked.path}{query}"
        if asked.files is not None:
            return client.post(path, {**asked.files(), **asked.body, **more}, format="multipart", headers=headers)
        if asked.lines:
            return client.generic("PUT", path, asked.lines, content_type="application/x-ndjson", headers=headers)
        body = {**asked.body, **more}
        if asked.method == "delete":
            return client.delete(path, headers=headers) if not body else client.delete(path, body, headers=headers)
        return getattr(client, asked.method)(path, body, headers=headers)

    return send


def test_every_writing_address_is_tried_here():
    assert set(WRITES) == set(REQUESTS)


@pytest.mark.django_db
@pytest.mark.parametrize("address", REQUESTS, ids=" ".join)
def test_what_holds_at_every_writing_address(
    address,
    district,
    ask,
    django_capture_on_commit_callbacks,
    media,  # noqa: F811
):
    asked = REQUESTS[address](district)
    sent = len(district.world.pasi.calls())
    before = picture()
    may_move = JOB_IS_PREVIEW.get(address, set())

    # What is not understood changes nothing.
    for value in () if asked.lines else (0, "maybe", *(() if asked.files else (None,))):
        assert faulty_fields(ask(asked, dry_run=value)) == {"dry_run"}
    for value in ("", "1"):
        assert faulty_fields(ask(asked, query=f"?dry_run={value}")) == {"dry_run"}
    if not asked.lines:
        twice = ask(asked, query="?dry_run=true", dry_run="false" if asked.files else False)
        assert faulty_fields(twice) == {"dry_run"}
    for refused in (*(() if asked.lines else (ask(asked, nonsense=1),)), ask(asked, query="?nonsense=1")):
        (fault,) = problem(refused, 400)["errors"]
        assert fault["field"] == "nonsense"
        assert "dry_run" in fault["message"]
    assert moved(before, picture()) == set()

    # A dry run, asked for either way, also under a key.
    by_body = [] if asked.lines else [{"dry_run": "true" if asked.files else True}]
    for how in ({"query": "?dry_run=true"}, *by_body):
        with django_capture_on_commit_callbacks() as woken:
            preview = ask(asked, key="the key", **how)
        assert preview.status_code == (202 if may_move else 200), preview.content
        assert preview["Dry-Run"] == "true"
        assert "ETag" not in preview
        assert "Location" not in preview
        assert moved(before, picture()) == may_move
        assert may_move or woken == []
    if may_move:
        for pk in Job.objects.filter(kind=forcing.PREVIEW).values_list("pk", flat=True):
            jobs.run(pk)
        assert moved(before, picture()) <= may_move | {"operations.JobRow"}
    assert len(district.world.pasi.calls()) == sent

    # The real call, under the same key: once.
    then = picture()
    first = ask(asked, key="the key")
    assert first.status_code == asked.answer, first.content
    assert "Dry-Run" not in first
    done = picture()
    assert moved(then, done) - {"operations.IdempotencyKey"}
    again = ask(asked, key="the key")
    assert (again.status_code, again["Idempotent-Replay"]) == (first.status_code, "true")
    if asked.answer != 204:
        assert json.loads(again.content) == json.loads(first.content)
    assert moved(done, picture()) == set()


@pytest.mark.django_db
def test_what_is_not_known_in_the_address_of_a_read_is_refused():
    found = access_world.build()
    found["district"].user_permissions.add(Permission.objects.get(codename="read_access"))
    client = client_of(found["district"])
    reads = [row for row in API if row.method == "GET" and row.name not in NO_RESOURCES]
    assert len(reads) > 20
    for row in reads:
        answer = client.get(reverse(row.name, args=[found[name] for name in row.args]), {"nonsense": "1"})
        assert faulty_fields(answer) == {"nonsense"}, row
