"""Notes as they are stored with a run, and as sentences in the reader's language."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reconciliation.rules.notes import Note, Stored, phrase, stored, words

__all__ = ["Stored", "note_of", "reason", "sentence", "sentences", "stored"]


def note_of(document: Mapping[str, Any]) -> Note:
    values = {name: note_of(value) if isinstance(value, dict) else value for name, value in document["values"].items()}
    return Note(document["code"], values)


def sentence(document: Mapping[str, Any]) -> str:
    return _quotes(words(note_of(document), _))


def _quotes(text: str) -> str:
    """Names of columns are stored in English quotes; French has its own."""
    french = (get_language() or "").startswith("fr")
    return re.sub("“([^“”]*)”", "«\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}»", text) if french else text


def reason(text: str, reasons: Mapping[str, list[Stored]]) -> str:
    """Why a row of unusable.csv stands apart. `reasons` has the notes by the English words that the file has."""
    return _quotes("; ".join(phrase(note_of(one), _) for one in reasons[text])) if text in reasons else text


def sentences(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    return [sentence(one) for one in documents]
