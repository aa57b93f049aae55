"""Sample PASIprep exports for trying the reconciliation: clean, saved by a spreadsheet, and truncated.

Headers and forms as PASIprep writes them. "After" differs from "before" in a few rows, each in its own way.
"""

import csv
import io
import uuid
from pathlib import Path

from pasi_connect.demo import district as made_up
from sis.models import CourseEnrolment, StoredGrade
from sis.rules.school_year import SchoolYear

HEADERS = (
    "ASN", "Work Items", " Code", "Student Name", " Description", "Status", "School Enrolment", "Value", "Approved?",
    "Assignment Date", "Credits Attempted", "Deleted?", "Dual Enrolment?", "Exit Date", "Funding Requested?", "Term",
    "Reference #", "Description", "School", "Entry Date",
)  # fmt: skip
DATES = tuple(HEADERS.index(name) for name in ("Assignment Date", "Exit Date", "Entry Date"))
REFERENCE, VALUE, STATUS = (HEADERS.index(name) for name in ("Reference #", "Value", "Status"))
CLEAN, SPREADSHEET, CUT = "1-clean", "2-saved-by-a-spreadsheet", "3-cut"
Rows = list[list[str]]


def write(folder: Path, year: SchoolYear, school: str = made_up.SCHOOL_C) -> Path | None:
    """Makes the three pairs of files, each in a folder of its own; None when the school has no course enrolments."""
    before = _rows(school, year)
    if len(before) < 40:
        return None
    after = _uploaded_again(before)
    names = (f"{year.ending}-{school}-CM-BeforeDelete.csv", f"{year.ending}-{school}-CM-AfterUpload.csv")
    whole = _quoted(after)
    pairs = {
        CLEAN: (_quoted(before), whole),
        SPREADSHEET: (_quoted(before), _as_saved_by_a_spreadsheet(after)),
        CUT: (_quoted(before), whole[: len(whole) * 2 // 3 + 7]),
    }
    for name, texts in pairs.items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file, content in zip(names, texts, strict=True):
            (place / file).write_bytes(content)
    return folder


def _rows(school: str, year: SchoolYear) -> Rows:
    sittings = CourseEnrolment.objects.filter(section__school__code=school, section__school_year=year, deleted=False)
    related = ("student", "enrolment", "section__course", "section__term", "section__school")
    marks = dict(
        StoredGrade.objects.exclude(course_enrolment=None)
        .filter(course_enrolment__in=sittings)
        .order_by("id")
        .values_list("course_enrolment", "mark")
    )
    return [_row(one, marks.get(one.pk, "")) for one in sittings.select_related(*related).order_by("id")]


def _row(one: CourseEnrolment, mark: str) -> list[str]:
    asn, section, stay = one.student.asn or "", one.section, one.enrolment
    exit_date = one.exit_date.isoformat() if one.exit_date else ""
    until = stay.exit_date or section.end_date
    return [
        f"{asn[:4]}-{asn[4:8]}-{asn[8:]}",
        "",
        section.course.code,
        f"{one.student.legal_last_name}, {one.student.legal_first_name}",
        section.course.name,
        one.status,
        f"Regular - Day ({stay.start_date:%Y/%m/%d} to {until:%Y/%m/%d})",
        mark,
        "Yes" if mark else "No",
        exit_date if mark else "",
        str(one.credits_attempted),
        "No",
        "No",
        exit_date,
        "Yes",
        section.term.name,
        str(uuid.uuid5(uuid.NAMESPACE_URL, f"course-enrolment:{one.external_id or one.pk}")),
        f"{section.course.code}.{section.number} - {section.course.name}",
        f"{section.school.name} ({section.school.code})",
        one.entry_date.isoformat(),
    ]


def _uploaded_again(before: Rows) -> Rows:
    """New reference numbers throughout; one row is missing, one is another course, one lost its entry date's week, one its term."""
    after = [list(row) for row in before]
    for row in after:
        row[REFERENCE] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"again:{row[REFERENCE]}"))
    after[5][HEADERS.index("Entry Date")] = f"{after[5][-1][:8]}15"
    after[11][HEADERS.index("Term")] = "Full Year"
    after[17][HEADERS.index("Credits Attempted")] = "3"
    added = [*after[23]]
    added[HEADERS.index(" Code")], added[HEADERS.index(" Description")] = "LDC1959", "Lantern Making 15"
    del after[29]
    return [*after, added]


def _quoted(rows: Rows) -> bytes:
    """As PASIprep writes: a byte order mark, every cell quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _as_saved_by_a_spreadsheet(rows: Rows) -> bytes:
    """Opened and saved: dates in the machine's form, quotation marks only where they must be."""
    saved = [list(row) for row in rows]
    for row in saved:
        for place in DATES:
            if row[place]:
                year, month, day = row[place].split("-")
                row[place] = f"{int(month)}/{int(day)}/{year}"
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    writer.writerows(saved)
    return text.getvalue().encode("cp1252", "replace")
