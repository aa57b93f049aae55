"""The runner counts what pytest really reports, and lets no missing part pass for a good one."""

import re
from pathlib import Path

import pytest

from tests.parts import (
    AROUND_ANSWERS,
    BY_THE_CLOCK,
    BY_THE_DAY,
    JOURNEYS,
    LONG,
    ROOT,
    WITHOUT_DATABASE,
    Part,
    Result,
    main,
    parts,
    report_on,
    slowest,
    with_processes,
)

MIXED = """
import pytest
def test_good(): assert 1 + 1 == 2
def test_good_too(): assert "a" in "abc"
def test_bad(): assert 1 + 1 == 3
def test_out(): pytest.skip("not here")
@pytest.fixture
def broken(): raise RuntimeError
def test_error(broken): pass
"""
GOOD = "def test_good(): assert 1 + 1 == 2\n"


def part(folder: Path, text: str, name: str = "tiny") -> Part:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / f"test_{name}.py").write_text(text)
    arguments = ["-c", str(folder / "pytest.ini"), "-p", "no:django", "-p", "no:cacheprovider"]
    return Part(name, [*arguments, str(folder / f"test_{name}.py")])


def last_line(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().out.splitlines()[-1]


def test_counts_of_a_mixed_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert report_on([part(tmp_path, MIXED)], required=False) == 1
    output = capfd.readouterr().out
    assert output.splitlines()[-1] == "2 passed, 2 failed, 1 skipped"
    assert re.search(r"^tiny +2 +2 +1 +\d+\.\d$", output, re.MULTILINE)


def test_the_ten_slowest_are_named_with_their_part() -> None:
    one = Result(Part("one", []), times=[(n / 10, f"tests/a::test_{n}") for n in range(12)])
    other = Result(Part("other", []), times=[(9.0, "tests/b::test_long")])
    lines = slowest([one, other]).splitlines()
    assert lines[0] == "    9.0 s  tests/b::test_long (other)"
    assert lines[1] == "    1.1 s  tests/a::test_11 (one)"
    assert len(lines) == 10


def test_a_run_names_its_slowest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report_on([part(tmp_path, GOOD)], required=False)
    assert re.search(r"The slowest tests:\n +[0-9.]+ s  \S*test_tiny::test_good \(tiny\)", capfd.readouterr().out)


def test_good_run_beside_a_part_that_cannot_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chosen = [part(tmp_path, GOOD), Part("elsewhere", [], missing="no such server")]
    assert report_on(chosen, required=False) == 0
    output = capfd.readouterr().out
    assert "not run: no such server" in output
    assert output.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"


def test_required_part_that_cannot_run_is_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    assert report_on([Part("elsewhere", [], missing="no such server")], required=True) == 1
    assert last_line(capfd) == "0 passed, 1 failed, 0 skipped"


def test_skipping_is_a_failure_where_all_is_required(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    skipping = part(tmp_path, GOOD + "import pytest\ndef test_out(): pytest.skip('not here')\n")
    assert report_on([skipping], required=True) == 1
    assert last_line(capfd) == "1 passed, 0 failed, 1 skipped"
    assert report_on([skipping], required=False) == 0


@pytest.mark.parametrize("text", ["", "import no_such_module\n"], ids=["no test", "not importable"])
def test_run_without_a_result_is_a_failure(tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert report_on([part(tmp_path, text)], required=False) == 1
    assert re.fullmatch(r"0 passed, [12] failed, 0 skipped", last_line(capfd))


def test_the_files_that_parts_name_are_there() -> None:
    assert [
        name
        for name in (*AROUND_ANSWERS, *BY_THE_CLOCK, *BY_THE_DAY, *LONG, *WITHOUT_DATABASE)
        if not (ROOT / name).exists()
    ] == []


def test_each_test_with_processes_is_in_one_part() -> None:
    named = {part.name: [word for word in part.arguments if word.startswith("tests/")] for part in parts({})}
    assert sorted(named["processes"] + named["promises"]) == sorted(with_processes())
    assert sorted(named["journeys"]) == sorted(str(p.relative_to(ROOT)) for p in (ROOT / JOURNEYS).rglob("test_*.py"))
    assert {"tests/faults/test_wire.py", "tests/config/test_lines.py"} < set(named["processes"])


def test_journeys_are_in_their_folder_alone() -> None:
    """The other parts do not look there."""
    marked = [path for path in (ROOT / "tests").rglob("*.py") if "mark.journey" in path.read_text()]
    assert {path.relative_to(ROOT / JOURNEYS).name for path in marked if path.name != "test_parts.py"} == {
        "conftest.py"
    }


def test_servers_decide_the_postgresql_part() -> None:
    def postgresql(**environment: str) -> Part:
        return next(part for part in parts(environment) if part.name == "postgresql")

    assert postgresql().missing == "TEST_DATABASE_URL and TEST_REDIS_URL not set"
    assert postgresql(TEST_DATABASE_URL="postgres://x/y").missing == "TEST_REDIS_URL not set"
    both = postgresql(TEST_DATABASE_URL="postgres://x/y", TEST_REDIS_URL="redis://z")
    assert both.missing == ""
    assert both.environment == {"DATABASE_URL": "postgres://x/y", "REDIS_URL": "redis://z"}


def test_unknown_part_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sqlight"]) == 2
    assert "No such part: sqlight" in capfd.readouterr().out
