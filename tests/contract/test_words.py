"""One word for one meaning, in pages, guides and the API's description: a value or a record changes; only PASI's record of a
student moves, to another student, school or year."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    "operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation", "templates",
    "docs/user", "docs/operator", "docs/developer",
)  # fmt: skip
TEXTS = sorted(
    path
    for place in PLACES
    for path in (ROOT / place).rglob("*")
    if path.suffix in (".py", ".html", ".md") and "migrations" not in path.parts
)
NOT_SAID = {
    "moved, for changed": re.compile(
        r"\b(only (PASI|we)|[Bb]oth( sides)?|[Ww]ho|[Nn]othing|[Ss]omething|which one|the (record|list)) (ha(s|ve) )?moved\b"
    ),
    "what sounds translated": re.compile(
        r"do not belong together|[Yy]our role looks|[Nn]obody sits|the mark away|(\)s|}}|\d) shown of\b|waits any more"
        r"|it was so already|stands on every closed|[Ii]t goes (out )?by itself (then|when)|closes? by itself|wrong tries"
        r"|gives the rights|repaired is repaired|PASI refuses us since|need no switch"
        r"|cannot be had|lets any (host|name)|tells no news|is told (so|as)\b|what is meant\b|looked at in `|stands? in the open"
        r"|no plain success|[Gg]o on with a job|takes? an action back|Save the day"
    ),
    "what a careless -ize has made": re.compile(
        r"optimizt|\b(prom|adv|superv|exerc|rev|comprom|otherw|prec|enterpr|compr|surpr|expert|likew)iz(e|ed|es|ing)\b",
        re.I,
    ),
    "British -ise, or American": re.compile(
        r"\b(normal|synchron|organ|author|recogn|serial|initial|summar|minim|maxim|categor|emphas|prior|optim)"
        r"is(e|ed|es|ing|ation|ations)\b"
        r"|\b(enrolls?|canceled|canceling|behaviors?|fulfills?|programmes?)\b",
        re.I,
    ),
}


@pytest.mark.parametrize("words", NOT_SAID)
def test_no_text_says(words: str) -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in TEXTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := NOT_SAID[words].search(line))
    ]
    assert len(TEXTS) > 300
    assert not said, "\n".join(said)


TRANSLATED = re.compile(
    r"{%\s*blocktranslate.*?endblocktranslate\s*%}|{%\s*comment.*?endcomment\s*%}|{#.*?#}", re.DOTALL
)
PLAIN_COLON = re.compile(r"(?:}}|%}|</\w+>):(?=[\s{<])|>: ")


def test_a_colon_between_two_things_is_the_languages_own() -> None:
    """French has a no-break blank before it: `{% colon %}` in templates, `wording.pair` in Python."""
    plain = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in TEXTS
        if path.suffix == ".html"
        for found in PLAIN_COLON.finditer(TRANSLATED.sub("", path.read_text()))
    ]
    pairs = re.compile(r'f"[^"\n]*{[^}]*}: {')
    shown = [path for path in TEXTS if {"views", "api", "templatetags"} & {*path.parts} and path.suffix == ".py"]
    plain += [f"{path.relative_to(ROOT)}: {found[0]}" for path in shown for found in pairs.finditer(path.read_text())]
    assert len(shown) > 50
    assert not plain, "\n".join(plain)
