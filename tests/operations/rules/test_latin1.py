import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
