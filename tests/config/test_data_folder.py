"""The data folder: only ours is claimed, only a marked one is removed, one supervisor at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.data_folder import CHECKOUT, MARKER, DataFolder, Refusal


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.claim()
    return folder


def test_claimed_for_the_owner_alone_and_again(folder: DataFolder) -> None:
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    (folder.path / "anything").touch()
    folder.claim()
    assert (folder.path / MARKER).is_file()


def test_folder_that_a_command_made_before_the_first_start_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "pasi_connect.sqlite3-wal").touch()
    DataFolder(tmp_path).claim()
    assert (tmp_path / MARKER).is_file()


def test_strangers_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Refusal, match="thesis.txt"):
        DataFolder(tmp_path).claim()
    with pytest.raises(Refusal, match="Nothing was removed"):
        DataFolder(tmp_path).remove()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_folder_in_a_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="cannot be used"):
        DataFolder(tmp_path / "file" / "data").claim()


def test_removed_whole_without_following_links(folder: DataFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (folder.path / "link").symlink_to(outside)
    (folder.path / "simulator").mkdir()
    (folder.path / "simulator" / "state").touch()
    folder.remove()
    assert not folder.path.exists()
    assert (outside / "kept").exists()
    folder.remove()  # nothing there is nothing to do


def test_neither_held_twice_nor_removed_while_held(folder: DataFolder) -> None:
    with folder.held():
        with pytest.raises(Refusal, match=f"process {os.getpid()}"), folder.held():
            pytest.fail("held twice")
        with pytest.raises(Refusal, match="already runs"):
            folder.remove()
    with folder.held():
        assert (folder.path / MARKER).exists()


def test_secret_key_is_made_once_and_is_private(folder: DataFolder) -> None:
    path = folder.ensure_secret_key()
    first = path.read_text().strip()
    assert len(first) > 60
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert folder.ensure_secret_key().read_text().strip() == first


def test_secret_keys_differ(folder: DataFolder, tmp_path: Path) -> None:
    other = DataFolder(tmp_path / "other")
    other.claim()
    assert other.ensure_secret_key().read_text() != folder.ensure_secret_key().read_text()


def test_reset_leaves_a_server_database_to_its_owner(folder: DataFolder) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(folder.path),
        "DATABASE_URL": "postgres://someone:hush@db.example:5432/pasi",
    }
    result = subprocess.run(
        [sys.executable, "-m", "config.data_folder"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "dropdb -h db.example pasi" in result.stderr
    assert "hush" not in result.stderr
    assert (folder.path / MARKER).exists()


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an empty folder"])
def test_a_token_of_a_demo_that_was_never_started_is_refused_in_a_sentence(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "new"
    if there:
        folder.mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    result = subprocess.run(
        [sys.executable, "manage.py", "demo_token", "registrar_a"],
        cwd=CHECKOUT,
        env={**kept, "DATA_DIR": str(folder), "PRODUCTION": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"CommandError: There is no demo district in {folder}. Start it first: make run"
    ]
    assert folder.exists() is there
    assert [*tmp_path.rglob("*")] == [folder] * there  # nothing is left in it
