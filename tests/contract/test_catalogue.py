"""The French catalogue: every message has a translation that says the same things, and no message of the product is missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FRENCH = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]+\}")
TAG = re.compile(r"</?[a-z][^>]*>")
SOURCES = (
    "operations",
    "sis",
    "pasi_connect",
    "registrar",
    "reconciliation",
    "alerts",
    "config",
    "templates",
    "locale",
    "manage.py",
)


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="fr")


def texts(message: Message) -> list[tuple[str, str]]:
    """(English, French) pairs of a message; the plural counts for the placeholders."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    return [(message.id[1], message.string[1])]


MESSAGES = [message for message in catalogue(FRENCH) if message.id]


def test_every_message_is_translated() -> None:
    empty = [
        message.id
        for message in MESSAGES
        if not all([message.string] if isinstance(message.string, str) else message.string)
    ]
    assert not empty
    assert not [message.id for message in MESSAGES if message.fuzzy]
    assert len(MESSAGES) > 1000


def test_the_catalogue_compiles() -> None:
    """As the product is installed; what a format would take for a placeholder counts ("20 % of")."""
    assert not [(message.id, [str(error) for error in errors]) for message, errors in catalogue(FRENCH).check()]


def test_placeholders_and_tags_are_kept() -> None:
    wrong = [
        english
        for message in MESSAGES
        for english, french in texts(message)
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(french))
        or sorted(TAG.findall(english)) != sorted(TAG.findall(french))
    ]
    assert not wrong


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="gettext's xgettext, which reads the sources, is not on this machine"
)
def test_no_message_of_the_product_is_missing(tmp_path: Path) -> None:
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        else:
            shutil.copy(source, tmp_path / name)
    command = [sys.executable, "manage.py", "makemessages", "-l", "fr", "--no-location", "--no-wrap", "--no-obsolete"]
    environment = {
        "PATH": "/usr/bin:/bin",
        "DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    found = {
        message.id for message in catalogue(tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po") if message.id
    }
    known = {message.id for message in MESSAGES}
    assert not found - known, "make messages, then translate"
    assert not known - found, "make messages drops what nothing shows any more"
