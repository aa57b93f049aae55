"""How long a change is on its way, in the whole product as a person starts it, idle: to PASI, and from PASIprep to the notice.

Once on the embedded default (SQLite, messages in a folder), once on PostgreSQL and Redis of the bench's own.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Figure, within
from tests.faults.servers import Database, Redis
from tests.journeys.product import Product

IDLE = 1.0  # seconds of rest before each change
LOOK = 0.05  # seconds between two looks
PATIENCE = 60.0


class Served(Product):
    """The product on the given servers."""

    def __init__(self, folder: Path, servers: dict[str, str]) -> None:
        super().__init__(folder)
        self.servers = servers

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "REDIS_URL": "", "BENCH_RESULT": "", **self.servers}


def until(holds: Callable[[], Any], began: float) -> float:
    """Seconds since `began` when it first holds."""
    while not holds():
        assert time.monotonic() - began < PATIENCE, "it never came"
        time.sleep(LOOK)
    return time.monotonic() - began


def measured(product: Product, times: int, name: str) -> list[Figure]:
    out, back = [], []
    for turn in range(times + 1):
        stay = product.next_stay()
        time.sleep(IDLE)
        began = time.monotonic()
        product.api(f"/enrolments/{stay['id']}/", method="PATCH", exit_date="2027-06-18")
        out.append(until(lambda stay=stay: product.stay(stay)["pasi"]["state"] == "in_step", began))
        assert product.in_pasi(stay)["RegistrationExitDate"] == "2027-06-18"
        time.sleep(IDLE)
        began = time.monotonic()
        product.change_in_pasi(stay, RegistrationExitDate="2027-05-28")
        address = f"/discrepancies/?ref_id={stay['ref_id']}&status=open"
        back.append(until(lambda address=address: product.api(address)["results"], began))
        if turn == 0:  # connections and caches of a product just started
            out.clear(), back.clear()
    return [
        within(f"change to in PASI, {name}", statistics.median(out), "s", 1),
        within(f"PASIprep to notice, {name}", statistics.median(back), "s", 2),
    ]


def run(quick: bool) -> list[Figure]:
    times, url = 3 if quick else 9, os.environ.get("BENCH_SERVER", "")
    figures: list[Figure] = []
    settings: list[tuple[str, bool]] = [("embedded", False)]
    if url and shutil.which("redis-server"):
        settings.append(("PostgreSQL and Redis", True))
    else:
        print("latency: not run on servers, since TEST_DATABASE_URL or a redis-server is missing", flush=True)
    for name, served in settings:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-product-")))
            servers: dict[str, str] = {}
            if served:
                database = Database(url, f"bench_{os.getpid()}_product")
                stack.callback(database.drop)
                redis = Redis(folder)
                stack.callback(redis.stop)
                servers = {"DATABASE_URL": database.url, "REDIS_URL": redis.url}
            product = Served(folder, servers)
            stack.callback(product.stop)
            product.start()
            figures += measured(product, times, name)
    return figures
