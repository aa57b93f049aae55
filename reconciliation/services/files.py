"""Files of runs: each run has a folder with a name that nobody guesses, readable by the product's own account alone."""

import hashlib
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

from reconciliation.models.run import ROOM


class Upload(Protocol):
    """A file as Django hands it over; large ones lie on disk already."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]: ...


@dataclass(frozen=True)
class Kept:
    """`name` is the one that people know, `stored` the one in the folder."""

    name: str
    stored: str
    size: int
    sha256: str


def room() -> Path:
    return Path(settings.MEDIA_ROOT) / ROOM


def new_folder() -> str:
    """The name of a new, empty folder in the room."""
    name = secrets.token_hex(24)
    place = room()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    (place / name).mkdir(mode=0o700)
    return name


def keep(upload: Upload, folder: Path) -> Kept:
    """Write the upload, chunk by chunk, to a new file in the folder."""
    stored, digest, size = secrets.token_hex(8), hashlib.sha256(), 0
    path = folder / stored
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in upload.chunks():
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    name = "".join(letter for letter in Path(upload.name or "").name if letter.isprintable())
    return Kept(name[-255:], stored, size, digest.hexdigest())


def private(folder: Path) -> None:
    """What the engine wrote is for our own account alone."""
    for path in folder.iterdir():
        path.chmod(0o600)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
