import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.rules.formulas import harmless
from reconciliation.rules.cell_forms import BY_CODE
from reconciliation.rules.dates import order_of
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
    (Kind.ASN, "0000-5120-8\u200b", "0000-5120-8", "invisible"),
    (Kind.ASN, "\x1f000051208", "0000-5120-8", "invisible"),
    (Kind.ASN, '="000051208"', "0000-5120-8", "guard"),
    (Kind.ASN, "'000051208", "0000-5120-8", "guard"),
    (Kind.ASN, "4", None, "asn_short"),
    (Kind.ASN, "5120", None, "asn_short"),
    (Kind.ASN, "1.23457E+08", None, "scientific"),
    (Kind.ASN, "1,23457E+08", None, "scientific"),
    (Kind.ASN, "5120-8", None, "asn_digits"),
    (Kind.ASN, "1234567890", None, "asn_digits"),
    (Kind.ASN, "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669", None, "asn_digits"),
    (Kind.CODE, "MAT3791", "MAT3791", ""),
    (Kind.CODE, "mat 3791", "MAT3791", "code"),
    (Kind.CODE, "LDC1234-A", "LDC1234-A", ""),
    (Kind.CODE, "Mar-10", None, "code_date"),
    (Kind.CODE, "10-mars", None, "code_date"),
    (Kind.CODE, "2010-03-01", None, "code_date"),
    (Kind.CODE, "3/10/2027", None, "code_date"),
    (Kind.CODE, "MAR1010", "MAR1010", ""),
    (Kind.CODE, "20270129", "20270129", ""),
    (Kind.CODE, "mat\u00ad3791", "MAT3791", "invisible"),
    (Kind.COURSES, "MAT3791, Mar-10", None, "code_date"),
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
    (Kind.DATE, "2027-01-29 13:45", "2027-01-29", "date_time"),
    (Kind.DATE, "2027-01-29 07:00:00", "2027-01-29", "date_time"),
    (Kind.DATE, "1/29/2027 7:00 AM", "2027-01-29", "date_time"),
    (Kind.DATE, "2027-01-29 25:00", None, "date_unknown"),
    (Kind.DATE, "20270129", "2027-01-29", "date"),
    (Kind.DATE, "20270230", None, "date_unknown"),
    (Kind.DATE, "2027-01-29T00:00:00-07:00", "2027-01-29", "date"),
    (Kind.DATE, "2027-01-29T00:00:00Z", "2027-01-29", "date"),
    (Kind.DATE, "2027-01-29T07:00:00Z", "2027-01-29", "date_time"),
    (Kind.DATE, "2027-01-29T07:00:00.000+00:00", "2027-01-29", "date_time"),
    (Kind.DATE, "2027-01-29T03:00:00Z", None, "date_zone"),
    (Kind.DATE, "2027-01-29 23:30:00 -0700", "2027-01-29", "date_time"),
    (Kind.DATE, "2027-01-29 23:30:00 -0800", None, "date_zone"),
    (Kind.DATE, "Friday, January 29, 2027", "2027-01-29", "date"),
    (Kind.DATE, "Fri Jan 29 2027", "2027-01-29", "date"),
    (Kind.DATE, "vendredi 29 janvier 2027", "2027-01-29", "date"),
    (Kind.DATE, "le mardi 1er f\u00e9vrier 2028", "2028-02-01", "date"),
    (Kind.DATE, "mar. 1 f\u00e9vr. 2028", "2028-02-01", "date"),
    (Kind.DATE, "Mar 1, 2028", "2028-03-01", "date"),
    (Kind.DATE, "Fri, 29 Jan 2027 00:00:00 GMT", "2027-01-29", "date"),
    (Kind.DATE, "Fri Jan 29 2027 00:00:00 GMT-0700 (Mountain Standard Time)", "2027-01-29", "date"),
    (Kind.DATE, "Fri Jan 29 00:00:00 MST 2027", "2027-01-29", "date"),
    (Kind.DATE, "Monday, January 29, 2027", None, "date_weekday"),
    (Kind.DATE, "Saturday 03/04/2027", "2027-04-03", "date"),
    (Kind.DATE, "2027-Jan-29", "2027-01-29", "date"),
    (Kind.DATE, "January 29th, 2027", "2027-01-29", "date"),
    (Kind.DATE, "\u200b2027-01-29", "2027-01-29", "invisible"),
    (Kind.DATE, "'2027-01-29", "2027-01-29", "guard"),
    (Kind.DATE, "2027\u201101\u201129", "2027-01-29", "date"),
    (Kind.DATE, "31/31/2027", None, "date_unknown"),
    (Kind.YES_NO, "Yes", "Yes", ""),
    (Kind.YES_NO, "TRUE", "Yes", "yes_no"),
    (Kind.YES_NO, "faux", "No", "yes_no"),
    (Kind.YES_NO, "perhaps", None, "yes_no_unknown"),
    (Kind.TEXT, "Semester 1 ", "Semester 1 ", ""),
    (Kind.TEXT, "e\u0301te\u0301", "\u00e9t\u00e9", "composed"),
    (Kind.TEXT, "Semester\u00a01", "Semester 1", "blanks"),
    (Kind.TEXT, "Semester\u200b 1", "Semester 1", "invisible"),
    (Kind.TEXT, '="Semester 1"', "Semester 1", "guard"),
    (Kind.TEXT, "'s", "'s", ""),
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


@pytest.mark.parametrize(
    ("texts", "order", "proof", "mixed"),
    [
        (["03/04/2027", "29/01/2027"], "dmy", ["29/01/2027"], False),
        (["03/04/2027", "1/29/2027", "04/04/2027"], "mdy", ["1/29/2027"], False),
        (["03/04/2027", "05/06/2027"], "", [], False),
        (["29/01/2027", "1/29/2027", "03/04/2027"], "", ["29/01/2027", "1/29/2027"], True),
        (["2027-01-29", "03/04/2027"], "", [], False),
        (["27/01/29", "28/02/27"], "", [], False),
        (["27/01/31", "28/02/27", "27-04-03"], "", [], False),
        (["27/13/01"], "", [], False),
        (["99/12/31", "03-04-05"], "ymd", ["99/12/31"], False),
        (["Saturday 03/04/2027", "05/06/2027"], "dmy", ["Saturday 03/04/2027"], False),
        ([], "", [], False),
    ],
)
def test_a_column_proves_its_order(texts, order, proof, mixed):
    found = order_of(texts)
    assert (found.code, list(found.proof), found.is_mixed) == (order, proof, mixed)


def test_an_order_reads_what_it_settles_and_nothing_else():
    assert read(Kind.DATE, "03/04/2027", "dmy").value == "2027-04-03"
    assert read(Kind.DATE, "03/04/2027", "mdy").form.code == "date_order"
    assert read(Kind.DATE, "1/29/2027", "dmy").value == "2027-01-29"
    assert read(Kind.DATE, "03/04/2027", "ymd").form.code == "date_unclear"


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


def test_every_form_has_words():
    assert all(form.sentence for code, form in BY_CODE.items() if code)
