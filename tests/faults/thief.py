"""Somebody between the product and its broker: of the messages some never arrive, and some arrive late."""

import random
import shutil
import threading
import time
from pathlib import Path
from typing import Self

from tests.faults.servers import Redis


class Thief:
    """`with Thief(folder or redis):` takes every third message that it finds; half of those come back up to a second later."""

    def __init__(self, broker: Path | Redis, seed: int) -> None:
        self.broker, self.dice = broker, random.Random(seed)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.late: list[tuple[float, object]] = []
        self.taken = 0

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(10)
        self._bring_back(float("inf"))

    def _run(self) -> None:
        while not self.stop.wait(0.002):
            self._bring_back(time.monotonic())
            if isinstance(self.broker, Redis):
                self._take_from_redis(self.broker)
            else:
                self._take_from_folder(self.broker)

    def _wants(self) -> bool:
        return self.dice.random() < 0.34

    def _note(self, message: object) -> None:
        self.taken += 1
        if self.dice.random() < 0.5:
            self.late.append((time.monotonic() + self.dice.random(), message))

    def _take_from_folder(self, folder: Path) -> None:
        for place in list((folder / "messages").glob("*.msg")):
            if not self._wants():
                continue
            aside = folder / place.name
            try:
                shutil.move(place, aside)
            except FileNotFoundError:
                continue
            self._note(aside)

    def _take_from_redis(self, redis: Redis) -> None:
        if not self._wants():
            return
        answer = redis.ask("LPOP", "default")
        if not answer.startswith(b"$-1"):
            self._note(answer.split(b"\r\n", 1)[1].removesuffix(b"\r\n"))

    def _bring_back(self, now: float) -> None:
        for row in [row for row in self.late if row[0] <= now]:
            self.late.remove(row)
            if isinstance(self.broker, Redis):
                assert isinstance(row[1], bytes)
                self.broker.ask("RPUSH", "default", row[1])
            else:
                assert isinstance(row[1], Path)
                shutil.move(row[1], self.broker / "messages" / row[1].name)
