"""Runs the tests in parts and counts them: `python -m tests.parts [part …]` (`make test`).

A part that cannot run here is named with the reason. Where CI or PARTS_REQUIRED is set, such a part and a skipped test
are failures. The last line is always `N passed, N failed, N skipped`; the exit code is 1 when anything failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
SERVERS = {"DATABASE_URL", "REDIS_URL", "DEMO"}  # a part says for itself on what it runs
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Part:
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""  # why it cannot run here


@dataclass(frozen=True)
class Result:
    part: Part
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    minutes: float = 0.0
    note: str = ""
    times: Sequence[tuple[float, str]] = ()  # seconds of each test and its name


# What goes by the day and stands on no fixed one; with the demo, which is made by the day (tests/moments.py).
BY_THE_DAY = (
    "tests/operations/test_idempotency.py", "tests/operations/test_jobs.py", "tests/operations/test_keeping.py",
    "tests/operations/test_throttle.py", "tests/operations/test_unusual.py", "tests/pasi_connect/soap/test_certificates.py",
    "tests/pasi_connect/services/test_states.py", "tests/reconciliation/services/test_keeping.py", "tests/sis/services/test_enrolments.py",
)  # fmt: skip

# What holds of every kind of record, with one more that is registered from the tests alone (tests/lockers).
MADE_UP = ("--ds=tests.lockers.settings", "tests/pasi_connect/entities", "tests/test_factories.py")

# They touch no database: once is enough.
WITHOUT_DATABASE = (
    "tests/config", "tests/contract/test_catalogue.py", "tests/contract/test_guides.py", "tests/contract/test_integrator_rules.py",
    "tests/contract/test_security_page.py", "tests/contract/test_templates.py", "tests/contract/test_words.py", "tests/mutants",
    "tests/operations/rules", "tests/operations/test_alarms.py", "tests/operations/test_passwords.py", "tests/operations/test_ui.py",
    "tests/pasi_connect/entities/test_mapping.py", "tests/pasi_connect/entities/test_registry.py", "tests/pasi_connect/rules",
    "tests/pasi_connect/soap/test_certificates.py", "tests/pasi_connect/soap/test_golden.py",
    "tests/pasi_connect/soap/test_limits.py", "tests/pasi_connect/soap/test_transport.py", "tests/reconciliation/engine",
    "tests/reconciliation/rules", "tests/reconciliation/test_command.py", "tests/registrar/rules", "tests/simulator",
    "tests/sis/pages/test_lanes.py", "tests/sis/rules", "tests/test_fuzz.py", "tests/test_parts.py", "tests/test_rooms.py",
)  # fmt: skip

# They look at what stands around an answer. What they ask of the database, test_access.py asks too: every address, every actor.
AROUND_ANSWERS = (
    "tests/contract/test_api_page.py", "tests/contract/test_headers.py", "tests/contract/test_kept_nowhere.py",
    "tests/contract/test_links.py", "tests/contract/test_openapi.py",
)  # fmt: skip

# They hold answers to a second or two of the wall's clock: beside another test that would say more of the machine than of us.
BY_THE_CLOCK = (
    "tests/config/test_supervisor.py", "tests/config/test_web_server.py", "tests/faults/test_load.py",
    "tests/faults/test_many.py", "tests/faults/test_without_broker.py",
)  # fmt: skip
JOURNEYS = "tests/journeys"  # every test there is one (its conftest.py), and none elsewhere
# These files take longest: the two processes begin with them, so that none has to wait for the other at the end.
LONG = (
    "tests/faults/test_crash_points.py", "tests/faults/test_staff_machine.py", "tests/faults/test_machine.py",
    "tests/journeys/test_every_page.py", "tests/journeys/test_bulk.py", "tests/journeys/test_guided_leaving.py",
)  # fmt: skip


def long_first(files: Iterable[Path]) -> list[str]:
    names = sorted(str(path.relative_to(ROOT)) for path in files)
    return sorted(names, key=lambda name: LONG.index(name) if name in LONG else len(LONG))


def with_processes() -> list[str]:
    """The files that say the marker: to import all others costs as long as many of these tests take."""
    files = (path for path in (ROOT / "tests").rglob("test_*.py") if "slow_process" in path.read_text())
    return long_first(path for path in files if path.name != "test_parts.py")


def parts(environment: Mapping[str, str]) -> list[Part]:
    """All parts, for what this machine has."""
    database, redis = environment.get("TEST_DATABASE_URL", ""), environment.get("TEST_REDIS_URL", "")
    browser = environment.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
    unset = [name for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL") if not environment.get(name)]
    ordinary = "not journey and not slow_process"
    # Each process begins with a half of its own and takes from the other's at the end: what a module shares is made once.
    two = ["-n", "2", "--dist", "worksteal"]
    # Two stages side by side, each on ports, folders and databases of its own: such a test mostly waits.
    files_of_two = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    processes = with_processes()
    return [
        Part("sqlite", ["-m", f"{ordinary} and not postgresql", *two, f"--ignore={JOURNEYS}"]),
        Part(
            "postgresql",
            ["-m", ordinary, *two, *(f"--ignore={path}" for path in (JOURNEYS, *WITHOUT_DATABASE, *AROUND_ANSWERS))],
            {"DATABASE_URL": database, "REDIS_URL": redis},
            f"{' and '.join(unset)} not set" if unset else "",
        ),
        Part("made_up", [*MADE_UP, "-m", ordinary, *two]),
        Part("days", ["-m", f"{ordinary} and not postgresql", *two, *BY_THE_DAY], {"TEST_EVERY_MOMENT": "1"}),
        Part("processes", ["-m", "slow_process", *files_of_two, *(f for f in processes if f not in BY_THE_CLOCK)]),
        Part("promises", ["-m", "slow_process", *BY_THE_CLOCK]),
        Part(
            "journeys",
            ["-m", "journey", *files_of_two, *long_first((ROOT / JOURNEYS).glob("test_*.py"))],
            {"CHROMIUM": browser},
            "" if browser else "no Chromium found (CHROMIUM, or chromium on PATH)",
        ),
    ]


def run(part: Part, data_folder: Path) -> Result:
    """Run one part in a process of its own, on a data folder of its own, so that a running demo is not touched."""
    report = data_folder / f"{part.name}.xml"
    ours = {"DATA_DIR": str(data_folder / part.name), "PRODUCTION": "0", **part.environment}
    environment = {name: value for name, value in os.environ.items() if name not in SERVERS} | ours
    start = time.monotonic()
    code = subprocess.run(
        [sys.executable, "-m", "pytest", *part.arguments, f"--junitxml={report}", "-q"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode
    return count(part, report, code, minutes=(time.monotonic() - start) / 60)


def count(part: Part, report: Path, code: int, *, minutes: float) -> Result:
    """Figures from pytest's report. A run that ended badly otherwise is one failure more."""
    passed = failed = skipped = 0
    times: list[tuple[float, str]] = []
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            failed += bad
            skipped += int(suite.get("skipped", 0))
            times += [(float(case.get("time", 0)), _name(case)) for case in suite.iter("testcase")]
            passed += max(0, int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0)))
    note = ""
    if code == 5:
        note = "no test was found"
    elif code not in {0, 1} or (code == 1 and not failed):
        note = f"pytest ended with code {code}"
    return Result(part, passed, failed + bool(note), skipped, minutes, note, times)


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}::{case.get('name', '')}"


def slowest(results: Sequence[Result], most: int = 10) -> str:
    """The tests that took longest, with what their fixtures took; one a line."""
    rows = sorted(((*one, result.part.name) for result in results for one in result.times), reverse=True)[:most]
    return "\n".join(f"{seconds:>7.1f} s  {name} ({part})" for seconds, name, part in rows)


def table(results: Sequence[Result]) -> str:
    lines = [f"{'part':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'minutes':>9}"]
    for result in results:
        figures = f"{result.passed:>8}{result.failed:>8}{result.skipped:>9}{result.minutes:>9.1f}"
        lines.append(f"{result.part.name:<12}{figures}{f'  {result.note}' if result.note else ''}")
    return "\n".join(lines)


def main(wanted: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    chosen = parts(environment)
    if unknown := set(wanted) - {part.name for part in chosen}:
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(part.name for part in chosen)}.")
        return 2
    return report_on([part for part in chosen if not wanted or part.name in wanted], required=is_required(environment))


def is_required(environment: Mapping[str, str]) -> bool:
    return any(environment.get(name, "").lower() not in {"", "0", "false"} for name in ("CI", "PARTS_REQUIRED"))


def report_on(chosen: Sequence[Part], *, required: bool) -> int:
    results = []
    with tempfile.TemporaryDirectory(prefix="pasi-connect-tests-") as folder:
        for part in chosen:
            if part.missing:
                results.append(Result(part, failed=int(required), note=f"not run: {part.missing}"))
                continue
            print(f"\n== {part.name} ==", flush=True)
            results.append(run(part, Path(folder)))
    passed, failed, skipped = (sum(getattr(r, name) for r in results) for name in ("passed", "failed", "skipped"))
    print(f"\nThe slowest tests:\n{slowest(results)}\n\n{table(results)}")
    if required and skipped:
        print("Nothing may be skipped here; the lines above say what was.")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or (required and skipped) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
