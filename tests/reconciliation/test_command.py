import csv
import json

import pytest
from django.core.management import CommandError, call_command

from reconciliation.engine.running import Cancelled, Options, Run
from reconciliation.rules.notes import Refused
from tests.reconciliation.files import DATA, QUIRKS

PAIRS = {
    kind: [DATA / f"2027-9101-{kind}-{side}.csv" for side in ("BeforeDelete", "AfterUpload")]
    for kind in ("CM", "EM", "SE")
}


def reconcile(before, after, out, *options, kind="CM"):
    """The exit code."""
    try:
        call_command("reconcile", str(before), str(after), "--type", kind, "--out", str(out), *options)
    except SystemExit as ended:
        return ended.code
    except CommandError as refused:
        return refused.returncode
    return 0


def summary(out):
    return json.loads((out / "summary.json").read_text())


def test_perfect_files_end_with_0(tmp_path):
    assert reconcile(QUIRKS / "plain.csv", QUIRKS / "semicolon.csv", tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.csv", "summary.json"]


@pytest.mark.parametrize("kind", PAIRS)
def test_files_that_differ_end_with_1(kind, tmp_path):
    assert reconcile(*PAIRS[kind], tmp_path, kind=kind) == 1
    found = summary(tmp_path)
    assert (found["type"], found["school"], found["school_year"]) == (kind, "9101", "2026-2027")


def test_an_unusable_row_alone_ends_with_1(tmp_path):
    bare = tmp_path / "one.csv"
    bare.write_bytes((QUIRKS / "asn_blank.csv").read_bytes())
    assert reconcile(bare, bare, tmp_path / "out") == 1
    assert summary(tmp_path / "out")["counts"]["Perfectly Matched"] == 2
    assert (tmp_path / "out" / "unusable.csv").exists()


@pytest.mark.parametrize(
    ("before", "options", "kind"),
    [
        (QUIRKS / "refused_missing_columns.csv", [], "CM"),
        (QUIRKS / "no such file.csv", [], "CM"),
        (QUIRKS, [], "CM"),
        (QUIRKS / "plain.csv", ["--school", "Lantern Creek"], "CM"),
        (QUIRKS / "plain.csv", ["--school-year", "2027"], "CM"),
        (QUIRKS / "plain.csv", ["--also", "No such column"], "CM"),
        (QUIRKS / "plain.csv", ["--also", "Last Updated"], "CM"),
        (QUIRKS / "plain.csv", [], "XX"),
        (QUIRKS / "plain.csv", [], "SE"),
    ],
)
def test_a_refusal_ends_with_2_and_takes_an_older_result_away(before, options, kind, tmp_path):
    assert reconcile(QUIRKS / "plain.csv", QUIRKS / "asn_blank.csv", tmp_path, "--xlsx") == 1
    assert reconcile(before, QUIRKS / "plain.csv", tmp_path, *options, kind=kind) == 2
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path):
    (tmp_path / "out").write_text("a file")
    assert reconcile(QUIRKS / "plain.csv", QUIRKS / "plain.csv", tmp_path / "out") == 2


def test_a_file_that_the_result_would_replace_is_refused_and_kept(tmp_path):
    mine = tmp_path / "result.csv"
    mine.write_bytes((QUIRKS / "plain.csv").read_bytes())
    assert reconcile(mine, QUIRKS / "plain.csv", tmp_path) == 2
    assert mine.read_bytes() == (QUIRKS / "plain.csv").read_bytes()


def test_all_reasons_of_both_files_are_said(tmp_path, capsys):
    with pytest.raises(CommandError) as refused:
        call_command(
            "reconcile",
            str(QUIRKS / "refused_course_description_only.csv"),
            str(QUIRKS / "refused_header_twice.csv"),
            "--type=CM",
            f"--out={tmp_path}",
        )
    assert "First file: missing required columns: “Section Description”. This is a CSV file" in str(refused.value)
    assert "Second file: headers that appear more than once: “Term”." in str(refused.value)


def test_no_message_holds_a_cell(tmp_path, capsys):
    reconcile(*PAIRS["CM"], tmp_path)
    said = "".join(capsys.readouterr()) + (tmp_path / "summary.json").read_text()
    assert not any(cell in said for cell in ("0000-", "Brightwater", "MAT3791"))


def test_the_summary_s_keys_and_their_order(tmp_path):
    reconcile(*PAIRS["CM"], tmp_path)
    found = summary(tmp_path)
    assert (
        list(found)
        == (
            "type school school_year rows_before rows_after counts unusable_before unusable_after set_apart_before set_apart_after "
            "repaired_cells equal_after_normalising columns files warnings"
        ).split()
    )
    assert found["columns"]["before"]["Section Description"] == "Description"
    assert found["columns"]["after"]["Code"] == " Code"


def test_course_marks_as_exported(tmp_path):
    reconcile(*PAIRS["CM"], tmp_path)
    assert summary(tmp_path)["counts"] == {
        "Perfectly Matched": 5,
        "Matched with Data Differences": 2,
        "Missing from PASI": 1,
        "Added New to PASI": 2,
    }


def test_sections_are_known_by_their_set_of_courses(tmp_path):
    reconcile(*PAIRS["SE"], tmp_path, kind="SE")
    with (tmp_path / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["Courses Offered"], line["Match Status"], line["Differences"]) for line in lines] == [
        ("MAT3791", "Matched with Data Differences", "Instructional Mins Offered"),
        ("SCN2231", "Matched with Data Differences", "Instructional Mins Offered"),
        ("CTR1010, CTR1210, PED1445", "Perfectly Matched", ""),
        ("MAT3791", "Perfectly Matched", ""),
    ]


def test_deleted_rows_take_part_unless_set_apart(tmp_path):
    reconcile(*PAIRS["CM"], tmp_path, "--set-deleted-apart")
    found = summary(tmp_path)
    assert (found["set_apart_before"], found["set_apart_after"]) == (0, 1)
    assert found["counts"]["Added New to PASI"] == 1
    assert found["rows_after"] == 9
    reconcile(QUIRKS / "plain.csv", QUIRKS / "plain.csv", tmp_path, "--set-deleted-apart")
    assert any("Deleted?" in warning for warning in summary(tmp_path)["warnings"])


def test_an_extra_column_is_compared_by_choice(tmp_path):
    reconcile(*PAIRS["CM"], tmp_path, "--also", "Deleted?", "--also", " Description", "--also", "Description")
    with (tmp_path / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file))
    assert header[-6:] == [
        "Deleted? (before)",
        "Deleted? (after)",
        " Description (before)",
        " Description (after)",
        "Differences",
        "Repaired",
    ]


def test_progress_rises_and_a_cancelled_run_leaves_nothing(tmp_path):
    said = []
    Run(Options("CM", xlsx=True), progress=lambda *one: said.append(one))(*PAIRS["CM"], tmp_path)
    rows = 8 + 9  # of both files: what is done is counted in rows, not in hundredths
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)
    assert [total for _, _, total in said][:2] == [None, None]
    assert {total for _, _, total in said[2:]} == {rows}
    assert said[-1][1] == rows
    assert all(words for words, _, _ in said)
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        Run(Options("CM"), cancelled=lambda: next(asked, True))(*PAIRS["CM"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_refused_says_its_notes():
    with pytest.raises(Refused, match="empty"):
        Run(Options("CM"))(QUIRKS / "refused_empty.csv", QUIRKS / "plain.csv", QUIRKS / "nowhere")
