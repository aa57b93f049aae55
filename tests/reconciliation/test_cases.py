"""Files that went wrong once, each with what must be said of it: by the command, on the page and over the API."""

import io
import json
import zipfile
from dataclasses import dataclass
from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from reconciliation.models import Run
from reconciliation.rules.statuses import STATUSES
from reconciliation.rules.types import TYPES
from reconciliation.views import words
from tests.api.conftest import client_of
from tests.reconciliation.conftest import upload, work_off
from tests.reconciliation.files import DATA

CASES = DATA / "cases"


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages name their style sheets as they are; the hashed names exist only where they were collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@dataclass(frozen=True)
class Case:
    """`counts`: perfectly matched, different, missing, added, unusable in the second file; None: refused."""

    after: str
    sentences: tuple[str, ...] = ()
    counts: tuple[int, int, int, int, int] | None = (4, 0, 0, 0, 0)
    before: str = "base.csv"
    never: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.after


INVISIBLE = "column “ASN”: invisible characters, removed. Repaired cells: 4 (rows 2-5)"
GUARD = 'column “ASN”: a spreadsheet\'s guard (="…" or a leading apostrophe), removed. Repaired cells: 4 (rows 2-5)'
TABLE = (
    Case("01-bom-twice.csv", ("damaged or repeated encoding mark",)),
    Case("02-invisible-in-headers.csv", ("removed from the headers “ASN”, “Exit Date”, “Entry Date”",)),
    Case("03-zwsp-after-asn.csv", (INVISIBLE,)),
    Case("04-unit-separator-before-asn.csv", (INVISIBLE,)),
    Case("05a-formula-guard.csv", (GUARD,)),
    Case("05b-apostrophe-guard.csv", (GUARD,)),
    Case("06b-utf8-cr.csv"),
    Case(
        "09-after.csv",
        (
            "column “Code”: a date instead of the code: a spreadsheet has changed it. Cells that cannot be read: 1 (rows 5)",
        ),
        (3, 0, 1, 0, 1),
        before="09-before.csv",
    ),
    Case("11-title-rows.csv", ("the headers were found in row 5",)),
    Case("12-numbers-export-summary.xlsx", ("“2027-9101-CM” has the columns and is read", "“Export Summary”")),
    Case("13b-hidden-rows.xlsx", ("hidden rows in the workbook, which are read as well: 2 (rows 3-4)",)),
    Case("16-backslash.xlsx"),
    Case(
        "18b-seven-oclock.xlsx",
        (
            "column “Entry Date”: date with a time of day, read as a date. Repaired cells: 4",
            "times of day that were skipped: 07:00",
        ),
    ),
    Case(
        "19b-total-row-count-first.csv",
        ("rows with totals instead of a record, listed separately: 1 (rows 6)",),
        (4, 0, 0, 0, 1),
        never=("leading zeros",),
    ),
    Case("20-nbsp-in-text.csv", ("column “Section Description”: other kinds of spaces",)),
    Case("22-pipe.csv"),
    Case("35-html-as.xls", ("this is a web page (HTML), whatever its name says. Open it in Excel",), None),
    Case("37a-libreoffice.ods", ("this is an OpenDocument spreadsheet (.ods). Open it in LibreOffice",), None),
    Case(
        "51-after-us-excel.csv",
        tuple(
            f"column “{name}”: dates are read as month, day, year"
            for name in ("Exit Date", "Assignment Date", "Entry Date")
        ),
        (200, 0, 0, 0, 0),
        before="51-before.csv",
    ),
    Case("base.csv", ("Both files are identical",)),
)


def test_every_file_is_a_case():
    assert {path.name for path in CASES.iterdir()} == {case.after for case in TABLE} | {case.before for case in TABLE}


def check_words(case: Case, text: str) -> None:
    for fragment in case.sentences:
        assert fragment in text
    for fragment in case.never:
        assert fragment not in text
    assert "0012-3456" not in text and "Sample, Ada" not in text


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_command_says_it(case, tmp_path, capsys):
    told = ""
    try:
        call_command(
            "reconcile",
            str(CASES / case.before),
            str(CASES / case.after),
            "--type",
            "CM",
            "--out",
            str(tmp_path / "out"),
        )
        code = 0
    except SystemExit as ended:
        code = ended.code
    except CommandError as refused:
        code, told = refused.returncode, str(refused)
    captured = capsys.readouterr()
    check_words(case, told + captured.out + captured.err)
    if case.counts is None:
        assert code == 2 and not list((tmp_path / "out").iterdir())
        return
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (*summary["counts"].values(), summary["unusable_after"]) == case.counts
    assert code == (0 if sum(case.counts) == case.counts[0] else 1)


def test_one_file_twice_is_said_before_anything_else(tmp_path, capsys):
    call_command("reconcile", str(CASES / "base.csv"), str(CASES / "base.csv"), "--type", "CM", "--out", str(tmp_path))
    captured = capsys.readouterr()
    assert captured.out.startswith("Both files are identical")
    assert (captured.out + captured.err).count("Both files are identical") == 1
    assert json.loads((tmp_path / "summary.json").read_text())["warnings"][0].startswith("Both files are identical")


@pytest.mark.django_db
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_page_says_it(case, officer):
    client = Client()
    client.force_login(officer)
    files = {"before": upload(CASES / case.before), "after": upload(CASES / case.after)}
    answer = client.post(reverse("reconciliation:new"), {"type": "CM", "school": "", "school_year": "", **files})
    page = client.get(answer["Location"])
    assert page.status_code == 200
    text = unescape(page.content.decode())
    check_words(case, text)
    assert ('value="compare"' in text) == (case.counts is not None)
    run = Run.objects.get()
    assert run.status == "checked"


@pytest.mark.django_db
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_api_says_it(case, officer):
    api = client_of(officer)
    files = {"type": "CM", "before": upload(CASES / case.before), "after": upload(CASES / case.after)}
    answer = api.post("reconciliations/?dry_run=true", files, format="multipart")
    assert answer.status_code == 200, answer.content
    check = answer.json()
    check_words(case, json.dumps(check, ensure_ascii=False).replace('\\"', '"'))
    assert bool(check["faults"]) == (case.counts is None)
    assert check["is_identical"] == (case.after == "base.csv")


@pytest.mark.django_db
def test_the_result_says_it_first(officer, compared):
    same = {"before": upload(CASES / "base.csv"), "after": upload(CASES / "base.csv")}
    run = compared(same, type="CM")
    api = client_of(officer)
    assert api.get(f"reconciliations/{run.pk}/").json()["warnings"][0].startswith("Both files are identical")
    work_off()
    client = Client()
    client.force_login(officer)
    page = unescape(client.get(reverse("reconciliation:run", args=[run.pk])).content.decode())
    assert "<h1>Both files are the same file</h1>" in page


def reconcile(out, *options, after="base.csv"):
    """The exit code and what was said."""
    try:
        call_command(
            "reconcile", str(CASES / "base.csv"), str(CASES / after), "--type", "CM", "--out", str(out), *options
        )
    except SystemExit as ended:
        return ended.code, ""
    except CommandError as refused:
        return refused.returncode, str(refused)
    return 0, ""


@pytest.mark.parametrize(
    ("after", "options", "code", "said"),
    [
        ("11-title-rows.csv", ["--after-header-row", "5"], 0, ""),
        ("11-title-rows.csv", ["--after-header-row", "1"], 2, "none of the required columns are there"),
        ("11-title-rows.csv", ["--after-header-row", "4"], 2, "row 4, the header row you chose, is blank"),
        ("11-title-rows.csv", ["--after-header-row", "99"], 2, "row 99, the header row you chose, is blank or below"),
        ("11-title-rows.csv", ["--after-header-row", "-1"], 2, "A row counts from 1."),
        ("12-numbers-export-summary.xlsx", ["--after-sheet", "2027-9101-CM"], 0, ""),
        (
            "12-numbers-export-summary.xlsx",
            ["--after-sheet", "Export Summary"],
            2,
            "none of the required columns are there",
        ),
        (
            "12-numbers-export-summary.xlsx",
            ["--after-sheet", "Sheet9"],
            2,
            "The workbook has “Export Summary”, “2027-9101-CM”.",
        ),
        ("22-pipe.csv", ["--after-delimiter", "pipe"], 0, ""),
        ("22-pipe.csv", ["--after-delimiter", "comma"], 2, "separated by comma"),
        ("base.csv", ["--after-encoding", "utf-8"], 0, ""),
        ("22-pipe.csv", ["--after-encoding", "utf-16"], 2, "cannot be read as UTF-16, the encoding you chose"),
        ("base.csv", ["--after-dates", "mdy"], 0, ""),
    ],
)
def test_the_command_takes_a_choice(after, options, code, said, tmp_path):
    found = reconcile(tmp_path / "out", *options, after=after)
    assert found[0] == code
    assert said in found[1]


@pytest.mark.django_db
def test_a_choice_over_the_api_is_remembered_and_shown(officer):
    api = client_of(officer)
    files = {"type": "CM", "before": upload(CASES / "base.csv"), "after": upload(CASES / "11-title-rows.csv")}
    assert api.post("reconciliations/", {**files, "after_header_row": 2}, format="multipart").status_code == 400
    files = {name: upload(CASES / "base.csv") if name == "before" else given for name, given in files.items()}
    files["after"] = upload(CASES / "11-title-rows.csv")
    answer = api.post(
        "reconciliations/", {**files, "after_header_row": 5, "after_date_order": "dmy"}, format="multipart"
    )
    assert answer.status_code == 202, answer.content
    work_off()
    run = api.get(f"reconciliations/{answer.json()['id']}/").json()
    assert run["chosen"] == {"before": {}, "after": {"header_row": 5, "date_order": "dmy"}}
    assert run["summary"]["files"]["after"]["header_row"] == 5
    assert run["summary"]["counts"]["Perfectly Matched"] == 4


@pytest.mark.django_db
def test_a_choice_on_the_page_is_checked_before_it_is_compared(officer):
    client = Client()
    client.force_login(officer)
    files = {"before": upload(CASES / "51-before.csv"), "after": upload(CASES / "51-after-us-excel.csv")}
    client.post(reverse("reconciliation:new"), {"type": "CM", "school": "", "school_year": "", **files})
    run = Run.objects.get()
    page, choose = (reverse(f"reconciliation:{name}", args=[run.pk]) for name in ("run", "choose"))
    given = {"type": "CM", "school": "", "school_year": "", "xlsx": "on", "after_date_order": "mdy"}
    client.post(choose, {**given, "do": "compare"})
    run.refresh_from_db()
    assert run.status == "checked"  # the choice is new: what it means is shown first
    assert "dates are read as month, day, year, as chosen" in unescape(client.get(page).content.decode())
    client.post(choose, {**given, "do": "compare"})
    work_off()
    run.refresh_from_db()
    assert run.summary["counts"]["Perfectly Matched"] == 200
    text = unescape(client.get(page).content.decode())
    assert "Exit Date, Assignment Date, Entry Date read as month, day, year (chosen)" in text


@pytest.mark.django_db
def test_reasons_of_unusable_rows_speak_the_reader_s_language(officer, compared):
    run = compared(
        {"before": upload(CASES / "base.csv"), "after": upload(DATA / "quirks" / "asn_scientific.csv")}, type="CM"
    )
    address = reverse("reconciliation:download", args=[run.pk, "unusable.csv"])
    client = Client()
    client.force_login(officer)
    english = client.get(address).getvalue().decode("utf-8-sig")
    assert "ASN: in scientific notation: digits are lost" in english
    officer.language = "fr"
    officer.save()
    french = client.get(address).getvalue().decode("utf-8-sig")
    assert "notation scientifique" in french and "digits are lost" not in french
    assert english.startswith("File,Row,Reason,") and english.splitlines()[1].split(",")[0] == "after"
    assert french.startswith("Fichier,Ligne,Motif,") and french.splitlines()[1].split(",")[0] == "après"
    page = client.get(reverse("reconciliation:unusable", args=[run.pk])).content.decode()
    assert "notation scientifique" in page
    # Why files were refused is kept as a code too, never in the words of whoever started the run.
    assert [note["code"] for note in run.warnings if note["code"] == "unusable"] == ["unusable"]


@pytest.mark.django_db
def test_the_workbook_speaks_the_reader_s_language(officer, compared):
    uploads = {
        "before": upload(DATA / "2027-9101-CM-BeforeDelete.csv"),
        "after": upload(DATA / "quirks" / "dates_ambiguous.csv"),
    }
    run = compared(uploads, type="CM", xlsx=True)
    address = reverse("reconciliation:download", args=[run.pk, "result.xlsx"])
    client = Client()
    client.force_login(officer)
    shown = {}
    for code in ("en", "fr"):
        officer.language = code
        officer.save()
        with zipfile.ZipFile(io.BytesIO(client.get(address).getvalue())) as book:
            parts = [
                book.read(f"xl/{name}.xml").decode() for name in ("workbook", "worksheets/sheet1", "worksheets/sheet2")
            ]
        shown[code] = unescape(" ".join(parts))
    for english in ("Exit Date (before)", "(after)", "Unusable rows (before)", "Contents of the files", "First file"):
        assert english in shown["en"]
        assert english not in shown["fr"]
    assert "Exit Date (avant)" in shown["fr"] and "«\N{NO-BREAK SPACE}" in shown["fr"]
    # What programs read stays as it is.
    programs = [
        client.get(reverse("reconciliation:download", args=[run.pk, name])).getvalue()
        for name in ("summary.json", "result.csv")
    ]
    assert b'"Missing from PASI"' in programs[0] and b"Match Status" in programs[1]


@pytest.mark.django_db
def test_results_begin_with_what_differs(officer, compared):
    run = compared()
    rows = client_of(officer).get(f"reconciliations/{run.pk}/rows/").json()["results"]
    order = ["Matched with Data Differences", "Missing from PASI", "Added New to PASI", "Perfectly Matched"]
    places = [order.index(row["status"]) for row in rows]
    assert places == sorted(places) and len(set(places)) == 4


@pytest.mark.django_db
def test_what_a_job_has_done_is_counted_in_rows(compared):
    run = compared()
    assert (run.job.done, run.job.total) == (run.summary["rows_before"] + run.summary["rows_after"],) * 2


def test_what_is_shown_does_not_depend_on_the_order_of_stored_keys():
    """PostgreSQL sorts the keys of an object by their length."""
    found = {"format": "csv", "delimiter": ",", "encoding": "", "sheet": "", "header_row": 1}
    columns = ["Exit Date", "Assignment Date", "Entry Date", "Added", "Zone"]
    counts = {f"{was}>{now}": 1 for was in ("", *STATUSES) for now in ("", *STATUSES) if was != now}

    def texts(order):
        orders = dict.fromkeys(order(columns), "mdy")
        run = Run(type="CM", moved={"counts": {key: counts[key] for key in order(list(counts))}})
        return words.reading({**found, "date_orders": orders}, {}, TYPES["CM"]), words.moved(run)

    first, turned = texts(list), texts(lambda keys: list(reversed(keys)))
    assert first == turned == texts(lambda keys: sorted(keys, key=len))
    assert first[0][-1] == "Exit Date, Assignment Date, Entry Date, Added, Zone read as month, day, year"
