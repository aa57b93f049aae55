"""What `deploy/` starts is what Procfile names, but the simulator; and the commands of the page about backup bring everything back."""

import configparser
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from django.db import connection

from config.data_folder import CHECKOUT
from sis.models import Authority
from tests import factories

DEPLOY = CHECKOUT / "deploy"
PAGE = CHECKOUT / "docs" / "operator" / "backup.md"
PROGRAMS = "/opt/pasi-connect/.venv/bin/"


def processes() -> dict[str, list[str]]:
    lines = (line.partition(":") for line in (CHECKOUT / "Procfile").read_text().splitlines())
    return {name: shlex.split(command) for name, _, command in lines if name != "simulator"}


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def test_there_is_a_unit_for_each_process_with_its_command():
    commands = {
        path.stem.removeprefix("pasi-connect-"): unit(path)["Service"]["ExecStart"]
        for path in (DEPLOY / "systemd").glob("*.service")
    }
    assert all(command.startswith(PROGRAMS) for command in commands.values())
    plain = {name: text.removeprefix(PROGRAMS).replace("%%", "%") for name, text in commands.items()}
    assert {name: shlex.split(text.replace("${PORT}", "$PORT")) for name, text in plain.items()} == processes()


def test_the_target_starts_every_unit_and_the_units_follow_it():
    wants = unit(DEPLOY / "systemd" / "pasi-connect.target")["Unit"]["Wants"].split()
    assert set(wants) == {path.name for path in (DEPLOY / "systemd").glob("*.service")}
    for name in wants:
        assert unit(DEPLOY / "systemd" / name)["Unit"]["PartOf"] == "pasi-connect.target"


def test_the_containers_run_the_same_commands():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    commands = {}
    for name, service in services.items():
        command = service["command"]
        words = shlex.split(command) if isinstance(command, str) else command
        if words[:2] == ["sh", "-c"]:
            words = shlex.split(words[2].removeprefix("exec "))
        commands[name] = [word.replace("$$", "$") for word in words]
    assert commands == processes()


def test_the_image_holds_the_locked_packages_and_no_account_of_its_own_rights():
    text = (DEPLOY / "Containerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in text
    assert text.rstrip().endswith("USER pasi")


def commands_of(heading: str) -> list[str]:
    """The lines of the page that stand indented under the heading, as they are."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^ {4}(\S.*)$", section, re.M)


def address() -> str:
    values = connection.settings_dict
    login = f"{values['USER']}:{values['PASSWORD']}" if values["PASSWORD"] else values["USER"]
    return f"postgres://{login}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_commands_for_postgresql_bring_back_what_was_there(tmp_path):
    def run(line: str) -> None:
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": address()}
        result = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr

    backup, restore = commands_of("PostgreSQL")
    enrolment = factories.EnrolmentFactory()
    number, name = enrolment.pk, enrolment.student.legal_last_name
    authority = Authority.objects.get()
    run(backup)
    type(enrolment.student).objects.update(legal_last_name="Nobody")
    enrolment.delete()
    Authority.objects.update(name="Somebody else's")
    run(restore)
    assert Authority.objects.get().name == authority.name
    again = type(enrolment).objects.select_related("student").get()
    assert (again.pk, again.student.legal_last_name) == (number, name)
    # Numbers go on behind what was brought back, and the structure is that of the release.
    assert factories.EnrolmentFactory().pk > again.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 50


def test_the_command_for_sqlite_copies_what_stands_in_the_log_beside_the_file(tmp_path):
    import sqlite3

    section = PAGE.read_text().partition("## SQLite\n")[2].partition("\n## ")[0]
    command = "\n".join(line.removeprefix("    ") for line in section.splitlines() if line.startswith("    "))
    (tmp_path / ".data").mkdir()
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    file = sqlite3.connect(tmp_path / ".data" / "pasi_connect.sqlite3")
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("CREATE TABLE student (name TEXT)")
    file.execute("INSERT INTO student VALUES ('Eklund')")
    file.commit()
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    copy = sqlite3.connect(tmp_path / "pasi_connect-backup.sqlite3")
    assert copy.execute("SELECT name FROM student").fetchall() == [("Eklund",)]
