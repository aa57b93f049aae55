"""Who may read the figures, what they say of requests, and that several web processes count together."""

import subprocess
import sys

import pytest
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from config.data_folder import CHECKOUT
from operations import heartbeats, offers
from operations.models import Job
from operations.rules.addresses import networks
from operations.services import metrics
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
TOKEN = "Zr2mXw9Tb4Lc6Vn8Hs1Jd3Fg5Pk0QyRt"


def status(address="127.0.0.1", secure=False, **more):
    return Client(REMOTE_ADDR=address, **more).get("/metrics", secure=secure).status_code


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch):
    """Another test of this process may have loaded the web server's module, which counts together with others."""
    monkeypatch.setattr(metrics.Shared, "folder", None)
    monkeypatch.setattr(metrics.values, "ValueClass", metrics.values.MutexValue)
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


def figures():
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return samples(answer.content.decode())


def bearer(token):
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


class TestTheDoor:
    def test_without_production_this_machine_reads_and_nobody_else(self):
        assert status() == status("::1") == status("::ffff:127.0.0.1") == 200
        assert status("10.0.0.7") == 403
        assert status("127.0.0.1", HTTP_X_FORWARDED_FOR="10.0.0.7") == 403

    def test_in_production_an_address_or_a_token_is_named(self, settings):
        settings.PRODUCTION = True
        assert status() == 403
        settings.METRICS_FROM = networks(["10.0.0.0/24"])
        assert status() == 403
        assert status("10.0.0.7", secure=True) == 200
        assert status("10.0.1.7", secure=True) == 403
        settings.METRICS_FROM, settings.METRICS_TOKEN = (), TOKEN
        assert status("10.0.1.7", secure=True, **bearer(TOKEN)) == 200
        assert status("10.0.1.7", secure=True, **bearer("x" + TOKEN)) == 403

    def test_in_production_plain_http_answers_this_machine_alone(self, settings):
        settings.PRODUCTION, settings.METRICS_TOKEN = True, TOKEN
        settings.METRICS_FROM = networks(["127.0.0.1", "10.0.0.7"])
        assert status() == status("127.0.0.1", **bearer(TOKEN)) == 200
        assert status("10.0.0.7") == status("10.0.0.7", **bearer(TOKEN)) == 403

    def test_a_wrong_token_is_refused_from_a_named_address_too(self, settings):
        settings.METRICS_TOKEN = TOKEN
        assert status(**bearer("wrong")) == 403

    def test_no_signing_in_helps(self, settings):
        settings.PRODUCTION = True
        client = Client(REMOTE_ADDR="10.0.0.7")
        client.force_login(UserFactory(role="Administrator"))
        assert client.get("/metrics", secure=True).status_code == 403


class TestTheFigures:
    def test_signs_of_life_by_part(self):
        heartbeats.beat("listener")
        answers = figures()
        assert 0 <= answers[("pasi_connect_listener_age_seconds",)] < 30
        assert answers[("pasi_connect_tick_age_seconds",)] == float("inf")
        assert answers[("pasi_connect_database_up",)] == 1

    def test_jobs_by_status(self):
        Job.objects.create(kind="x", created_at="2026-01-05T12:00:00Z")
        answers = figures()
        assert answers["pasi_connect_jobs", ("status", "queued")] == 1
        assert answers["pasi_connect_jobs", ("status", "failed")] == 0

    def test_answers_by_name_of_the_address_method_and_status(self):
        name = ("pasi_connect_http_requests_total", ("address", "livez"), ("method", "GET"), ("status", "200"))
        before = figures().get(name, 0)
        Client().get("/livez")
        assert figures()[name] == before + 1

    def test_an_address_is_told_by_its_name_whatever_was_typed(self):
        Client().get("/api/v1/students/000201234/of/")
        Client().generic("BREW", "/livez")
        text = Client().get("/metrics").content.decode()
        assert "000201234" not in text
        assert "BREW" not in text
        assert 'method="other"' in text

    def test_without_a_database_the_figures_say_so(self, monkeypatch):
        def away():
            raise DatabaseError

        monkeypatch.setattr(offers, "measures", [away])
        answers = figures()
        assert answers[("pasi_connect_database_up",)] == 0
        assert any(name[0] == "pasi_connect_http_requests_total" for name in answers)

    def test_every_name_begins_alike_and_every_figure_says_what_it_is(self):
        text = Client().get("/metrics").content.decode()
        for family in text_string_to_metric_families(text):
            assert family.name.startswith("pasi_connect_")
            assert family.documentation.endswith(".")


PROCESS = """
import sys
from pathlib import Path
import django
django.setup()
from operations.services import metrics
metrics.share(Path(sys.argv[1]))
metrics.REQUESTS.labels("GET", "home", "200").inc(int(sys.argv[2]))
metrics.SECONDS.labels("page").observe(0.3)
print("ready", flush=True)
sys.stdin.readline()
from prometheus_client import generate_latest
sys.stdout.write(generate_latest(metrics.counted()).decode())
"""


@pytest.fixture
def web_process(tmp_path):
    """Starts one that counts so many requests; the function gives what it then tells, and it ends."""
    running = []

    def start(number):
        command = [sys.executable, "-c", PROCESS, str(tmp_path / "metrics"), str(number)]
        env = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path), "PATH": ""}
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout.readline() == "ready\n"
        return lambda: samples(process.communicate("\n")[0])

    yield start
    for process in running:
        process.kill()
        process.wait()


REQUESTS = ("pasi_connect_http_requests_total", ("address", "home"), ("method", "GET"), ("status", "200"))
COUNT = ("pasi_connect_http_request_seconds_count", ("part", "page"))


class TestSeveralWebProcesses:
    def test_each_tells_what_all_have_counted(self, web_process):
        one, other = web_process(2), web_process(5)
        answers = one()
        assert answers[REQUESTS] == 7
        assert answers[COUNT] == 2
        assert other()[REQUESTS] == 7

    def test_a_process_goes_on_where_a_dead_one_ended_and_leaves_no_further_file(self, web_process, tmp_path):
        assert web_process(2)()[REQUESTS] == 2
        files = sorted((tmp_path / "metrics").iterdir())
        assert web_process(3)()[REQUESTS] == 5
        assert sorted((tmp_path / "metrics").iterdir()) == files

    def test_a_file_that_cannot_be_read_begins_anew(self, web_process, tmp_path):
        web_process(2)()
        path = tmp_path / "metrics" / "counter_0.db"
        path.write_bytes(b"\x40\x00\x00\x00" + b"\xff" * 200)
        assert web_process(3)()[REQUESTS] == 3

    def test_the_room_of_a_file_is_reserved(self, web_process, tmp_path):
        web_process(1)()
        for kind in ("counter", "histogram"):
            answers = (tmp_path / "metrics" / f"{kind}_0.db").stat()
            assert answers.st_blocks * 512 >= metrics.ROOM


def test_a_folder_that_cannot_be_had_costs_the_sums_alone(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    metrics.share(tmp_path / "file" / "metrics")
    assert metrics.Shared.folder is None
    assert "counted by each web process for itself" in caplog.text
    assert figures()
