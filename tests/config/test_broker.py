"""The broker of a machine without Redis: many writers and readers at once, every message whole and read once."""

import threading
from collections import Counter
from pathlib import Path
from queue import Empty

from kombu import Connection

import config.celery  # noqa: F401 - names the transport

WRITERS, READERS, EACH = 3, 3, 200


def test_messages_are_whole_and_taken_once(tmp_path: Path) -> None:
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path / "c")}
    read: list[int] = []
    wrong: list[Exception] = []
    written = threading.Event()

    def write(writer: int) -> None:
        with Connection("filesystem://", transport_options=options) as connection:
            for n in range(EACH):
                connection.default_channel._put("work", {"n": writer * EACH + n, "more": "x" * 5000})

    def take() -> None:
        try:
            with Connection("filesystem://", transport_options=options) as connection:
                while True:
                    last = written.is_set()
                    try:
                        read.append(connection.default_channel._get("work")["n"])
                    except Empty:
                        if last:
                            return
        except Exception as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    readers = [threading.Thread(target=take) for _ in range(READERS)]
    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join(30)
    written.set()
    for thread in readers:
        thread.join(30)
    assert not wrong
    assert Counter(read) == Counter(range(WRITERS * EACH))
    assert not list(tmp_path.glob("*.*"))
