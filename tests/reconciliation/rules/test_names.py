import pytest

from reconciliation.rules.names import Named, belongs, named, school_code
from reconciliation.rules.notes import SENTENCES, Note, words

BEFORE, AFTER = "2027-9101-CM-BeforeDelete.csv", "2027-9101-CM-AfterUpload.csv"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (BEFORE, Named("2026-2027", "9101", "CM", "before")),
        ("2027-9101-SE-AfterUpload.xml", Named("2026-2027", "9101", "SE", "after")),
        ("2027-9101-em-afterupload (1).XLSX", Named("2026-2027", "9101", "EM", "after")),
        ("0000-9101-CM-BeforeDelete.csv", Named(None, "9101", "CM", "before")),
        ("2027-9101-CM-BeforeDelete - Copy.csv", Named("2026-2027", "9101", "CM", "before")),
        ("2027-9101-CM-BeforeDelete - Copy (2).csv", Named("2026-2027", "9101", "CM", "before")),
        ("2027-9101-CM-AfterUpload_final.csv", Named("2026-2027", "9101", "CM", "after")),
        ("2027-9101-CM-AfterUpload final v2.xlsx", Named("2026-2027", "9101", "CM", "after")),
        ("2027-9101-CM-AfterUpload.csv.csv", Named("2026-2027", "9101", "CM", "after")),
        ("Copy of 2027-9101-CM-AfterUpload.csv", Named("2026-2027", "9101", "CM", "after")),
        ("2027_9101_CM_Before Delete.csv", Named("2026-2027", "9101", "CM", "before")),
        ("2027-9101-CM-BeforeDelete-AfterUpload.csv", Named()),
        ("2027-9101-CM-BeforeDeleted.csv", Named()),
        ("course enrolments.csv", Named()),
        ("2027-9101-CM.csv", Named()),
    ],
)
def test_what_a_name_says(name, says):
    assert named(name) == says


@pytest.mark.parametrize(
    ("before", "after", "chosen", "school", "year", "notes"),
    [
        (BEFORE, AFTER, {}, "9101", "2026-2027", []),
        (BEFORE, "export.csv", {}, "9101", "2026-2027", []),
        ("one.csv", "two.csv", {}, None, None, []),
        ("one.csv", "two.csv", {"school": "9101", "school_year": "2026-2027"}, "9101", "2026-2027", []),
        (BEFORE, AFTER, {"school": "7101"}, "7101", "2026-2027", ["name_school", "name_school"]),
        (BEFORE, AFTER, {"school_year": "2025-2026"}, "9101", "2025-2026", ["name_year", "name_year"]),
        (BEFORE, "2027-9102-CM-AfterUpload.csv", {}, None, "2026-2027", ["schools_differ"]),
        (BEFORE, "2028-9101-CM-AfterUpload.csv", {}, "9101", None, ["years_differ"]),
        (BEFORE, "2027-9101-EM-AfterUpload.csv", {}, "9101", "2026-2027", ["name_type"]),
        (BEFORE, BEFORE, {}, "9101", "2026-2027", ["same_side"]),
        (AFTER, BEFORE, {}, "9101", "2026-2027", ["swapped"]),
    ],
)
def test_whose_files_they_are(before, after, chosen, school, year, notes):
    found = belongs(named(before), named(after), chosen_type="CM", **chosen)
    assert (found.school, found.school_year) == (school, year)
    assert [note.code for note in found.notes] == notes
    assert found.is_swapped == (notes == ["swapped"])
    assert all(words(note) for note in found.notes)


def test_a_school_s_code():
    assert school_code("S.9101") == school_code(" 9101 ") == "9101"
    with pytest.raises(ValueError, match="four digits"):
        school_code("Lantern Creek")


def test_notes_are_translated_before_their_values_are_put_in():
    note = Note("empty", {"side": "after"})
    french = {SENTENCES["empty"]: "{side} : le fichier est vide.", "second file": "deuxième fichier"}
    assert words(note) == "Second file: the file is empty."
    assert words(note, lambda text: french.get(text, text)) == "Deuxième fichier : le fichier est vide."
