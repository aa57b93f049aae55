"""The French guides say what the English ones say, and what the documents link to exists."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ENGLISH, FRENCH = DOCS / "user", DOCS / "fr"
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))


def text(path: Path) -> str:
    """The document without its blocks and spans of code."""
    found = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", found)


def pictures(path: Path) -> list[str]:
    return [Path(found).name for found in PICTURE.findall(text(path))]


def shape(path: Path) -> dict[str, object]:
    """Levels of the headings, pictures and rows of tables, in their order or number."""
    words = text(path)
    return {
        "headings": [len(marks) for marks, _ in HEADING.findall(words)],
        "pictures": pictures(path),
        "rows": sum(line.startswith("|") for line in words.splitlines()),
    }


def anchors(path: Path) -> set[str]:
    """Names by which a link may point to a heading."""
    titles = [title.lower() for _, title in HEADING.findall(path.read_text(encoding="utf-8"))]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def test_every_guide_has_its_french_counterpart():
    assert names(FRENCH) == names(ENGLISH) != []


@pytest.mark.parametrize("name", names(ENGLISH))
def test_a_french_guide_has_the_shape_of_the_english_one(name):
    assert shape(FRENCH / name) == shape(ENGLISH / name)


@pytest.mark.parametrize("name", names(DOCS))
def test_what_a_document_links_to_exists(name):
    page = DOCS / name
    missing = []
    for link in LINK.findall(text(page)):
        address = urlsplit(link)
        if address.scheme or address.netloc:
            continue
        target = page.parent / unquote(address.path) if address.path else page
        if not target.exists() or (
            address.fragment and target.suffix == ".md" and unquote(address.fragment) not in anchors(target)
        ):
            missing.append(link)
    assert missing == []
