"""Style sheets and scripts are collected again when, and only when, a file or the pins have changed."""

import os
from pathlib import Path

from config.static_files import collected, digest, note_collected


def checkout(folder: Path) -> Path:
    (folder / "static").mkdir()
    (folder / "static" / "page.css").write_text("a {}")
    (folder / "app" / "static").mkdir(parents=True)
    (folder / "app" / "__init__.py").touch()
    (folder / "requirements.lock").write_text("one==1")
    return folder


def test_note_holds_until_it_is_removed(tmp_path: Path) -> None:
    assert not collected(tmp_path)
    note_collected(tmp_path)
    assert collected(tmp_path)
    (tmp_path / "static" / ".digest").write_text("of another state")
    assert not collected(tmp_path)


def test_every_change_is_seen(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    seen = [digest(folder)]
    assert digest(folder) == seen[0]
    (folder / "static" / "page.css").write_text("a { color: red }")
    seen.append(digest(folder))
    os.utime(folder / "static" / "page.css", (1, 1))
    seen.append(digest(folder))
    (folder / "app" / "static" / "more.css").touch()
    seen.append(digest(folder))
    (folder / "requirements.lock").write_text("one==2")
    seen.append(digest(folder))
    assert len(set(seen)) == 5


def test_data_folder_inside_the_checkout_changes_nothing(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    before = digest(folder)
    (folder / ".data" / "static").mkdir(parents=True)
    (folder / ".data" / "static" / "page.css").touch()
    assert digest(folder) == before
