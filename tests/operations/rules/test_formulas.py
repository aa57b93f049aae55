"""What a spreadsheet would calculate is made harmless, and nothing else is touched."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.rules.formulas import IS_FINE, LOOKS_DANGEROUS, harmless

DANGEROUS = [
    "=1+1",
    "=",
    "+1",
    "+",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "-1+1",
    "-a",
    "--1",
    "- 1",
    "-1,",
    "-1\n",
    "-.5",
    "-=1",
    " =1",
    "\u00a0+1",
    "\u200b@SUM(A1)",
    "\ufeff=1",
    " - 1",
    "\uff1d1+1",
    " \uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
]
FINE = [
    "",
    "-",
    "-1",
    "-12.50",
    "-1,5",
    "1",
    "'=1",
    " 1",
    " -1",
    " Ann",
    "Ann-Marie",
    "a=b",
    "0001-2345-6",
    "2027-01-29",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", FINE)
def test_numbers_and_plain_texts_stay(text):
    assert harmless(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n'.,019 aé\u00a0\u200b\ufeff\uff1d\uff0b\uff0d\uff20"), max_size=6))
def test_whole_columns_follow_the_same_rule(text):
    column = pl.Series([text])
    dangerous = column.str.contains(LOOKS_DANGEROUS) & ~column.str.contains(IS_FINE)
    assert dangerous.item() == (harmless(text) != text)
