"""Celery's filesystem broker with whole messages only: the broker of a machine without Redis.

kombu shows a message under its name before it has been written, and takes one by moving it to the machine's temporary
folder. A worker that looks in between reads an empty file and ends ("Expecting value: line 1 column 1"), and where the
two folders are on different file systems a move is a copy that two workers can make. Here both are renames in one folder.
"""

import uuid
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # the two bases differ in its name
        folder = Path(self.data_folder_out)
        draft = folder / f"{uuid.uuid4()}.draft"
        draft.write_text(dumps(payload))
        draft.rename(folder / f"{round(monotonic() * 1000)}_{draft.stem}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(place.name for place in folder.iterdir()):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            mine = folder / f"{name}.{uuid.uuid4()}.taken"
            try:
                (folder / name).rename(mine)
            except FileNotFoundError:
                continue  # another worker was faster
            text = mine.read_text()
            mine.unlink()
            return loads(text)
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel
