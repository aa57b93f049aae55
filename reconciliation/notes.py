"""Notes as they are stored with a run, and as sentences in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from reconciliation.rules.notes import Note, words

Stored = dict[str, Any]


def stored(notes: Iterable[Note]) -> list[Stored]:
    return [{"code": note.code, "values": dict(note.values)} for note in notes]


def note_of(given: Mapping[str, Any]) -> Note:
    return Note(given["code"], given["values"])


def sentence(given: Mapping[str, Any]) -> str:
    return words(note_of(given), _)


def sentences(given: Iterable[Mapping[str, Any]]) -> list[str]:
    return [sentence(one) for one in given]
