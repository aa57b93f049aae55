"""The broker of a machine without Redis: many writers and readers at once, every message whole and read once."""

import os
import threading
import time
from collections import Counter
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

import config.celery  # noqa: F401 - names the transport
from config import broker

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


def test_what_the_dead_left_is_cleared_and_what_is_fresh_stays(tmp_path: Path) -> None:
    for name in ("a.draft", "b.taken", "c.default.msg", "new.draft"):
        (tmp_path / name).write_text("{}")
    for name in ("a.draft", "b.taken", "c.default.msg"):
        os.utime(tmp_path / name, (time.time() - 120, time.time() - 120))
    assert broker.clear(tmp_path) == 2
    assert sorted(place.name for place in tmp_path.iterdir()) == ["c.default.msg", "new.draft"]
    assert broker.clear(tmp_path / "missing") == 0


def test_a_message_that_cannot_be_written_leaves_nothing_and_one_that_was_cut_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.default_channel
        channel._put("work", {"n": 1})  # makes the folder
        (folder / "0_cut.work.msg").write_text("")
        assert channel._get("work") == {"n": 1}
        for place in folder.iterdir():
            place.unlink()
        folder.rmdir()
        folder.write_text("not a folder")
        with pytest.raises(Empty):
            channel._get("work")
        with pytest.raises(OSError, match="Not a directory"):
            channel._put("work", {"n": 2})
        with pytest.raises(OSError, match="Not a directory"):
            channel.probe()


def test_messages_are_taken_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.default_channel
        for n in range(30):
            channel._put("work", {"n": n})
        assert [channel._get("work")["n"] for _ in range(30)] == list(range(30))
