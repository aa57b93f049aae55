import pytest
from hypothesis import given
from hypothesis import strategies as st

from sis.rules import asn


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_shown_and_typed_are_the_same_number(digits):
    assert asn.normalize(asn.with_hyphens(digits)) == digits
    assert asn.normalize(f"  {digits[:3]} {digits[3:]} ") == digits
    assert len(asn.with_hyphens(digits)) == 11


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "12345678a", "1234–5678–9", "١٢٣٤٥٦٧٨٩", "²23456789"])
def test_what_is_no_asn_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="1234-5678-9"):
        asn.normalize(text)


def test_a_number_of_another_length_is_shown_as_it_is():
    assert asn.with_hyphens("12") == "12"
