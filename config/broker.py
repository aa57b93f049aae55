"""Celery's filesystem broker with whole messages only: the broker of a machine without Redis.

kombu shows a message under its name before it has been written, and takes one by moving it to the machine's temporary
folder. A worker that looks in between reads an empty file and ends ("Expecting value: line 1 column 1"), and where the
two folders are on different file systems a move is a copy that two workers can make. Here both are renames in one folder.

A folder that is full, read-only or gone costs messages, never a process: a worker waits until it can read again, and the
tick finds the rows of every message that was not written or not read.
"""

import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

DRAFT, MESSAGE, TAKEN = ".draft", ".msg", ".taken"
LEFT_OVER_SECONDS = 60.0  # writing or reading one takes milliseconds: older drafts and taken files belong to the dead


class Channel(filesystem.Channel):
    # Every queue is addressed by name. kombu would keep who listens to what in a file that a full disk leaves empty.
    supports_fanout = False

    def get_table(self, exchange: str) -> Any:
        return self.state.exchanges[exchange]["table"]

    def _queue_bind(self, *args: Any) -> None:
        pass

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)

    def _size(self, queue: str) -> int:
        try:
            return len(self._names(queue))
        except OSError:
            return 0  # a worker that begins meanwhile must not end

    def _names(self, queue: str) -> list[str]:
        names = (place.name for place in Path(self.data_folder_in).iterdir())
        return [name for name in names if name.partition(".")[2] == f"{queue}{MESSAGE}"]

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # the two bases differ in its name
        folder = Path(self.data_folder_out)
        draft = folder / f"{uuid.uuid4()}{DRAFT}"
        try:
            _write(draft, dumps(payload))
            # Names sort in the order of writing: they always have the same number of digits.
            draft.rename(folder / f"{time.time_ns():020d}_{draft.stem}.{queue}{MESSAGE}")
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return self._oldest(queue)
        except OSError:
            raise Empty from None

    def _oldest(self, queue: str) -> Any:
        """Reads from the last listing until that is used up: with thousands of messages a listing takes longer than all else."""
        names = self._listings.setdefault(queue, [])
        if not names:
            names += sorted(self._names(queue), reverse=True)
        while names:
            name = names.pop()
            mine = Path(self.data_folder_in) / f"{name.partition('.')[0]}{TAKEN}"
            try:
                (mine.parent / name).rename(mine)
            except FileNotFoundError:
                continue  # another worker was faster
            text = mine.read_text()
            with suppress(OSError):
                mine.unlink()
            try:
                return loads(text)
            except ValueError:
                continue  # cut by a crash of the machine; the rows are still there
        raise Empty

    @property
    def _listings(self) -> dict[str, list[str]]:
        return self.__dict__.setdefault("_listed", {})

    def probe(self) -> None:
        """Raises OSError when no message could be written or read."""
        folder = Path(self.data_folder_out)
        draft = folder / f"{uuid.uuid4()}{DRAFT}"
        try:
            _write(draft, "probe")
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        next(Path(self.data_folder_in).iterdir(), None)


def _write(draft: Path, text: str) -> None:
    try:
        draft.write_text(text)
    except FileNotFoundError:  # the first message of an installation, or somebody has removed the folder
        draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_text(text)


class Transport(filesystem.Transport):
    Channel = Channel
    connection_errors: tuple[type[BaseException], ...] = (*filesystem.Transport.connection_errors, OSError)  # type: ignore[assignment]  # kombu declares one


def clear(folder: Path, older_than: float = LEFT_OVER_SECONDS) -> int:
    """Removes drafts and taken files that a killed process left `older_than` seconds ago or more. Gives their number."""
    removed, now = 0, time.time()
    try:
        places = [place for place in folder.iterdir() if place.suffix in (DRAFT, TAKEN)]
    except OSError:
        return 0
    for place in places:
        with suppress(OSError):
            # By the distance, not the order: a clock that was set back must not keep them forever.
            if abs(now - place.stat().st_mtime) >= older_than:
                place.unlink()
                removed += 1
    return removed
