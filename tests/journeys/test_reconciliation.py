"""Reconciliation: two exports, one of them saved by a spreadsheet, from the upload to the workbook."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.pictures import Pictures
from tests.journeys.product import Product
from tests.journeys.watch import axe, scrolls_sideways

HEADER = (
    "ASN", " Code", "Student Name", " Description", "Status", "Value", "Approved?", "Assignment Date", "Credits Attempted",
    "Deleted?", "Exit Date", "Funding Requested?", "Term", "Reference #", "Description", "Entry Date", "Last Updated",
)  # fmt: skip
COURSES = (("MAT3791", "Mathematics 30-1"), ("ELA2105", "English Language Arts 20-1"), ("SCN2231", "Biology 20"))
Row = list[str]


def marks(product: Product) -> list[Row]:
    """A mark of each course for some students of the school."""
    rows = []
    for number, stay in enumerate(
        product.api("/enrolments/?school=7101&concurrent=false&deleted=false")["results"][:30]
    ):
        for place, (code, title) in enumerate(COURSES):
            rows.append(
                [
                    f"{stay['asn'][:4]}-{stay['asn'][4:8]}-{stay['asn'][8:]}", code, "", title, "Completed", str(60 + (number + place) % 40),
                    "Yes", "2027-01-29", "5", "No", "2027-01-29", "Yes", "Semester 1", f"CM-{number}{place}", f"{code}.1 - {title}",
                    "2026-09-15", "2027-02-02 08:15",
                ]
            )  # fmt: skip
    return rows


def written(path: Path, rows: list[Row], header: tuple[str, ...] = HEADER) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


def saved_by_a_spreadsheet(path: Path, rows: list[Row]) -> Path:
    """Semicolons, Windows-1252, leading zeros and hyphens gone, dates turned round, Yes as TRUE."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADER)
    for row in rows:
        damaged = [str(int(row[0].replace("-", ""))), *row[1:]]
        for place in (7, 10, 15):
            year, month, day = damaged[place].split("-")
            damaged[place] = f"{day}/{month}/{year}"
        writer.writerow({"Yes": "TRUE", "No": "FALSE"}.get(cell, cell) for cell in damaged)
    path.write_bytes(text.getvalue().encode("cp1252"))
    return path


@pytest.fixture
def exports(product: Product, tmp_path: Path) -> dict[str, Path]:
    before = marks(product)
    after = [list(row) for row in before]
    after[4][5], after[10][12], after[10][10] = "84", "Full Year", "2027-06-25"
    lost = after.pop(20)
    again = tmp_path / "again"
    again.mkdir()
    after.append([*lost[:1], "CTR1010", *lost[2:14], "CTR1010.1 - Job Preparation", *lost[15:]])
    return {
        "before": written(tmp_path / "2027-7101-CM-BeforeDelete.csv", before),
        "after": saved_by_a_spreadsheet(tmp_path / "2027-7101-CM-AfterUpload.csv", after),
        "lacking": written(tmp_path / "2027-7101-CM-AfterUpload-old.csv", [row[:-2] for row in after], HEADER[:-2]),
        "mended": saved_by_a_spreadsheet(again / "2027-7101-CM-AfterUpload.csv", before),
    }


def upload(page: Page, before: Path, after: Path) -> None:
    page.goto("/reconciliation/")
    page.get_by_role("link", name="Compare two files").first.click()
    page.get_by_label("Before the delete").set_input_files(before)
    page.get_by_label("After the upload").set_input_files(after)
    page.get_by_role("button", name="Upload and check columns").click()


def compare(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Compare")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("record"), timeout=60_000)


def test_from_the_upload_to_the_workbook(
    product: Product, new_page: NewPage, picture: Pictures, exports: dict[str, Path], tmp_path: Path
) -> None:
    page = new_page("district")
    upload(page, exports["before"], exports["lacking"])
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("These files cannot be compared yet")
    expect(page.locator(".notice-bad")).to_contain_text("Entry Date")
    expect(page.get_by_role("button", name=re.compile("^Compare"))).to_have_count(0)
    picture(page, "reconciliation-refused")

    page.get_by_label("Replace the file").nth(1).set_input_files(exports["after"])
    page.get_by_role("button", name="Check again").click()
    expect(heading).to_have_text("The files can be compared, with some remarks")
    expect(page.get_by_label("School", exact=False).first).to_be_visible()
    expect(page.locator("#id_school")).to_have_value("7101")
    expect(page.locator("#id_school_year")).to_have_value("2026-2027")
    expect(page.get_by_role("row", name=re.compile("^ASN"))).to_contain_text("leading zeros")
    assert not axe(page)
    picture(page, "reconciliation-check", height=1100)

    compare(page)
    expect(heading).to_have_text("4 of 91 records differ, are missing or are new")
    assert not axe(page)
    page.get_by_role("link", name=re.compile("^Matched with Data Differences")).click()
    page.get_by_label("Only changed columns").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".pairs tbody")).to_have_count(2)
    expect(page.locator(".pairs del")).to_have_count(3)
    expect(page.locator(".pairs tbody th a").first).to_have_attribute("href", re.compile(r"^/students/\d+/$"))
    picture(page, "reconciliation-1280", height=1250)
    picture(page, "reconciliation-390", width=390, height=1800)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)
    assert not axe(page)
    page.set_viewport_size({"width": 1280, "height": 900})

    asn = exports["before"].read_text(encoding="utf-8-sig").splitlines()[1].split('"')[1]
    page.get_by_label("Student: name or ASN").fill(asn)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".pairs tbody")).to_have_count(len(COURSES))
    assert asn not in page.url

    with page.expect_download() as arriving:
        page.get_by_role("link", name="XLSX").click()
    kept = tmp_path / "result.xlsx"
    arriving.value.save_as(kept)
    assert arriving.value.suggested_filename == "2027-7101-CM-result.xlsx"
    with zipfile.ZipFile(kept) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
    assert "autoFilter" in sheet
    assert 'state="frozen"' in sheet

    upload(page, exports["before"], exports["mended"])
    compare(page)
    expect(heading).to_have_text("All 90 records match perfectly")
    since = page.locator("#since")
    expect(since).to_contain_text("1: Missing from PASI → Perfectly Matched")
    since.get_by_role("link", name="Show everything that changed").click()
    expect(page.locator(".pairs tbody")).to_have_count(3)
    page.get_by_role("link", name="Summary").click()
    expect(page.get_by_role("heading", name="Numbers")).to_be_visible()
    picture(page, "reconciliation-summary", height=1100)
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="Letter"))) == 1


def test_without_javascript(product: Product, new_page: NewPage, exports: dict[str, Path]) -> None:
    page = new_page("district", java_script_enabled=False)
    upload(page, exports["after"], exports["before"])
    expect(page.locator(".notice-attn").first).to_contain_text("The files look swapped")
    page.get_by_role("button", name="Swap the files").click()
    expect(page.get_by_text("The files look swapped")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Compare")).click()
    for _ in range(60):
        page.wait_for_load_state()  # between two pages there is no link either
        ahead = page.get_by_role("link", name="Progress of the run")
        if not ahead.count():
            break
        page.wait_for_timeout(500)
        ahead.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 of 91 records differ, are missing or are new")
