"""docs/operator/environment.md names every variable that the settings read, and none that nothing reads; and every check."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = ROOT / "docs" / "operator"
READ = re.compile(r"\benv\.\w+\(\s*\"([A-Z_]+)\"")
NAME = re.compile(r"`([A-Z][A-Z_]+)`")


def first_cells(page: Path) -> str:
    return "\n".join(line.split("|")[1] for line in page.read_text().splitlines() if line.startswith("|"))


def test_the_page_names_every_variable_that_is_read():
    read = {name for path in (ROOT / "config").rglob("*.py") for name in READ.findall(path.read_text())}
    assert len(read) > 50
    assert read - {*NAME.findall(first_cells(OPERATOR / "environment.md"))} == set()


def test_every_variable_on_the_page_is_read_somewhere():
    sources = [path for folder in ("config", "tests") for path in (ROOT / folder).rglob("*.py")]
    code = "\n".join(path.read_text() for path in sources if path != Path(__file__))
    names = {*NAME.findall(first_cells(OPERATOR / "environment.md"))}
    assert {name for name in names if name not in code and name.removesuffix("_FILE") not in code} == set()


def test_the_page_of_production_names_every_start_up_check():
    checks = {*re.findall(r'"(config\.E\d+)"', (ROOT / "config" / "checks.py").read_text())}
    assert {*re.findall(r"`(config\.E\d+)`", first_cells(OPERATOR / "production.md"))} == checks != set()
