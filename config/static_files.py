"""Whether the collected style sheets and scripts in the data folder are still those of the checkout.

`collectstatic` hashes and compresses every file anew, some seconds each time; a second start need not wait for it.
"""

import hashlib
from pathlib import Path

from config.data_folder import CHECKOUT


def collected(data_folder: Path) -> bool:
    """Whether the last collection was made from the same files and packages as are here now."""
    try:
        return (data_folder / "static" / ".digest").read_text() == digest()
    except OSError:
        return False


def note_collected(data_folder: Path) -> None:
    """Remember what was collected. Called after `collectstatic` went well, or when nothing had to be done."""
    folder = data_folder / "static"
    folder.mkdir(exist_ok=True)
    (folder / ".digest").write_text(digest())


def digest(checkout: Path = CHECKOUT) -> str:
    """SHA-256 over names, sizes and times of the static files and over the package pins (packages bring files too)."""
    state = hashlib.sha256()
    for pins in sorted(checkout.glob("requirements*.lock")):
        state.update(pins.read_bytes())
    apps = [app.parent for app in checkout.glob("*/__init__.py")]
    for file in sorted(file for folder in (checkout, *apps) for file in folder.glob("static/**/*")):
        if file.is_file():
            facts = file.stat()
            state.update(f"{file.relative_to(checkout)}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return state.hexdigest()
