"""Bodies that are meant to cost much: each is refused in words and in no time, at an address for JSON and at one for files."""

import time

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from operations.rules.bodies import FORM_BYTES
from tests import factories
from tests.api.conftest import client_of

JSON = "application/json"
PARTS = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'.encode()
FILES = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\ny\r\n'.encode()
END = f"--{BOUNDARY}--\r\n".encode()
ODD = {
    "a deep list": (JSON, b"[" * 1_000_000),
    "deep objects": (JSON, b'{"a":' * 300_000),
    "a very long number": (JSON, b'{"dry_run": ' + b"9" * 1_000_000 + b"}"),
    "a number without end": (JSON, b'{"dry_run": 1e999999999}'),
    "many names": (JSON, b"{" + b",".join(b'"a%d":1' % n for n in range(100_000)) + b"}"),
    "many names further in": (JSON, b'{"filter": {' + b",".join(b'"a%d":1' % n for n in range(100_000)) + b"}}"),
    "half a character": (JSON, b'{"\\ud800": "\\udfff"}'),
    "no characters": (JSON, b"\xff\xfe\x00"),
    "many parts": (MULTIPART_CONTENT, PARTS * 5000 + END),
    "many files": (MULTIPART_CONTENT, FILES * 5000 + END),
    "one large part": (MULTIPART_CONTENT, PARTS.replace(b"y", b"y" * (FORM_BYTES - 1000)) + END),
    "a part without end": (MULTIPART_CONTENT, PARTS + b"--" + b"-" * 1_000_000),
    "a long name of a part": (MULTIPART_CONTENT, PARTS.replace(b'"x"', b'"' + b"x" * 500_000 + b'"') + END),
    "headers without end": (MULTIPART_CONTENT, f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 200_000),
    "no parts": ("multipart/form-data", b"x" * 1000),
    "an odd boundary": ("multipart/form-data; boundary=" + "b" * 300, b"x" * 1000),
    "many fields": ("application/x-www-form-urlencoded", b"a=b&" * 100_000),
    "another alphabet": ("application/json; charset=nonsense", b"{}"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "body"), ODD.values(), ids=ODD)
def test_odd_bodies_are_refused_in_words_and_soon(kind, body, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    user = factories.UserFactory(role="District officer")
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    api = client_of(user)
    api.raise_request_exception = False
    for client, path in (
        (api, "schools/9999/send/"),
        (api, "reconciliations/"),
        (browser, "/reconciliation/new/"),
        (browser, "/theme/"),
    ):
        began = time.process_time()
        answer = client.generic("POST", path, body, content_type=kind)
        assert time.process_time() - began < 5, path
        assert answer.status_code in (302, 400, 404, 411, 413, 415, 422), (
            path,
            answer.status_code,
            answer.content[:200],
        )
        if path[0] != "/":
            assert answer["Content-Type"].startswith("application/problem+json"), path
        assert list(tmp_path.iterdir()) == []
