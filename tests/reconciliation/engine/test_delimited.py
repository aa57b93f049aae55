"""The quick reader is believed only where it reads what the csv module reads."""

import csv

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciliation.engine import delimited
from reconciliation.engine.opening import nothing
from reconciliation.rules.notes import Refused
from reconciliation.rules.types import TYPES

pieces = st.lists(
    st.sampled_from(
        ['"', '""', ",", ";", "\r", "\n", "\r\n", "a", " ", "é", "\x00", '"a"', '","', "1,2,3\n", '"1","2","3"\r\n']
    ),
    max_size=25,
).map("".join)


def both(text, delimiter=","):
    data = text.encode()
    quick = delimited._regular(data, delimiter, "before")
    try:
        slow = delimited._irregular(data, delimiter, "before", nothing, TYPES["CM"])
    except Refused:
        slow = None
    return quick, slow


@settings(max_examples=800, deadline=None)
@given(
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["x,y,z\n", '"x","y","z"\r\n', "x,y,z\r\n"]),
    pieces,
    st.sampled_from(",;|"),
)
@example("", "x,y,z\n", '1,"2",3\r\n', ",")
@example("", "x,y,z\r\n", '1,"a\rb",3\n', ",")
@example("", '"x","y","z"\r\n', '"a""b",2,"3"\r\n', ",")
@example("", '"x","y","z"\r\n', '"";"1","2","3"\r\n', ",")
@example("", '"x","y","z"\r\n', '"";"1",2,"3"\r\n', ",")
@example("", '"x","y","z"\r\n', '"1","2","\r\n"\r\n', ",")
@example("", "x,y,z\n", ";é\r;", ";")
@example("", "x,y,z\r\n", ",;\r;\n", ";")
@example("", "x,y,z\r\n", ";\r;\x00a1,2,3\n", ";")
@example("", '"x","y","z"\r\n', '"a;b"|"|"\r|"|"\n', "|")
@example("", '"x","y","z"\r\n', '"|";""é";";', ";")
@example("", '"x","y","z"\n', '"|";"x;"y";";', ";")
@example("", '"x","y","z"\r\n', '"a,b";";"\r;";"\n', ";")
def test_the_quick_reader_reads_what_the_csv_module_reads(mark, header, rest, delimiter):
    quick, slow = both(mark + header.replace(",", delimiter) + rest.replace(",", delimiter), delimiter)
    if quick is not None:
        assert slow is not None
        assert quick.headers == slow.headers
        assert quick.cells.rows() == slow.cells.rows()
        assert quick.rows.to_list() == slow.rows.to_list()
        assert not slow.short
        assert not slow.long


regular = st.lists(st.lists(st.text("ab ,;\n.é-", max_size=4).map("a{}z".format), min_size=3, max_size=3), max_size=6)


@settings(max_examples=200, deadline=None)
@given(regular, st.sampled_from(["\n", "\r\n"]))
def test_a_regular_file_takes_the_quick_reader(rows, end):
    import io

    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([["x", "y", "z"], *rows])
    quick, slow = both(text.getvalue())
    assert quick is not None
    assert quick.cells.rows() == slow.cells.rows()
    assert quick.rows.to_list() == slow.rows.to_list()


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("ASN;Code;Term, of the year\n", ";"),
        ("ASN\tCode\n", "\t"),
        ("ASN,Code\n", ","),
        ('"Section; Description",ASN,Code\n', ","),
        ("sep=;\nASN,Code;Term\n", ";"),
    ],
)
def test_the_delimiter_is_the_one_with_most_required_columns(text, delimiter):
    sheet = delimited.read(text.encode(), TYPES["CM"], side="before", step=nothing)
    assert sheet.delimiter == delimiter


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text_are_refused(mark):
    with pytest.raises(Refused, match="encoding"):
        delimited.read(mark + b"ASN,Code\n\x81\xff,b\n", TYPES["CM"], side="before", step=nothing)
