"""What production sets that no test run has: cookies of the host alone, HSTS, no memory in a file."""

import json
import subprocess
import sys
from pathlib import Path

from config.data_folder import CHECKOUT

NAMES = [
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "CSRF_COOKIE_DOMAIN", "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT",
]  # fmt: skip


def settings_of(tmp_path: Path, **environment: str) -> dict[str, object]:
    show = (
        "import json, resource; from django.conf import settings;"
        f"found = {{name: getattr(settings, name) for name in {NAMES!r}}};"
        "print(json.dumps(found | {'core': resource.getrlimit(resource.RLIMIT_CORE)}))"
    )
    given = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path / "data"), **environment}
    ran = subprocess.run(
        [sys.executable, "-c", show], cwd=CHECKOUT, env=given, check=True, capture_output=True, text=True
    )
    return dict(json.loads(ran.stdout))


def test_cookies_belong_to_this_host_alone_and_https_lasts_a_year(tmp_path: Path) -> None:
    found = settings_of(tmp_path, PRODUCTION="1", SECRET_KEY="x" * 50)
    assert found["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert found["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    for cookie in ("SESSION", "CSRF"):  # what the prefix asks for
        assert found[f"{cookie}_COOKIE_SECURE"] is True
        assert found[f"{cookie}_COOKIE_PATH"] == "/"
        assert found[f"{cookie}_COOKIE_DOMAIN"] is None
    assert found["SESSION_COOKIE_HTTPONLY"] is True
    assert found["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert found["SECURE_SSL_REDIRECT"] is True


def test_a_process_that_crashes_leaves_no_memory_on_the_disk(tmp_path: Path) -> None:
    assert settings_of(tmp_path)["core"] == [0, 0]
