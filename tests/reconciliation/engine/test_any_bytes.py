"""Whatever the bytes of a file are: a result, or a refusal in words. Never an exception, never a fault of the reader."""

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciliation.engine import delimited
from reconciliation.engine.checking import check
from reconciliation.engine.outcome import Options
from reconciliation.engine.running import Run
from reconciliation.rules.notes import Refused, words
from reconciliation.rules.reading_options import DATE_ORDER_NAMES, DELIMITER_NAMES, ENCODING_NAMES, How
from tests.reconciliation.files import DATA, QUIRKS

OURS = {"reader_failed", "run_failed"}
SEEDS = [
    *sorted((DATA / "cases").iterdir()),
    QUIRKS / "spreadsheet.xml",
    QUIRKS / "windows_1252.csv",
    QUIRKS / "utf16.csv",
]
PLAIN = QUIRKS / "plain.csv"

quick = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=120,
)
hows = st.builds(
    How,
    sheet=st.sampled_from(["", "", "", "Sheet1", "no such sheet"]),
    header_row=st.sampled_from([0, 0, 0, 1, 2, 5, 1_048_576]),
    delimiter=st.sampled_from(["", "", *DELIMITER_NAMES]),
    encoding=st.sampled_from(["", "", "", *ENCODING_NAMES]),
    date_order=st.sampled_from(["", *DATE_ORDER_NAMES]),
)


def ends_in_words(data: bytes, how: How = How()) -> None:  # noqa: B008
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, out = folder / "after", folder / "out"
        path.write_bytes(data)
        out.mkdir()
        try:
            outcome = Run(Options("CM", after_how=how))(PLAIN, path, out)
        except Refused as refused:
            notes = refused.notes
            assert notes and not list(out.iterdir())
        else:
            notes = outcome.warnings
            assert (out / "result.csv").exists()
        try:
            found = check(path, "CM", side="after", how=how)
        except Refused as refused:
            notes = (*notes, *refused.notes)
        else:
            notes = (*notes, *found.notes, *found.faults)
        assert all(words(note) for note in notes)
        assert not OURS & {note.code for note in notes}


@quick
@given(st.binary(max_size=300), hows)
@example(b"", How())
@example(b"\x00", How())
@example(b"\r", How())
@example(b"\xff\xfe", How())
@example(b"\xff\xfe\x00", How())
@example(b"PK\x03\x04", How())
@example(b"<", How())
@example(b"\xef\xbb\xbf\xef\xbb\xbf", How())
@example(b'"', How())
@example(b"sep=;\n", How())
@example(b"a,b\n\x1a", How())
def test_any_bytes(data, how):
    ends_in_words(data, how)


@st.composite
def damaged(draw, data: bytes) -> bytes:
    """The bytes with a few pieces cut out, put in, repeated or overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        piece = draw(
            st.sampled_from(
                [
                    b"",
                    b"\r",
                    b"\n",
                    b'"',
                    b",",
                    b";",
                    b"\x00",
                    b"\xe9",
                    b"\xc3",
                    b"\xef\xbb\xbf",
                    b"\xff",
                    data[at : at + length],
                ]
            )
        )
        match draw(st.sampled_from(["cut", "in", "over", "end"])):
            case "cut":
                data = data[:at] + data[at + length :]
            case "in":
                data = data[:at] + piece + data[at:]
            case "over":
                data = data[:at] + piece + data[at + len(piece) :]
            case "end":
                data = data[:at]
    return data


@quick
@given(st.data())
def test_any_damage(data):
    seed = data.draw(st.sampled_from(SEEDS))
    ends_in_words(data.draw(damaged(seed.read_bytes()[:6000])), data.draw(hows))


@quick
@given(st.data())
def test_any_damage_inside_of_a_workbook(data):
    """The archive is whole, its parts are not."""
    seed = data.draw(st.sampled_from([path for path in SEEDS if path.suffix == ".xlsx"]))
    book = zipfile.ZipFile(seed)
    names = book.namelist()
    victim = data.draw(st.sampled_from(names))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in names:
            part = book.read(name)
            if name == victim:
                part = data.draw(damaged(part))
            copy.writestr(data.draw(st.sampled_from([name, name, name.upper(), name.replace("/", "\\")])), part)
    ends_in_words(made.getvalue(), data.draw(hows))


def test_a_fault_of_the_reader_is_a_refusal_with_its_place_and_no_cell(monkeypatch, tmp_path):
    def broken(*given, **named):
        raise ZeroDivisionError("Sample, Ada")

    monkeypatch.setattr(delimited, "read", broken)
    with pytest.raises(Refused) as refused:
        Run(Options("CM"))(PLAIN, PLAIN, tmp_path)
    said = [words(note) for note in refused.value.notes]
    assert len(said) == 2
    assert all("ZeroDivisionError in test_any_bytes.py" in one and "Ada" not in one for one in said)
