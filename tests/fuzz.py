"""Explores with fresh seeds: `python -m tests.fuzz [minutes]` (`make fuzz`). For what fails it prints the example to paste.

The files with property tests are run one after the other in random order, each time with a seed of its own, until the minutes
are over. `make test` runs the same tests with the same examples every day; what is found here is kept there as an `@example`.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.parts import ROOT, SERVERS

MINUTES = 10.0
MARKS = "hypothesis and not journey and not slow_process and not postgresql"
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
# "Failing test case: test_x(" and its arguments, each on lines of their own behind pytest's "E".
CASE = re.compile(r"^E? *Failing (?:test case|explicit example): (\w+)\((.*?)^E? *\)$", re.MULTILINE | re.DOTALL)
MACHINE = re.compile(r"^E? *state = \w+\(\)\n(?:E? *.*\n)*?E? *state\.teardown\(\)$", re.MULTILINE)


def files(folder: Path = ROOT / "tests") -> list[Path]:
    """Those with property tests."""
    return [
        path
        for path in sorted(folder.rglob("test_*.py"))
        if re.search(r"^(from|import) hypothesis", path.read_text(), re.MULTILINE)
    ]


def to_paste(output: str) -> list[str]:
    """What stands for each failure in pytest's output: an `@example(…)` above its test, or a machine's steps."""

    def plain(text: str) -> str:
        return re.sub(r"^E(?: {3}|$)", "", text, flags=re.MULTILINE)

    examples = [f"# above {name}\n@example({plain(arguments)})" for name, arguments in CASE.findall(output)]
    return examples + [f"# as a test of its own\n{plain(steps)}" for steps in MACHINE.findall(output)]


def run(path: Path, seed: int, data_folder: Path) -> str:
    """Runs one file. Gives pytest's output where something failed, else nothing."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {*SERVERS, "CI"}
    }  # where CI is set, each example is told twice
    environment |= {"TEST_EXAMPLES": "fresh", "DATA_DIR": str(data_folder), "PRODUCTION": "0"}
    # Schemathesis' plugin leaves the values out of everybody's examples.
    quiet = [] if "schemathesis" in path.read_text() else ["-p", "no:schemathesis"]
    arguments = ["-q", "--tb=short", "-p", "no:cacheprovider", *quiet, "-m", MARKS, f"--hypothesis-seed={seed}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(path)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode not in {0, 5} else ""  # 5: nothing but machines in it


def main(arguments: Sequence[str]) -> int:
    minutes = float(arguments[0]) if arguments else MINUTES
    end, runs, failed = time.monotonic() + minutes * 60, 0, 0
    waiting: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="pasi-connect-fuzz-") as folder:
        while time.monotonic() < end:
            if not waiting:
                waiting = files()
                random.shuffle(waiting)
            path, seed = waiting.pop(), random.SystemRandom().randrange(2**32)
            output, runs = run(path, seed, Path(folder)), runs + 1
            if not output:
                continue
            failed += 1
            tests = ", ".join(FAILED.findall(output)) or path.relative_to(ROOT)
            print(f"\n== {tests} (seed {seed}) ==", *(to_paste(output) or [output]), sep="\n", flush=True)
    print(f"\n{runs} runs with fresh seeds, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
