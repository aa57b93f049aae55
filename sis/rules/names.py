"""How a search finds names: two spellings that differ in accents, capitals, apostrophes or hyphens are the same name."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
APOSTROPHES = re.compile("['’‘‛ʼʻ`´′＇]")
NOT_A_WORD = re.compile(r"[^\w]+|_")


def fold(text: str) -> str:
    """The words of a name in their plainest spelling: "Émile O’Brien-Roy" gives "emile obrien roy"."""
    plain = APOSTROPHES.sub("", unicodedata.normalize("NFKD", APOSTROPHES.sub("", text))).casefold().translate(LETTERS)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(NOT_A_WORD.sub(" ", bare).split())


def words(text: str) -> list[str]:
    """What a person searches for, word by word; "Last, First" is two words like any other order."""
    return fold(text).split()
