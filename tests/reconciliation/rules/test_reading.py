import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.rules.forms import BY_CODE
from reconciliation.rules.harmless import PATTERN, harmless
from reconciliation.rules.reading import NATURAL, read, read_key
from reconciliation.rules.types import Kind

CASES = [
    (Kind.ASN, "0000-5120-8", "0000-5120-8", ""),
    (Kind.ASN, "000051208", "0000-5120-8", "asn_hyphens"),
    (Kind.ASN, " 0000-5120-8 ", "0000-5120-8", "asn_hyphens"),
    (Kind.ASN, "0000\u20115120\u20118", "0000-5120-8", "asn_hyphens"),
    (Kind.ASN, "51208", "0000-5120-8", "asn_zeros"),
    (Kind.ASN, "51208.0", "0000-5120-8", "asn_zeros"),
    (Kind.ASN, "123456789.00", "1234-5678-9", "asn_hyphens"),
    (Kind.ASN, "1.23457E+08", None, "scientific"),
    (Kind.ASN, "1,23457E+08", None, "scientific"),
    (Kind.ASN, "5120-8", None, "asn_digits"),
    (Kind.ASN, "1234567890", None, "asn_digits"),
    (Kind.ASN, "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669", None, "asn_digits"),
    (Kind.CODE, "MAT3791", "MAT3791", ""),
    (Kind.CODE, "mat 3791", "MAT3791", "code"),
    (Kind.CODE, "LDC1234-A", "LDC1234-A", ""),
    (Kind.COURSES, "SCN2231, MAT3791", "MAT3791, SCN2231", ""),
    (Kind.COURSES, "MAT3791;SCN2231;MAT3791", "MAT3791, SCN2231", ""),
    (Kind.COURSES, "mat3791 / scn2231", "MAT3791, SCN2231", "code"),
    (Kind.COURSES, ",;", None, "key_blank"),
    (Kind.SCHOOL_YEAR, "2026/2027", "2026-2027", ""),
    (Kind.SCHOOL_YEAR, "2026-2027", "2026-2027", ""),
    (Kind.SCHOOL_YEAR, "26/27", "2026-2027", "year"),
    (Kind.SCHOOL_YEAR, "26_27", "2026-2027", "year"),
    (Kind.SCHOOL_YEAR, "2026-27", "2026-2027", "year"),
    (Kind.SCHOOL_YEAR, "2027", None, "year_unknown"),
    (Kind.SCHOOL_YEAR, "2026/2028", None, "year_unknown"),
    (Kind.NUMBER, "75", "75", ""),
    (Kind.NUMBER, "75.0", "75", "number"),
    (Kind.NUMBER, "75,0", "75", "number"),
    (Kind.NUMBER, "075", "75", "number"),
    (Kind.NUMBER, "-0", "0", "number"),
    (Kind.NUMBER, "2.50", "2.5", "number"),
    (Kind.NUMBER, "2.5", "2.5", ""),
    (Kind.NUMBER, "1,500", None, "number_unclear"),
    (Kind.NUMBER, "0,500", "0.5", "number"),
    (Kind.NUMBER, "1,500.5", "1500.5", "number"),
    (Kind.NUMBER, "1 500", "1500", "number"),
    (Kind.NUMBER, "1\u00a0500", "1500", "number"),
    (Kind.NUMBER, "1,500,000", "1500000", "number"),
    (Kind.NUMBER, "7.5E+01", None, "scientific"),
    (Kind.NUMBER, "five", None, "number_unknown"),
    (Kind.NUMBER, ".", None, "number_unknown"),
    (Kind.MARK, "INC", "INC", ""),
    (Kind.MARK, "78.0", "78", "number"),
    (Kind.DATE, "2027-01-29", "2027-01-29", ""),
    (Kind.DATE, "29/01/2027", "2027-01-29", "date"),
    (Kind.DATE, "01/29/2027", "2027-01-29", "date"),
    (Kind.DATE, "29.1.2027", "2027-01-29", "date"),
    (Kind.DATE, "04/04/2027", "2027-04-04", "date"),
    (Kind.DATE, "2027/4/3", "2027-04-03", "date"),
    (Kind.DATE, "1/29/27", "2027-01-29", "date"),
    (Kind.DATE, "29-Jan-27", "2027-01-29", "date"),
    (Kind.DATE, "29 janv. 2027", "2027-01-29", "date"),
    (Kind.DATE, "1 f\u00e9vr. 2027", "2027-02-01", "date"),
    (Kind.DATE, "January 29, 2027", "2027-01-29", "date"),
    (Kind.DATE, "2027-01-29T00:00:00.000", "2027-01-29", "date"),
    (Kind.DATE, "1/29/2027 12:00:00 AM", "2027-01-29", "date"),
    (Kind.DATE, "03/04/2027", None, "date_unclear"),
    (Kind.DATE, "29/01/27", None, "date_unclear"),
    (Kind.DATE, "46266", None, "date_serial"),
    (Kind.DATE, "2027-02-29", None, "date_unknown"),
    (Kind.DATE, "2028-02-29", "2028-02-29", ""),
    (Kind.DATE, "2027-01-29 13:45", None, "date_unknown"),
    (Kind.DATE, "31/31/2027", None, "date_unknown"),
    (Kind.YES_NO, "Yes", "Yes", ""),
    (Kind.YES_NO, "TRUE", "Yes", "yes_no"),
    (Kind.YES_NO, "faux", "No", "yes_no"),
    (Kind.YES_NO, "perhaps", None, "yes_no_unknown"),
    (Kind.TEXT, "Semester 1 ", "Semester 1 ", ""),
    (Kind.TEXT, "e\u0301te\u0301", "\u00e9t\u00e9", "composed"),
    (Kind.TEXT, "#REF!", None, "spreadsheet_error"),
    (Kind.TEXT, "#1 in class", "#1 in class", ""),
    (Kind.DATE, "########", None, "spreadsheet_error"),
]


@pytest.mark.parametrize(("kind", "text", "value", "form"), CASES)
def test_what_a_cell_means(kind, text, value, form):
    reading = read(kind, text)
    assert reading.form.code == form
    assert reading.form.readable == (value is not None)
    assert reading.value == (text if value is None else value)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("text", ["", "-", "  ", "\u00a0"])
def test_none_is_one_value_and_no_key(kind, text):
    assert read(kind, text).value == ""
    assert read(kind, text).form.readable
    assert read_key(kind, text).form.code == "key_blank"


@pytest.mark.parametrize("kind", list(NATURAL))
@given(data=st.data())
def test_a_natural_cell_means_its_text(kind, data):
    """Whole columns are passed over on the strength of this."""
    text = data.draw(st.from_regex(re.compile(NATURAL[kind], re.ASCII), fullmatch=True))
    reading = read(kind, text)
    assert (reading.value, reading.form.code) == (text, "")
    assert kind is Kind.TEXT or harmless(text) == text


@pytest.mark.parametrize("kind", list(Kind))
@given(text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_reading_is_total_and_settles(kind, text):
    reading = read(kind, text)
    if reading.form.readable and kind is not Kind.COURSES:
        again = read(kind, reading.value)
        assert (again.value, again.form.foreign) == (reading.value, False)


@given(st.text(max_size=10) | st.sampled_from(["-", "=", "\t", "-1", "", "'="]))
def test_harmless_and_its_pattern_agree(text):
    made = harmless(text)
    assert (made != text) == bool(re.search(PATTERN.replace("(?s:.)", "[\\s\\S]"), text))
    assert made == "-" or not made.startswith(("=", "+", "-", "@", "\t"))


def test_every_form_has_words():
    assert all(form.sentence for code, form in BY_CODE.items() if code)
