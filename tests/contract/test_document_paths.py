"""The files and folders that the documents name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "operator").glob("*.md"))]
PAGES += [page for page in sorted((ROOT / "docs" / "developer").glob("*.md")) if page.name != "published.md"]
# A path in the tree begins with a folder at its root. Where a page says "relative to", its own folder comes first.
TOP = {path.name for path in ROOT.iterdir() if path.is_dir()}
SPAN = re.compile(r"`([\w-]+/[\w./-]*)(?:::\w+)?`")
RELATIVE = {"reconciliation.md": "reconciliation", "simulator.md": "pasi_simulator"}
OUTPUT = {"tests/journeys/.out/"}  # by a run


def missing(page: Path) -> list[str]:
    paths = [path for path in SPAN.findall(page.read_text()) if path not in OUTPUT]
    inner = ROOT / RELATIVE.get(page.name, ".")
    rooms = {path.name for path in inner.iterdir() if path.is_dir()}
    wrong = []
    for path in paths:
        first = path.split("/")[0]
        if first in rooms and inner != ROOT and (inner / path).exists():
            continue
        if (first in TOP or first in rooms) and not (ROOT / path).exists():
            wrong.append(path)
        if path.endswith(".py") and first in {"services", "rules", "models", "engine", "views"} and first not in rooms:
            wrong.append(f"{path}: of which app?")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_document_names_exist(page):
    assert missing(page) == []
