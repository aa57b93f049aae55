"""`DEMO=0 make run`: an empty SIS beside the simulator as PASI would be, healthy, and never in a folder of the demo."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest
import requests
from django.core.management import CommandError, call_command

from pasi_connect.demo import district, empty, making
from pasi_connect.models import ConnectionSettings, SyncSettings
from sis.models import Authority, School, Student
from tests.factories import AuthorityFactory, UserFactory
from tests.journeys.product import SERVERS, wait_for
from tests.simulator_process import ROOT, SimulatorProcess, free_ports

START_SECONDS = 240.0


@pytest.mark.django_db
def test_our_side_has_the_connection_and_nothing_else(tmp_path):
    empty.prepare(7443, tmp_path)
    connection = ConnectionSettings.load()
    assert connection.complete and ":7443/" in connection.endpoint_url
    assert not (Authority.objects.exists() or School.objects.exists() or Student.objects.exists())
    assert not SyncSettings.load().regular_synchronization
    empty.prepare(7444, tmp_path)
    assert ":7444/" in ConnectionSettings.load().endpoint_url


@pytest.mark.django_db
def test_a_connection_to_another_pasi_stays(tmp_path):
    ConnectionSettings.objects.create(pk=1, endpoint_url="https://pasi.example/2020")
    empty.prepare(7443, tmp_path)
    assert ConnectionSettings.load().endpoint_url == "https://pasi.example/2020"


@pytest.mark.django_db
def test_pasis_side_has_the_authority_with_schools_students_and_enrolments(tmp_path):
    pasi = SimulatorProcess(tmp_path, f"A.{district.AUTHORITY[0]}")
    pasi.start()
    try:
        assert empty.fill_simulator(pasi.control_port)
        assert not empty.fill_simulator(pasi.control_port)
        records = pasi.get("/control/health/")["records"]
    finally:
        pasi.stop()
    assert records["School"] == 6 and records["Section"] == 0
    assert records["Student"] > 500 and records["StudentSchoolEnrolment"] > 500
    assert not SyncSettings.load().regular_synchronization


@pytest.mark.django_db
def test_a_folder_of_the_demo_is_not_started_as_an_empty_one():
    UserFactory(is_demo=True)
    with pytest.raises(CommandError, match="holds the demo district"):
        call_command("make_demo", "--prepare", "--empty")


@pytest.mark.django_db
def test_a_district_of_ones_own_is_not_started_as_the_demo(tmp_path):
    AuthorityFactory()
    UserFactory(role="Administrator")
    with pytest.raises(CommandError, match="Start it with DEMO=0"):
        call_command("make_demo", "--prepare")
    with pytest.raises(making.OtherDistrict):
        making.prepare(7443, tmp_path)
    assert not ConnectionSettings.load().complete


@pytest.mark.django_db
def test_the_terminal_says_what_to_do_first(settings):
    out = StringIO()
    call_command("demo_welcome", "--empty", stdout=out)
    text = out.getvalue()
    assert f"PORT={os.environ.get('PORT', '8000')}" in text
    assert 'manage.py first_start --authority 7010 --name "Prairie Lantern School Division" --admin NAME' in text
    UserFactory()
    out = StringIO()
    call_command("demo_welcome", "--empty", stdout=out)
    assert "first_start" not in out.getvalue() and "/setup/" in out.getvalue()


@pytest.mark.slow_process
@pytest.mark.timeout(600)
def test_it_starts_from_an_empty_folder_is_healthy_and_takes_its_first_people(tmp_path):
    port, simulator_port, control_port = map(str, free_ports(3))
    kept = {name: value for name, value in os.environ.items() if name not in SERVERS}
    environment = kept | {
        "DATA_DIR": str(tmp_path / "data"),
        "DEMO": "0",
        "PORT": port,
        "PASI_SIMULATOR_PORT": simulator_port,
        "PASI_CONTROL_PORT": control_port,
    }
    web = requests.Session()
    web.trust_env = False

    def answer_of(path):
        try:
            return web.get(f"http://127.0.0.1:{port}{path}", timeout=10)
        except requests.RequestException:
            return None

    with (tmp_path / "run.log").open("wb") as log:
        product = subprocess.Popen(
            [sys.executable, "-m", "config.supervisor"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        body = wait_for(
            lambda: (page := answer_of("/healthz")) is not None and page.status_code == 200 and page.json(),
            "the empty district is healthy",
            START_SECONDS,
        )
        assert body["set_up"]["missing"][:2] == ["first_start", "connection"]
        assert body["synchronization"] == {"on": False} and body["in_step"] == {"reached": False}
        assert "first_start" in answer_of("/").text
        wait_for(lambda: "manage.py first_start" in (tmp_path / "run.log").read_text(), "the next step is printed")
        command = ["manage.py", "first_start", "--authority", "7010", "--name", "Prairie Lantern", "--admin", "oriane"]
        answer = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
        assert "PASI answered: the connection works." in answer
        (link,) = re.findall(rf"http://127\.0\.0\.1:{port}(/welcome/\S+)", answer)
        assert answer_of(link).status_code == 200
        body = answer_of("/healthz").json()
        assert body["status"] == "ok" and body["set_up"]["missing"][0] == "code_values"
    finally:
        product.terminate()
        product.wait(30)
    assert product.returncode == 0
