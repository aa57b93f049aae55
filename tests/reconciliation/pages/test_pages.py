"""The pages: upload, check, run, look, download, remove; who sees what."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from operations.models import Job
from operations.rules.bodies import EXPORTS
from reconciliation.models import ReconciliationSettings, Run
from reconciliation.rules.statuses import DIFFERENT, MISSING
from tests import factories
from tests.reconciliation.conftest import sample, upload, work_off
from tests.reconciliation.files import DATA, QUIRKS

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"reconciliation:{name}", args=args)


@pytest.fixture
def client(officer):
    client = Client()
    client.force_login(officer)
    return client


def text(answer):
    assert answer.status_code == 200, answer.status_code
    body = answer.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", body[body.index("<main") : body.index("</main>")]).split())


def new(client, **given):
    return client.post(url("new"), {**sample(), "type": "", "school": "", "school_year": "", **given})


def the_run():
    return Run.objects.get()


def choose(client, run, do, **given):
    year = str(run.school_year) if run.school_year else ""
    return client.post(
        url("choose", run.pk), {"type": run.type, "school": run.school_code, "school_year": year, "do": do, **given}
    )


def test_from_the_upload_to_the_result(client):
    assert "No run yet" in text(client.get(url("runs")))
    answer = new(client)
    run = the_run()
    assert answer["Location"] == url("run", run.pk)
    said = text(client.get(url("run", run.pk)))
    assert "2027-9101-CM-BeforeDelete.csv" in said
    assert "Section Description" in said
    assert "as “Description”" in said
    choose(client, run, "compare", xlsx="on")
    assert "The files are being compared" in text(client.get(url("run", run.pk)))
    bar = client.get(url("progress", run.pk), headers={"HX-Request": "true"})
    assert 'hx-trigger="poll"' in bar.content.decode()
    work_off()
    assert client.get(url("progress", run.pk), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    run.refresh_from_db()
    said = text(client.get(url("run", run.pk)))
    counts = run.summary["counts"]
    total = sum(counts.values())
    assert f"{total - counts['Perfectly Matched']} of {total} records differ, are missing or are new" in said
    assert f"= {run.summary['rows_before']}; second file" in said
    assert "S.9101" in text(client.get(url("runs")))


def test_nothing_is_compared_before_somebody_says_so(client):
    new(client)
    assert not Job.objects.exists()


def test_missing_columns_stand_first_and_there_is_no_way_to_compare(client):
    new(client, type="CM", after=upload(QUIRKS / "refused_missing_columns.csv"))
    run = the_run()
    answer = client.get(url("run", run.pk))
    said = text(answer)
    assert "These files cannot be compared yet" in said
    assert "In PASIprep" in said
    assert 'value="compare"' not in answer.content.decode()
    choose(client, run, "compare")
    assert not Job.objects.exists()


def test_what_to_do_about_missing_columns_stands_once(client):
    new(client, type="CM", after=upload(QUIRKS / "refused_missing_columns.csv"))
    said = text(client.get(url("run", the_run().pk)))
    assert said.count("In PASIprep, open Columns, select all, and export again.") == 1
    assert "7 in both" in said and "5 missing" in said


def test_of_a_file_without_a_known_column_what_was_read_is_said_once(client):
    new(client, type="CM", after=upload(QUIRKS / "no_headers.csv"))
    said = text(client.get(url("run", the_run().pk)))
    assert said.count("none of the required columns are there") == 1
    assert "row 1, taken as the headers, has" in said and "with 0 rows" not in said
    assert "select all" not in said and "missing" not in said and "in both" not in said
    run = the_run()
    choose(client, run, "check", before=upload(QUIRKS / "no_headers.csv"))
    said = text(client.get(url("run", run.pk)))
    assert said.count("none of the required columns are there") == 2  # of each file once
    assert "Required column" not in said


def test_a_job_says_rows_and_claims_no_success_where_rows_differ(client, compared):
    run = compared()
    rows = run.summary["rows_before"] + run.summary["rows_after"]
    other = sum(run.summary["counts"].values()) - run.summary["counts"]["Perfectly Matched"]
    answer = f"{rows} rows: {other} to review"
    for page in (
        text(client.get(reverse("operations:jobs"))),
        text(client.get(reverse("operations:job", args=[run.job_id]))),
    ):
        assert answer in page
        assert "success" not in page and "records" not in page.replace("Work on many records", "")
    assert f"{rows} of {rows} rows" in page


def test_a_job_of_equal_files_says_so(client, compared):
    run = compared({"before": sample()["before"], "after": upload(DATA / "2027-9101-CM-BeforeDelete.csv", "other.csv")})
    rows = run.summary["rows_before"] * 2
    assert f"{rows} rows: All match" in text(client.get(reverse("operations:job", args=[run.job_id])))


def test_a_job_says_unusable_rows(client, compared):
    run = compared({"before": sample()["before"], "after": upload(QUIRKS / "asn_scientific.csv")}, type="CM")
    assert "unusable" in text(client.get(reverse("operations:job", args=[run.job_id])))


def test_the_missing_file_is_replaced_without_the_other_one(client):
    new(client, type="CM", after=upload(QUIRKS / "refused_missing_columns.csv"))
    run = the_run()
    choose(client, run, "check", after=sample()["after"])
    assert 'value="compare"' in client.get(url("run", run.pk)).content.decode()


def test_swapped_files_are_offered_to_be_turned(client):
    files = sample()
    new(client, before=files["after"], after=files["before"])
    run = the_run()
    assert "The files look swapped" in text(client.get(url("run", run.pk)))
    choose(client, run, "turn")
    assert "The files look swapped" not in text(client.get(url("run", run.pk)))
    assert run.files.get(side="before").name == "2027-9101-CM-BeforeDelete.csv"


def test_a_mismatch_with_the_choice_is_said_before_the_run(client):
    new(client, school="9102", type="EM")
    said = text(client.get(url("run", the_run().pk)))
    assert "says school 9101, but you chose 9102" in said
    assert "says CM, but you chose EM" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [({"before": ""}, "Before the delete"), ({"school": "91"}, "School"), ({"school_year": "2027"}, "2026-2027")],
)
def test_what_is_wrong_with_the_form_is_said(client, given, said):
    answer = new(client, **given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Run.objects.exists()


def test_a_file_beyond_the_limit_is_said(client, monkeypatch):
    monkeypatch.setitem(EXPORTS.most, "", 50)
    answer = new(client)
    assert answer.status_code == 422
    assert "The file is larger than" in answer.content.decode()


def test_an_upload_needs_the_form_token(officer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert new(client).status_code == 403
    page = client.get(url("new")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert new(client, csrfmiddlewaretoken=token).status_code == 302


def test_the_lines_of_each_filter(client, compared):
    run = compared()
    page = url("run", run.pk)
    for status, count in run.summary["counts"].items():
        assert f"Showing {count} of {count}" in text(client.get(page, {"status": status}))
    field = next(name for name, count in run.different_in.items() if count)
    assert f" of {run.different_in[field]}" in text(client.get(page, {"field": field}))
    assert "No rows match these filters" in text(client.get(page, {"course": "ZZZ"}))
    only = client.get(page, {"status": DIFFERENT, "only": "on", "blank": "on"})
    heads = re.findall(r'<th scope="col">([^<]+)', only.content.decode())[1:]
    assert set(heads) == {name for name, count in run.different_in.items() if count}
    assert client.get(page, {"after": "x"}).status_code == 404


def test_changed_and_repaired_cells_are_marked(client, compared):
    body = client.get(url("run", compared().pk), {"status": DIFFERENT}).content.decode()
    assert "&#x27;=" not in body, "what makes a cell harmless in a file is not shown"
    assert "<del>" in body
    assert "<ins" in body
    assert "repaired" in client.get(url("run", the_run().pk)).content.decode()


def some_asn(run, status=None):
    import csv

    with (run.result_place / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        return next(row["ASN"] for row in csv.DictReader(file) if status in (None, row["Match Status"]))


def test_a_student_is_found_and_does_not_stand_in_the_address(client, compared):
    run = compared()
    asn = some_asn(run)
    answer = client.post(url("find", run.pk), {"student": asn.replace("-", "")})
    assert asn not in answer["Location"]
    assert asn.replace("-", "") not in answer["Location"]
    assert set(re.findall(r"\d{4}-\d{4}-\d\b", text(client.get(answer["Location"])))) == {asn}
    missed = client.post(url("find", run.pk), {"student": "Nobody Atall"}, follow=True)
    assert "No row for this student" in missed.content.decode()


def test_a_student_of_the_schools_has_a_name_and_a_link(client, compared):
    run = compared()
    school = factories.SchoolFactory(code="9101")
    student = factories.EnrolmentFactory(school=school, student__asn=some_asn(run).replace("-", "")).student
    body = client.get(url("run", run.pk)).content.decode()
    assert reverse("sis:student", args=[student.pk]) in body
    found = client.post(url("find", run.pk), {"student": student.legal_last_name})
    assert "like=" in found["Location"]


def test_what_moved_since_the_run_before(client, compared):
    first = compared()
    files = sample()
    second = compared(
        {
            "before": files["before"],
            "after": upload(DATA / "2027-9101-CM-BeforeDelete.csv", "2027-9101-CM-AfterUpload.csv"),
        }
    )
    counts = second.moved["counts"]
    assert second.moved["run"] == first.pk
    assert counts["Missing from PASI>Perfectly Matched"] == first.summary["counts"][MISSING]
    assert counts["Added New to PASI>"] == first.summary["counts"]["Added New to PASI"]
    assert not [key for key in counts if key.startswith(">")]
    said = text(client.get(url("run", second.pk)))
    assert "Since the last run of this school" in said
    told = text(client.get(url("run", second.pk), {"moved": "1", "was": MISSING}))
    assert f"Showing {first.summary['counts'][MISSING]} of {first.summary['counts'][MISSING]}" in told
    third = compared(
        {
            "before": sample()["before"],
            "after": upload(DATA / "2027-9101-CM-BeforeDelete.csv", "2027-9101-CM-AfterUpload.csv"),
        }
    )
    assert third.moved["counts"] == {}
    assert "Nothing has changed since" in text(client.get(url("run", third.pk)))


def test_runs_of_another_kind_year_or_school_are_no_run_before(compared):
    compared()
    assert compared(school="9102").moved is None
    assert compared(school_year="2025-2026").moved is None
    assert compared(sample("EM")).moved is None


def test_unusable_rows_have_a_page_of_their_own(client, compared):
    bad = QUIRKS / "asn_blank.csv"
    run = compared({"before": upload(bad), "after": upload(bad)}, type="CM")
    assert "Unusable" in text(client.get(url("run", run.pk)))
    said = text(client.get(url("unusable", run.pk)))
    assert "could not be used" in said
    assert "ASN: blank" in said
    assert client.get(url("download", run.pk, "unusable.csv")).status_code == 200


@pytest.mark.parametrize("kind", ["EM", "SE"])
def test_the_other_kinds_have_pages_too(kind, client, compared):
    run = compared(sample(kind))
    said = text(client.get(url("run", run.pk)))
    assert ("Student and course" in said) == (kind == "EM")
    assert text(client.get(url("summary", run.pk)))


def test_the_summary_names_no_student(client, compared):
    run = compared()
    said = text(client.get(url("summary", run.pk)))
    assert not re.findall(r"\d{4}-\d{4}-\d\b", said.replace("2026-2027", ""))
    assert "SHA-256" in said


def test_downloads(client, compared):
    run = compared(xlsx=True)
    for name, start in (("result.csv", b"\xef\xbb\xbf"), ("result.xlsx", b"PK"), ("summary.json", b"{")):
        answer = client.get(url("download", run.pk, name))
        assert b"".join(answer.streaming_content).startswith(start)
        assert answer["Cache-Control"] == "private, no-store"
    for name in ("rows.parquet", "unusable.csv", "..", "before"):
        assert client.get(f"/reconciliation/{run.pk}/files/{name}").status_code == 404


def test_cancelled_and_started_again(client):
    new(client)
    run = the_run()
    choose(client, run, "compare")
    client.post(url("cancel", run.pk))
    said = text(client.get(url("run", run.pk)))
    assert "The last attempt was cancelled" in said
    choose(client, run, "compare")
    work_off()
    assert the_run().is_done


def test_removed(client, compared):
    run = compared()
    answer = client.post(url("remove", run.pk), follow=True)
    assert "The run and its files are removed" in answer.content.decode()
    assert not Run.objects.exists()


def test_how_long_runs_are_kept_is_set_here(client):
    client.post(url("keeping"), {"version": 1, "keep_days": 30})
    assert ReconciliationSettings.load().keep_days == 30
    assert client.post(url("keeping"), {"version": 2, "keep_days": 0}).status_code == 422
    answer = client.post(url("keeping"), {"version": 1, "keep_days": 60}, follow=True)
    assert "somebody else" in answer.content.decode()
    assert ReconciliationSettings.load().keep_days == 30


def test_what_people_typed_is_text(client):
    evil = "<img src=x onerror=alert(1)>.csv"
    new(client, type="CM", before=upload(DATA / "2027-9101-CM-BeforeDelete.csv", evil))
    body = client.get(url("run", the_run().pk)).content.decode()
    assert "<img src=x" not in body
    assert "&lt;img src=x" in body


def test_a_run_of_another_school_does_not_exist(compared):
    run = compared()
    from django.contrib.auth.models import Permission

    user = factories.UserFactory(role="Registrar", schools=[factories.SchoolFactory(code="9102")])
    user.user_permissions.add(Permission.objects.get(codename="reconciliation"))
    client = Client()
    client.force_login(user)
    for name in ("run", "progress", "unusable", "summary"):
        assert client.get(url(name, run.pk)).status_code == 404
    for name in ("choose", "cancel", "remove", "find"):
        assert client.post(url(name, run.pk)).status_code == 404
    assert client.get(url("download", run.pk, "result.csv")).status_code == 404
    answer = new(client)
    assert answer.status_code == 422
    assert "which is not one of your schools" in answer.content.decode()
    assert Run.objects.count() == 1
    unnamed = {
        side: upload(DATA / f"2027-9101-CM-{name}.csv", "x.csv")
        for side, name in (("before", "BeforeDelete"), ("after", "AfterUpload"))
    }
    client.post(url("new"), {**unnamed, "school": "9102"})
    mine = Run.objects.get(school_code="9102")
    answer = choose(client, mine, "check", school="", after=sample()["after"])
    assert answer.status_code == 422
    mine.refresh_from_db()
    assert mine.school_code == "9102"
