"""What the guides quote is what the product shows: labels, and above all the states, come from the code, in both languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.services import words

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {"en": ROOT / "docs" / "user", "fr": ROOT / "docs" / "fr"}
CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
CODE = re.compile(r"^```.*?^```|`[^`\n]*`|\*\*[^*]+\*\*", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"\*([^*]+)\*")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")
STATES = {"en": "State", "fr": "État"}
KINDS = {"en": "Kind", "fr": "Type"}
# Values, names of PASIprep's columns and people of the demonstration, which no catalogue has; "prévue" is an emphasis.
NOT_LABELS = {
    "Lucja Wisniewska",
    "Łucja Wiśniewska",
    "Rhea Molnar, by Bus planner",
    "Retrait – fiches changées : 3, envoyées : 1",
    "Deleted?",
    "Last Updated",
    "TRUE",
    "Yes",
    "XLSX",
    "prévue",
}


def plain(text: str) -> str:
    """One blank between words, also for the no-break ones of French; without case and without the end of a button."""
    return re.sub(r"\s+", " ", text).strip().rstrip("….:").strip().casefold()


def first_column(guide: Path, header: str) -> list[str]:
    """First cells of the table whose header begins with `header`."""
    lines = guide.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {header} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(line.split("|")[1].strip())
    return rows


def catalogue_texts(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """All texts of the product in a language, and patterns of those with placeholders."""
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]
    texts: set[str] = set()
    for message in messages:
        values = message.id if language == "en" else message.string
        texts |= {values} if isinstance(values, str) else {*values}
    patterns = [
        re.compile(".+".join(re.escape(plain(part)) for part in PLACEHOLDER.split(text.replace("%%", "%"))))
        for text in texts
        if PLACEHOLDER.search(text)
    ]
    return {plain(text) for text in texts}, patterns


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_lists_the_states_of_a_record_by_their_labels(language):
    with translation.override(language):
        labels = {str(entry["label"]) for entry in words.RECORD.values()}
        assert {str(status.label) for status in Status} <= labels
        assert sorted(first_column(GUIDES[language] / "registrar.md", STATES[language])) == sorted(labels)


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_lists_the_kinds_of_changes_by_their_labels(language):
    with translation.override(language):
        labels = [plain(str(kind.label)) for kind in Kind]
        assert [plain(cell) for cell in first_column(GUIDES[language] / "registrar.md", KINDS[language])] == labels


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_one_label_on_every_page(kind):
    assert words.KIND[kind]["label"] == kind.label


@pytest.mark.parametrize("language", GUIDES)
def test_what_a_guide_quotes_is_a_text_of_the_product(language):
    texts, patterns = catalogue_texts(language)
    unknown = []
    for guide in sorted(GUIDES[language].rglob("*.md")):
        for found in QUOTED.findall(CODE.sub("", guide.read_text(encoding="utf-8"))):
            quoted = plain(found)
            if found in NOT_LABELS or quoted in texts:
                continue
            # A permission is quoted by the words before its colon, a heading or button by those before a number.
            if any(text.startswith((f"{quoted} ", f"{quoted}:")) for text in texts):
                continue
            if not any(pattern.fullmatch(quoted) for pattern in patterns):
                unknown.append(f"{guide.relative_to(ROOT)}: {found}")
    assert not unknown
