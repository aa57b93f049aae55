"""The list of changes as a file: the filter, formulas, the end of a workbook, and whose schools."""

import csv
import io
import zipfile

import pytest

from operations import exports
from tests.factories import changed_in_pasi
from tests.pasi_connect.pages.waiting import many

pytestmark = pytest.mark.django_db


def test_the_list_as_csv_has_the_filter_and_no_formula(here, as_person, item):
    changed_in_pasi(item.school_enrolment, grade="09", by="=HYPERLINK(1)")
    other = many(here, 1, exit_date=item.school_enrolment.exit_date.replace(day=1))[0]
    answer = as_person(here.registrar).get("/changes/export/csv/?field=grade")
    assert answer["Content-Disposition"].endswith('.csv"')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert [row[head.index("RefId")] for row in rows] == [item.key]
    assert str(other.key) not in text
    row = dict(zip(head, rows[0], strict=True))
    assert (row["Field"], row["SIS record"], row["PASI"]) == ("Grade", "08", "09")
    assert row["Changed by"].startswith("'=HYPERLINK")
    assert row["ASN"] == item.asn


def test_the_list_as_workbook_says_when_it_was_cut(here, as_person, monkeypatch):
    many(here, 3)
    monkeypatch.setattr(exports, "MOST_IN_WORKBOOK", 2)
    answer = as_person(here.registrar).get("/changes/export/xlsx/")
    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 4
    assert "Only the first 2 lines are shown" in sheet
    assert "<f>" not in sheet


@pytest.mark.parametrize(("address", "status"), [("pdf/", 404), ("csv/?kind=odd", 400), ("csv/?colour=blue", 400)])
def test_a_file_that_makes_no_sense_is_refused(here, as_person, address, status):
    assert as_person(here.registrar).get(f"/changes/export/{address}").status_code == status


def test_a_file_holds_the_persons_schools_alone(here, as_person, item):
    text = b"".join(as_person(here.stranger).get("/changes/export/csv/").streaming_content).decode("utf-8-sig")
    assert len(text.strip().splitlines()) == 1
