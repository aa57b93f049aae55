"""A template can be read in a diff: djlint lays it out (`make check`), and no line is longer than 120 columns."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
COLUMNS = 120
CLINGS = re.compile(r"\s*(?:[,.;:)]|\{% colon %\})")


def test_no_line_of_a_template_is_longer_than_120_columns() -> None:
    """djlint does not break a long text, condition or address; that is done by hand."""
    long = [
        f"{path.relative_to(TEMPLATES)}:{number} has {len(line)}"
        for path in sorted(TEMPLATES.rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > COLUMNS
    ]
    assert not long


def test_no_template_tag_has_a_line_break() -> None:
    """Django shows such a tag as text."""
    opened = [
        f"{path.relative_to(TEMPLATES)}:{number}"
        for path in sorted(TEMPLATES.rglob("*.*"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if any(line.count(start) != line.count(end) for start, end in (("{%", "%}"), ("{#", "#}")))
    ]
    assert not opened


def test_no_line_of_a_page_begins_with_what_clings_to_the_word_before() -> None:
    """A line break is a space on the page: "main school : created"."""
    apart = [
        f"{path.relative_to(TEMPLATES)}:{number}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if CLINGS.match(line)
    ]
    assert not apart
