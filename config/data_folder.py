"""The data folder (`DATA_DIR`): whose it is, who runs on it, its secret key, and how it is emptied.

The folder holds everything that a start without servers keeps: database, broker, certificates, the simulator's state.
`python -m config.data_folder` empties it (`make reset`).
"""

import fcntl
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parent.parent
MARKER = "pasi-connect-data"
LOCK = "supervisor.lock"
# What a `manage.py` command may have left here before the first start; a folder with anything else is a stranger's.
OURS = (
    *("pasi_connect.sqlite3", "broker", "static", "files", "certificates", "simulator", "samples", "mail"),
    *("secret_key", "beat-schedule", LOCK),
)


class Refusal(Exception):
    """Why nothing was started or removed, in a sentence for the person at the terminal."""


class DataFolder:
    """One data folder. Making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "DataFolder":
        """The folder that DATA_DIR names, `.data` in the checkout when it names none."""
        return cls(Path(environment.get("DATA_DIR") or CHECKOUT / ".data"))

    def claim(self) -> None:
        """Make the folder, for its owner alone, and mark it as ours.

        Raises Refusal for a folder with files that are not ours: a marker there would let `make reset` remove them.
        """
        marker = self.path / MARKER
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if marker.exists():
                return
            strange = [entry.name for entry in self.path.iterdir() if not entry.name.startswith(OURS)]
            if strange:
                raise Refusal(
                    f"{self.path} holds files that are not PASI Connect's ({min(strange)} …). "
                    "Set DATA_DIR to a new or an empty folder."
                )
            marker.write_text("Data of PASI Connect. `make reset` removes this folder because this file is in it.\n")
        except OSError as error:
            raise Refusal(
                f"The data folder {self.path} cannot be used: {error.strerror}. Set DATA_DIR to another."
            ) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one supervisor. The lock is the kernel's: it goes with the process, however that ends."""
        with (self.path / LOCK).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise Refusal(
                    f"PASI Connect already runs on {self.path} (process {lock.read().strip() or 'unknown'}). "
                    "Stop it with Ctrl-C in its terminal, or set DATA_DIR to another folder."
                ) from None
            lock.seek(0)
            lock.truncate()
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def ensure_secret_key(self) -> Path:
        """The file with Django's secret key, made at the first start; readable by its owner alone."""
        path = self.path / "secret_key"
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path
        with os.fdopen(file, "w") as handle:
            handle.write(secrets.token_urlsafe(64) + "\n")
        return path

    def remove(self) -> None:
        """Remove the folder with all it holds. Raises Refusal without the marker, or while a supervisor runs on it."""
        if not self.path.exists():
            return
        if not (self.path / MARKER).is_file():
            raise Refusal(f"{self.path} is no data folder of PASI Connect (no {MARKER} in it). Nothing was removed.")
        with self.held():
            # The marker goes last, so that an interrupted removal can be repeated.
            for entry in sorted(self.path.iterdir(), key=lambda entry: entry.name == MARKER):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        try:
            self.path.rmdir()
        except OSError:
            pass  # a mount point stays, empty


def main() -> int:
    folder = DataFolder.of(os.environ)
    try:
        if url := os.environ.get("DATABASE_URL"):
            parts = urlsplit(url)
            raise Refusal(
                f"DATABASE_URL is set, and a database is not removed from here. To start afresh: stop PASI Connect; "
                f"`dropdb -h {parts.hostname or 'HOST'} {parts.path.lstrip('/')}` and `createdb` with the same words; "
                f"then `env -u DATABASE_URL make reset` for {folder.path}."
            )
        folder.remove()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    print(f"{folder.path} is gone. `make run` starts afresh.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
