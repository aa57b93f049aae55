"""Every file that people get for a spreadsheet goes through the one rule against formulas; files for programs do not."""

import ast
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from operations.actor import of_user
from operations.models import Job
from operations.rules.formulas import harmless
from operations.services import jobs
from pasi_connect.models import Discrepancy
from reconciliation.services import runs
from sis.models import School, Student
from tests.contract import world
from tests.contract.access_table import TABLE

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation", "feeds")
WRITES = {"csv.writer", "csv.DictWriter", "xlsxwriter.Workbook", "write_csv", "write_excel"}
# Who writes such files, and by what each cell passes. A new one uses operations/exports.py, or stands here with its reason.
PEOPLE = {
    "operations/exports.py": "harmless",
    "reconciliation/engine/writing.py": "harmless",  # result.csv through engine/lines.py, and unusable.csv
    "reconciliation/engine/workbook_out.py": "result.csv",  # copies what is harmless already
}
PROGRAMS = {
    "pasi_connect/demo/samples.py": "exports as PASIprep and Excel write them, to try the reconciliation with",
}
# Addresses that answer with a table file.
FILES_FOR_PEOPLE = {
    "sis:student-export", "sis:section-export", "pasi_connect:changes-export", "registrar:year-end-file", "reconciliation:download",
    "api:reconciliation-download", "pasi_connect:guard-export", "sis:reads-export",
}  # fmt: skip
NOTHING_TYPED = {"pasi_connect:guard-export"}  # in this world: its record has no copy, and so no name
FILES_FOR_PROGRAMS: set[str] = set()
TABLES = ("text/csv", "spreadsheetml")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            yield f"{owner}.{node.func.attr}"
            yield node.func.attr


def test_every_writer_of_table_files_is_known():
    writers = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if WRITES & set(called(ast.parse(path.read_text())))
    }
    assert writers == PEOPLE.keys() | PROGRAMS.keys()
    for name, word in PEOPLE.items():
        assert word in (ROOT / name).read_text()


def cells_of(content: bytes, kind: str) -> list[str]:
    if "csv" in kind:
        return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    book = zipfile.ZipFile(io.BytesIO(content))
    found = []
    for name in filter(re.compile(r"xl/(worksheets/|sharedStrings)").match, book.namelist()):
        root = ElementTree.fromstring(book.read(name))
        assert not list(root.iter(f"{MAIN}f"))
        found += ["".join(item.itertext()) for tag in ("si", "is") for item in root.iter(f"{MAIN}{tag}")]
    return found


@pytest.fixture
def hostile(db, settings, tmp_path) -> dict:
    """The world of the access table, with formulas where people type, and a reconciliation that has a result."""
    settings.MEDIA_ROOT = tmp_path
    found = world.build()
    found["district"].user_permissions.add(Permission.objects.get(codename="read_access"))
    Student.objects.update(
        legal_first_name="=1+1", legal_last_name="@SUM(A1)", preferred_first_name="+1", preferred_last_name="-1+1"
    )
    School.objects.update(name="=cmd|'/c calc'!A1")
    Discrepancy.objects.update(changed_by="\tA1")
    header = "ASN,Code,Credits Attempted,Section Description,Term,Exit Date,Value,Assignment Date,Approved?,Status,Funding Requested?,Entry Date"
    rows = "1000-8846-3,MAT3791,-1,=1+1,@A1,,-a,,Yes,+1,Yes,\n=1,-A1,5,-1,+,,,,Yes,Active,Yes,\n1000-8846-4,=A,5,x,y,,=2,,Yes,z,Yes,\n"
    before = SimpleUploadedFile("before.csv", f"{header}\n{rows}".encode())
    after = SimpleUploadedFile("after.csv", f"{header}\n{rows.replace('Active', 'x').replace('+1', '-2')}".encode())
    actor = of_user(found["district"])
    run = runs.make(actor, runs.Choices("CM", xlsx=True), {"before": before, "after": after})
    runs.check(actor, run)
    jobs.run(runs.start(actor, run).pk)
    assert Job.objects.get(pk=run.job_id).status == "completed"
    return {**found, "reconciliation": run.pk}


def test_no_export_holds_a_formula(hostile):
    client = Client()
    client.force_login(hostile["district"])
    asked = [row for row in TABLE if row.method == "GET" and ":" in row.name and row.name != "api:no-such-address"]
    addresses = [(row.name, reverse(row.name, args=[hostile[name] for name in row.args])) for row in asked]
    # The table has every address of the URL conf (test_access proves it); each export is asked for in both its forms.
    addresses += [
        (name, f"{address.removesuffix('csv/')}xlsx/") for name, address in addresses if address.endswith("/csv/")
    ]
    for name in ("result.xlsx", "unusable.csv"):
        addresses.append(
            ("reconciliation:download", reverse("reconciliation:download", args=[hostile["reconciliation"], name]))
        )
    files = set()
    for name, address in addresses:
        answer = client.get(address)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code != 200 or not any(one in kind for one in TABLES):
            continue
        files.add(name)
        if name in FILES_FOR_PROGRAMS:
            continue
        cells = cells_of(answer.getvalue(), kind)
        assert cells, address
        assert [cell for cell in cells if harmless(cell) != cell] == [], address
        assert name in NOTHING_TYPED or any(cell.startswith("'") for cell in cells), (
            f"{address} holds no formula to begin with"
        )
    assert files == FILES_FOR_PEOPLE | FILES_FOR_PROGRAMS
