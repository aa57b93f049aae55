"""Two quoted PASIprep exports of 1,000,000 rows, from files on disk to result.csv on disk, against one csv.reader pass over both.

Each measurement is a process of its own (`python -m tests.benchmarks.reconcile WORK …`), which tells its seconds and its
peak memory: so nothing of one stands in the memory of another.
"""

import csv
import importlib.util
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measuring import ROUNDS, Figure, at_most, within

HEADERS = ("ASN", " Code", "Credits Attempted", "Description", "Term", "Exit Date", "Value", "Assignment Date")
HEADERS += ("Approved?", "Status", "Funding Requested?", "Entry Date")
KEY, COMPARED = HEADERS[:2], HEADERS[2:]
TERMS = ("Full Year", "Semester 1", "Semester 2", "Summer", "Continuous")
STATES = ("Registered", "Active", "Completed", "Withdrawn")
COURSES = tuple(
    f"{subject}{number}" for subject in "MAT ELA SST SCN PED ART MUS CTR".split() for number in range(1000, 3999, 81)
)


def make(before: Path, after: Path, count: int) -> dict[str, int]:
    """1 % changed, 0.5 % added, 0.5 % removed, shuffled, 0.2 % repeated keys; gives the totals that must come out."""
    dice = random.Random(count)

    def day() -> str:
        return f"{dice.choice((2026, 2027))}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"

    def row(number: int) -> list[str]:
        digits, course = f"{number // 8:09}", COURSES[number % 8 * 37 + number // 8 % 37]
        said = [
            dice.choice("135"),
            f"{course}.{number % 9} - Course of the group {number % 977}",
            dice.choice(TERMS),
            day(),
        ]
        said += [
            str(dice.randint(20, 100)),
            day(),
            dice.choice(("Yes", "No")),
            dice.choice(STATES),
            dice.choice(("Yes", "No")),
        ]
        return [f"{digits[:4]}-{digits[4:8]}-{digits[8]}", course, *said, day()]

    def write(path: Path, rows: list[str]) -> None:
        dice.shuffle(rows)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            file.write(line(list(HEADERS)))
            file.writelines(rows)

    def line(cells: list[str]) -> str:
        return '"' + '","'.join(cells) + '"\r\n'

    few, changed = count // 200, 0
    first, second = [], []
    last: list[str] = []
    for number in range(count):
        cells = row(number)
        if number % 1000 == 1:  # this row and the one before have one key
            cells[:2] = last[:2]
        last = cells
        first.append(line(cells))
        if number < few:
            continue
        if number % 100 == 57:
            changed += 1
            cells = [*cells[:4], "Changed", *cells[5:]]
        second.append(line(cells))
    second += [line(row(count + number)) for number in range(few)]
    write(before, first)
    write(after, second)
    return {
        "Perfectly Matched": count - few - changed,
        "Matched with Data Differences": changed,
        "Missing from PASI": few,
        "Added New to PASI": few,
    }


def floor(before: Path, after: Path, folder: Path) -> None:
    for path in (before, after):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for _ in csv.reader(file):
                pass


def ours(before: Path, after: Path, folder: Path) -> dict[str, int]:
    from reconciliation.engine.outcome import Options
    from reconciliation.engine.running import Run

    return Run(Options("CM"))(before, after, folder).counts


def dict_reader(before: Path, after: Path, folder: Path) -> None:
    """The join that comes to mind first: it normalizes nothing, and of rows of one key it keeps the last."""
    sides = []
    for path in (before, after):
        with path.open(encoding="utf-8-sig", newline="") as file:
            sides.append({tuple(row[name] for name in KEY): row for row in csv.DictReader(file)})
    none = dict.fromkeys(HEADERS, "")
    with (folder / "plain.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for key in sorted(sides[0].keys() | sides[1].keys()):
            one, two = (side.get(key, none) for side in sides)
            differing = "; ".join(name for name in COMPARED if one[name] != two[name])
            writer.writerow([*key, *(side[name] for name in COMPARED for side in (one, two)), differing])


def duckdb_join(before: Path, after: Path, folder: Path) -> None:
    """DuckDB's full join of the two files, which normalizes nothing and multiplies rows of one key."""
    import duckdb

    connection = duckdb.connect()
    for name, path in (("b", before), ("a", after)):
        # Left to itself DuckDB trims headers, and so takes " Description" for "Description".
        connection.execute(
            f"create table {name} as select row_number() over () + 1 as line, * "
            f"from read_csv('{path}', all_varchar=true, header=true, delim=',', quote='\"', names={list(HEADERS)})"
        )
    cells = ", ".join(f'b."{name}" as "{name} (before)", a."{name}" as "{name} (after)"' for name in COMPARED)
    differing = ", ".join(f'case when b."{name}" <> a."{name}" then \'{name}\' end' for name in COMPARED)
    connection.execute(
        f'copy (select b.line as b, a.line as a, coalesce(b."ASN", a."ASN") as key, coalesce(b." Code", a." Code") as code, '
        f'{cells}, concat_ws(\'; \', {differing}) from b full join a on b."ASN" = a."ASN" and b." Code" = a." Code" '
        f"order by key, code) to '{folder / 'duckdb.csv'}' (header, force_quote *)"
    )


WORKS: dict[str, Callable[[Path, Path, Path], object]] = {
    work.__name__: work for work in (floor, ours, dict_reader, duckdb_join)
}


def measured(work: str, folder: Path) -> dict[str, float]:
    """Seconds (of the wall and of the processors) and MB of one run in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.reconcile", work, str(folder)], check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def rounds(works: list[tuple[str, Path]], count: int) -> list[dict[str, float]]:
    """Medians, in the order of `works`; one round runs each of them once, so that a slow minute meets all alike."""
    taken: list[list[dict[str, float]]] = [[] for _ in works]
    for _ in range(count):
        for (work, folder), runs in zip(works, taken, strict=True):
            runs.append(measured(work, folder))
    return [
        {name: statistics.median(run[name] for run in runs) for name in ("seconds", "cpu", "megabytes")}
        for runs in taken
    ]


def run(quick: bool) -> list[Figure]:
    sizes = (2_000, 20_000) if quick else (100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folders, wanted = [], []
        for count in sizes:
            folders.append(Path(name) / str(count))
            folders[-1].mkdir()
            wanted.append(make(folders[-1] / "before.csv", folders[-1] / "after.csv", count))
        small, large = folders
        floor_of, most, least = rounds([("floor", large), ("ours", large), ("ours", small)], ROUNDS)
        found = [json.loads((folder / "summary.json").read_text())["counts"] for folder in folders]
        others = {"dict_reader": "csv.DictReader join", "duckdb_join": "DuckDB full join"}
        if not importlib.util.find_spec("duckdb"):
            del others["duckdb_join"]
        beside = dict(zip(others.values(), rounds([(work, large) for work in others], 1), strict=True))
    title, right = f"reconcile 2 × {sizes[1]:,} rows", found == wanted
    base, cpu = floor_of["seconds"], floor_of["cpu"]
    growth = f"reconcile: {sizes[1]:,} rows"
    return [
        at_most(title, most["seconds"], base, "s", 3, "csv.reader over both"),
        within(f"{title}: memory", most["megabytes"], "MB", 1_500),
        Figure(f"{title}: processor time", most["cpu"], "s", cpu, most["cpu"] / cpu),
        at_most(growth, most["seconds"], least["seconds"], "s", 11, f"{sizes[0]:,} rows"),
        Figure(f"{growth}: processor time", most["cpu"], "s", least["cpu"], most["cpu"] / least["cpu"]),
        Figure("reconcile: totals as the files were made", float(right), "", demand="equal", holds=right),
        *(
            Figure(f"{title}: {label}", one["seconds"], "s", base, one["seconds"] / base)
            for label, one in beside.items()
        ),
        *(Figure(f"{title}: {label}: memory", one["megabytes"], "MB") for label, one in beside.items()),
    ]


def main(work: str, folder: Path) -> None:
    if work == "ours":
        import reconciliation.engine.running  # noqa: F401  loading it is no part of the work
    started, cpu = time.perf_counter(), time.process_time()
    WORKS[work](folder / "before.csv", folder / "after.csv", folder)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
