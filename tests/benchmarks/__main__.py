"""Runs the benches, each in a process and on a throw-away database of its own: `python -m tests.benchmarks` (`make bench`).

ONLY=name[,name] runs some, QUICK=1 takes small sizes (to see that they run; ratios of small sizes say little). The table is
printed, the figures go to bench.json. The exit code is 0 unless a bench itself fails: a demand that is not met is a figure.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from tests.faults.servers import Database

ROOT = Path(__file__).resolve().parents[2]
# In the order in which they run: what moves most data first.
BENCHES = (
    "upsert",
    "reconcile",
    "compare",
    "decode",
    "gateway",
    "pages",
    "bulk",
    "loading",
    "year_end",
    "senders",
    "latency",
)
ON_EMBEDDED = ("decode", "latency", "reconcile")  # need no server
OURS = {"DATABASE_URL", "REDIS_URL", "DEMO", "DATA_DIR"}


def server(environment: Mapping[str, str]) -> str:
    return environment.get("TEST_DATABASE_URL") or environment.get("DATABASE_URL", "")


class Dropped(AbstractContextManager[str]):
    """A database of the bench's own; gives its address."""

    def __init__(self, url: str, name: str) -> None:
        self.made = Database(url, f"bench_{os.getpid()}_{name}")

    def __enter__(self) -> str:
        return self.made.url

    def __exit__(self, *_: object) -> None:
        self.made.drop()


def run(name: str, url: str, environment: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """The figures of one bench, None when it failed."""
    with (
        tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder,
        Dropped(url, name) if url else nullcontext("") as own,
    ):
        result = Path(folder) / "figures.json"
        child = {key: value for key, value in environment.items() if key not in OURS} | {
            "DATABASE_URL": own or "",
            "DATA_DIR": folder,
            "PRODUCTION": "0",
            "THROTTLE": "0",
            "SECRET_KEY": "for this bench alone, and longer than a key must be",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "BENCH_RESULT": str(result),
            "BENCH_SERVER": server(environment),
        }
        ended = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.one", name],
            cwd=ROOT,
            env=child,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return json.loads(result.read_text()) if ended.returncode == 0 else None


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3f}" if abs(value) < 10 else f"{value:,.0f}"


def table(figures: list[dict[str, Any]]) -> str:
    heads = ("bench", "value", "unit", "floor", "ratio", "demand", "holds")
    rows = [heads] + [
        (
            row["name"],
            number(row["value"]),
            row["unit"],
            number(row["floor"]),
            "" if row["ratio"] is None else f"{row['ratio']:.2f}",
            row["demand"],
            {True: "yes", False: "NO", None: ""}[row["holds"]],
        )
        for row in figures
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main(environment: Mapping[str, str] = os.environ) -> int:
    wanted = [name for name in environment.get("ONLY", "").split(",") if name] or list(BENCHES)
    if unknown := set(wanted) - set(BENCHES):
        print(f"No such bench: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHES)}.")
        return 2
    url, figures, notes, failed = server(environment), [], [], 0
    for name in wanted:
        if not url and name not in ON_EMBEDDED:
            notes.append(f"{name}: not run, neither TEST_DATABASE_URL nor DATABASE_URL names a PostgreSQL server")
            continue
        print(f"{name} …", flush=True)
        found = run(name, "" if name in ON_EMBEDDED else url, environment)
        if found is None:
            notes.append(f"{name}: FAILED")
            failed += 1
        else:
            figures += found
    Path(environment.get("BENCH_FILE", "bench.json")).write_text(
        json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    )
    print("\n".join(["", table(figures), *notes]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the database is dropped all the same
    sys.exit(main())
