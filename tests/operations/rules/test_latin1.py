import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from operations.rules import latin1

latin = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="".join(map(chr, range(0x7F, 0xA1)))),
    min_size=1,
)


@given(latin)
def test_latin_letters_fit_as_they_stand(text):
    assert latin1.fits(text)
    assert latin1.outside(text) == ""
    assert latin1.proposal(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text",
    [
        " Ana",
        "Ana ",
        "Ana  Moreau",
        "Ana\tMoreau",
        "Ana\nMoreau",
        "\x7f",
        "caf\x85",
        "Łucja",
        "日本",
        "e\u0301",
        "Ana\u2009M",
    ],
)
def test_what_pasi_cannot_store(text):
    assert not latin1.fits(text)


@pytest.mark.parametrize("text", ["Zoë", "Nuñez-Brûlé", "O'Brien", "Ana Moreau", "ÿ", ""])
def test_what_pasi_can_store(text):
    assert latin1.fits(text)


@given(st.text())
def test_a_proposal_fits_or_is_empty(text):
    assert latin1.fits(latin1.proposal(text))


@given(st.text())
def test_a_proposal_is_its_own_proposal(text):
    proposal = latin1.proposal(text)
    assert latin1.proposal(proposal) == proposal


@given(st.text())
def test_outside_names_each_letter_once_in_order(text):
    found = latin1.outside(text)
    assert len(set(found)) == len(found)
    assert set(found) == {letter for letter in text if not re.match(r"[\x00-\xff]", letter)}
    assert [text.index(letter) for letter in found] == sorted(text.index(letter) for letter in found)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Łucja Wiśniewska", "Lucja Wisniewska"),
        ("Ānika Bērziņa", "Anika Berzina"),
        ("Đorđe Šarić", "Dorde Saric"),
        ("Siniša Kőszegi", "Sinisa Koszegi"),
        ("O’Brien", "O'Brien"),
        ("Zoë Brûlé", "Zoë Brûlé"),
        ("Zoe\u0308", "Zoë"),
        ("日本", ""),
        ("  Ana   Moreau ", "Ana Moreau"),
    ],
)
def test_how_a_name_is_proposed(name, written):
    assert latin1.proposal(name) == written


def can_be_in_xml(text):
    try:
        etree.Element("a").text = text
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("place", ["{0}b", "a{0}b", "a{0}"])
def test_whatever_fits_can_stand_in_a_message(place):
    """Every character of the first plane, against the library that writes the messages."""
    texts = [place.format(chr(code)) for code in range(0x10000)]
    assert [text for text in texts if latin1.fits(text) and not can_be_in_xml(text)] == []
    assert [text for text in texts if latin1.enterable(text) and not can_be_in_xml(text)] == []


def test_control_characters_are_refused_at_entry_and_foreign_letters_are_not():
    refused = {code for code in range(0x10000) if not latin1.enterable(f"a{chr(code)}b")}
    assert refused == {*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF}
    assert latin1.enterable("Łucja  日本 ")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Lucja Wisniewska", "Łucja Wiśniewska"),
        ("lucja wisniewska", "Łucja Wiśniewska"),
        ("Dorde Saric", "Đorđe Šarić"),
        ("Jurgen Muller", "Jürgen Müller"),
        ("Juergen Mueller", "Jürgen Müller"),
        ("Soren Aero", "Søren Ærø"),
        ("Soeren Aeroe", "Søren Ærø"),
        ("Renee O'Neil-Roy", "Renée O’Neil-Roy"),
        ("Rhea Molnar", "Rhea Molnar"),
    ],
)
def test_the_name_in_other_letters_is_the_name(text, name):
    assert latin1.spells(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Marisol Eklund", "Łucja Wiśniewska"),
        ("Lucja", "Łucja Wiśniewska"),
        ("L. Wisniewska", "Łucja Wiśniewska"),
        ("Lucja Wisniewska Eklund", "Łucja Wiśniewska"),
        ("", "Łucja Wiśniewska"),
        ("Olena", "Олена"),
        ("Eklund", "Олена Eklund"),
        ("…", "Łucja"),
        ("Lucja Wisniewska 2", "Łucja Wiśniewska"),
    ],
)
def test_another_name_is_not(text, name):
    assert not latin1.spells(text, name)
