"""Sentences that were stored in the language of whoever caused them, in the language of whoever reads them.

A job writes down what its services say, and those say it in words, with values filled in and several sentences joined. The
catalogue knows every such sentence, so it is found there by its pattern and put together again. What is not found stays as it is.
"""

import re
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, trans_real

SOURCE = "en"  # the language of the catalogues' keys
CONTEXT = "\x04"
HOLE = re.compile(r"%\((\w+)\)[sd]")
FEWEST_LETTERS = 8  # outside of the holes: what has fewer is no sentence, and would be found in any text
END = re.compile(r"(?<=[.;:!?])\s+|\s+(?=\()")  # of a sentence, or of a part that could be one
VALUE = r"(?:(?![.;:!?]\s).)+?"  # a value goes over no end of a sentence
MOST_PARTS = 8  # that are tried as one sentence
MOST_CHARACTERS = 2000  # what is longer is no message
RULE = re.compile(r"\((\w+) (\S+)\)")  # "(rule 10016)"


def in_own_language(text: str) -> str:
    """The text for the person of this request."""
    if len(text) > MOST_CHARACTERS:
        return text
    reader = (get_language() or SOURCE).partition("-")[0]
    for source in {SOURCE, *(code for code, _name in settings.LANGUAGES)} - {reader}:
        translation = _book(source, reader).translated(text)
        if translation != text:
            return translation
    return text


class Book:
    """Sentences of one language and what they are in another one."""

    def __init__(self, pairs: Iterator[tuple[str, str]]) -> None:
        self.whole: dict[str, str] = {}
        patterns: list[tuple[str, re.Pattern[str], str]] = []
        for text, translation in pairs:
            if not HOLE.search(text):
                self.whole.setdefault(text, translation)
            elif sum(map(str.isalpha, HOLE.sub("", text))) >= FEWEST_LETTERS:
                pieces = HOLE.split(text)
                patterns.append((max(pieces[::2], key=len), _pattern(pieces), translation))
        # The one with most words of its own first: others could fit the same text.
        self.patterns = sorted(patterns, key=lambda one: -len(one[1].pattern))

    def translated(self, text: str) -> str:
        if (translation := self._as_a_whole(text)) is not None:
            return translation
        if match := RULE.fullmatch(text):
            return f"({self.whole.get(match[1], match[1])} {match[2]})"
        ends = [match.span() for match in END.finditer(text)]
        for start, end in reversed(ends[:MOST_PARTS]):
            if (translation := self._as_a_whole(text[:start])) is not None:
                return f"{translation}{text[start:end]}{self.translated(text[end:])}"
        if not ends:
            return text
        start, end = ends[0]
        return f"{self.translated(text[:start])}{text[start:end]}{self.translated(text[end:])}"

    def _as_a_whole(self, text: str) -> str | None:
        for cut in dict.fromkeys((len(text), len(text.rstrip(".;")))):
            part, rest = text[:cut], text[cut:]
            if part in self.whole:
                return self.whole[part] + rest
            for literal, pattern, meant in self.patterns:
                if literal in part and (match := pattern.fullmatch(part)):
                    values = {name: self._value(value) for name, value in match.groupdict().items()}
                    return HOLE.sub(lambda hole: values.get(hole[1], ""), meant).replace("%%", "%") + rest  # noqa: B023
        return None

    def _value(self, text: str) -> str:
        """A word of ours within a sentence is written small; a name, which could be the same word, is not."""
        if text.endswith("."):
            return self.translated(text)
        return ", ".join(self.whole.get(part, part) if part[:1].islower() else part for part in text.split(", "))


def _pattern(pieces: list[str]) -> re.Pattern[str]:
    """From literal, name, literal, name … literal."""
    names: set[str] = set()
    parts = [re.escape(pieces[0].replace("%%", "%"))]
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(f"(?P={name})" if name in names else f"(?P<{name}>{VALUE})")
        parts.append(re.escape(literal.replace("%%", "%")))
        names.add(name)
    return re.compile("".join(parts), re.DOTALL)


@cache
def _book(source: str, target: str) -> Book:
    return Book(_pairs(source, target))


def _pairs(source: str, target: str) -> Iterator[tuple[str, str]]:
    catalogues = {code: dict(trans_real.translation(code)._catalog.items()) for code in (source, target)}  # type: ignore[attr-defined]
    for key in {**catalogues[source], **catalogues[target]}:
        # Of a plural only the singular is the key of both.
        message = key if isinstance(key, str) else key[0] if key[1] == 0 else ""
        text, translation = (_text(catalogues[code], key, message, code) for code in (source, target))
        if text and translation and text != translation:
            yield text, translation


def _text(catalogue: dict[object, str], key: object, message: str, code: str) -> str:
    return message.rpartition(CONTEXT)[2] if code == SOURCE else catalogue.get(key, "")
