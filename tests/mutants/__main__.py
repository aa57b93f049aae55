"""Puts one fault after the other into a copy of the tree and runs the tests of its row: `make mutants`, `ROWS=14,16` for some.

A fault that no test notices fails the run, and so does a test that fails without any fault. Journeys are left out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.contract.test_integrator_rules import rows
from tests.mutants.faults import FAULTS, ROOT, Fault, places
from tests.parts import SERVERS

SIDE_BY_SIDE = 2
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".data", "node_modules", "__pycache__", ".*_cache", ".out")


def tests_of(row: int) -> list[str]:
    return [test for test in next(one for one in rows() if one.number == row).tests if "/journeys/" not in test]


def run(tests: Sequence[str], fault: Fault | None = None) -> int:
    """pytest's exit code with that fault in a copy of the tree: 0 all passed, 1 some failed, else it did not run."""
    with tempfile.TemporaryDirectory(prefix="pasi-connect-mutant-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        if fault is not None:
            (place,) = places(fault)
            file = copy / place.relative_to(ROOT)
            file.write_text(file.read_text().replace(fault.search, fault.replace))
        environment = {name: value for name, value in os.environ.items() if name not in SERVERS}
        environment |= {"DATA_DIR": f"{folder}/data", "PRODUCTION": "0", "PYTHONPATH": str(copy)}
        arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *([] if fault is None else ["-x"]), *tests]
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in ({0} if fault is None else {0, 1}):
            print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
        return done.returncode


def main(arguments: Sequence[str]) -> int:
    wanted = {int(row) for part in arguments for row in part.split(",") if row}
    chosen = [fault for fault in FAULTS if not wanted or fault.row in wanted]
    print("Without a fault …", flush=True)
    if run(sorted({test for fault in chosen for test in tests_of(fault.row)})):
        print("Tests fail without any fault.")
        return 1
    unnoticed = 0
    print(f"{'row':>3}  {'fault':<50} {'tests':>5} {'seconds':>8}  outcome", flush=True)

    def of(fault: Fault) -> tuple[int, float]:
        start = time.monotonic()
        return run(tests_of(fault.row), fault), time.monotonic() - start

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for fault, (code, seconds) in zip(chosen, pool.map(of, chosen), strict=True):
            outcome = {0: "NOT NOTICED", 1: "noticed"}.get(code, f"DID NOT RUN ({code})")
            unnoticed += code != 1
            line = f"{fault.row:>3}  {fault.what:<50} {len(tests_of(fault.row)):>5} {seconds:>8.0f}  {outcome}"
            print(line, flush=True)
    print(f"{len(chosen)} faults, {unnoticed} not noticed", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
