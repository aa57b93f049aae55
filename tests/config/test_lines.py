"""The broker over TLS, against a real redis-server: who is checked answers, who is not trusted is not talked to."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.data_folder import CHECKOUT
from pasi_connect.demo import certificates
from tests.faults.servers import free_port
from tests.moments import machine_now

pytestmark = pytest.mark.slow_process

ASK = "import django; django.setup(); from operations import health; print(health.broker())"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Port of a redis-server that speaks TLS alone, and the folder of its authority."""
    folder = tmp_path_factory.mktemp("redis")
    files = certificates.ensure(folder, organization="A.1", now=machine_now())
    port = free_port()
    process = subprocess.Popen(
        [
            *("redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--tls-cert-file", str(files.server), "--tls-key-file", str(files.key_of(files.server))),
            *("--tls-ca-cert-file", str(files.ca), "--tls-auth-clients", "no", "--save", ""),
        ],
        stdout=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < end, "redis-server does not start"
            time.sleep(0.05)
    yield port, folder
    process.kill()
    process.wait(10)


def answer_of_lines(url: str, folder: Path) -> str:
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "PRODUCTION": "0",
        "REDIS_URL": url,
    }
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return told.stdout


def test_a_broker_over_tls_is_talked_to_when_its_authority_is_named(redis: tuple[int, Path], tmp_path: Path) -> None:
    port, folder = redis
    assert "'ok': True" in answer_of_lines(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={folder}/ca.pem", tmp_path)


@pytest.mark.parametrize("of", ["nobody", "another authority"])
def test_a_broker_that_nobody_vouches_for_is_not_talked_to(redis: tuple[int, Path], tmp_path: Path, of: str) -> None:
    port, _folder = redis
    other = certificates.ensure(tmp_path / "other", organization="A.1", now=machine_now())
    named = f"?ssl_ca_certs={other.ca}" if of == "another authority" else ""
    assert "'ok': False" in answer_of_lines(f"rediss://127.0.0.1:{port}/0{named}", tmp_path)
