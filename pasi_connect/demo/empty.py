"""`DEMO=0 make run`: an empty SIS beside the simulator as PASI would be. The connection is set up; everything else is the person's."""

import os
import shlex
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from operations import clock
from operations.models import User
from operations.services import first_people
from pasi_connect.demo import district as made_up
from pasi_connect.demo import making
from pasi_connect.demo.asking import ask
from pasi_connect.models import ConnectionSettings

HERE = "https://127.0.0.1:"  # the simulator's address, whose port may be another at the next start


def prepare(simulator_port: int, certificates: Path) -> None:
    """The connection, unless somebody has pointed it elsewhere. Raises OtherDistrict in a folder of the demo."""
    if User.objects.filter(is_demo=True).exists():
        raise making.OtherDistrict(
            f"{settings.DATA_DIR} holds the demo district, whose passwords are published. Set DATA_DIR to a new folder, "
            "or remove this one: make reset"
        )
    address = ConnectionSettings.load().endpoint_url
    if not address or address.startswith(HERE):
        making.connect(simulator_port, certificates)


def fill_simulator(control_port: int) -> bool:
    """PASI's side alone: the authority with its schools, students and enrolments. True when it was filled now."""
    control = f"http://127.0.0.1:{control_port}/control"
    empty = not any(ask(f"{control}/health/")["records"].values())
    if empty:
        ask(f"{control}/load/", making.documents(made_up.Builder(clock.today()).build(), sections=()))
    return empty


def welcome(port: str, control_port: str) -> str:
    """What `DEMO=0 make run` prints when everything works: where it is, and what to do next."""
    page = f"http://127.0.0.1:{port}"
    lines = [
        "",
        f"  PASI Connect     {page}/",
        f"  PASIprep (simulator)  http://127.0.0.1:{control_port}/",
        "",
    ]
    if first_people.somebody_is_there():
        lines += [f"  The setup guide: {page}{reverse('pasi_connect:setup')}"]
    else:
        lines += [
            "  The SIS is empty, and PASI (simulated) holds the authority's schools, students and enrolments.",
            "  Next, in another terminal, with user names of your choice:",
            f"    {_command(port)}",
        ]
    lines += ["", f"  Data: {settings.DATA_DIR}", ""]
    return "\n".join(lines)


def _command(port: str) -> str:
    """With what this terminal's product runs on; the address of a database is not printed, since it may hold a password."""
    variables = {"DATA_DIR": shlex.quote(str(settings.DATA_DIR)), "PORT": port}
    if os.environ.get("DATABASE_URL"):
        variables |= {"DATABASE_URL": '"$DATABASE_URL"', "PRODUCTION": "0"}
    code, authority = made_up.AUTHORITY
    words = " ".join(f"{name}={value}" for name, value in variables.items())
    return f'{words} .venv/bin/python manage.py first_start --authority {code} --name "{authority}" --admin NAME --officer NAME'
