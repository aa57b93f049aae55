"""The reconciliation over the API: upload, check, lines, downloads, scope."""

import csv
import io
import json

import pytest

from operations.models import Job
from operations.rules.bodies import EXPORTS
from reconciliation.models import Run
from tests import factories
from tests.api.conftest import client_of, faulty_fields, problem
from tests.reconciliation.conftest import sample, upload, work_off
from tests.reconciliation.files import DATA, QUIRKS

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(officer):
    return client_of(officer)


def post(api, **given):
    return api.post("reconciliations/", {"type": "CM", **sample(), **given}, format="multipart")


def body(response):
    return b"".join(response.streaming_content)


def test_two_files_become_a_result(api):
    answer = post(api, xlsx="true")
    assert answer.status_code == 202, answer.content
    started = answer.json()
    assert api.get(f"reconciliations/{started['id']}/").json()["status"] == "comparing"
    assert problem(api.get(f"reconciliations/{started['id']}/rows/"), 409)
    work_off()
    run = api.get(f"reconciliations/{started['id']}/").json()
    assert (run["status"], run["school"], run["school_year"], run["job"]) == (
        "done",
        "9101",
        "2026-2027",
        started["job"],
    )
    stored = json.loads(body(api.get(f"reconciliations/{run['id']}/summary.json/")))
    assert run["summary"] == stored
    lines = list(
        csv.DictReader(
            io.StringIO(body(api.get(f"reconciliations/{run['id']}/result.csv/")).decode("utf-8-sig"), newline="")
        )
    )
    assert len(lines) == sum(stored["counts"].values())
    sheet = api.get(f"reconciliations/{run['id']}/result.xlsx/")
    assert body(sheet).startswith(b"PK")
    assert sheet["Content-Disposition"] == 'attachment; filename="2027-9101-CM-result.xlsx"'
    assert sheet["Cache-Control"] == "private, no-store"
    assert [item["id"] for item in api.get("reconciliations/?school=9101&type=CM&status=done").json()["results"]] == [
        run["id"]
    ]
    assert api.get("reconciliations/?type=SE").json()["results"] == []


def test_lines_are_those_of_the_csv_and_can_be_filtered(api, compared):
    run = compared()
    address = f"reconciliations/{run.pk}/rows/"
    rows = api.get(address).json()["results"]
    assert [row["line"] for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == sum(run.summary["counts"].values())
    for status, count in run.summary["counts"].items():
        assert len(api.get(address, {"status": status}).json()["results"]) == count
    for name, count in run.different_in.items():
        found = api.get(address, {"field": name}).json()["results"]
        assert len(found) == count
        assert all(name in row["differences"] for row in found)
    one = next(row for row in rows if row["before"] and row["after"])
    of_one = api.get(address, {"asn": one["key"]["ASN"]}).json()["results"]
    assert {row["key"]["ASN"] for row in of_one} == {one["key"]["ASN"]}
    course = one["key"]["Code"].lower()
    assert all(row["key"]["Code"] == course.upper() for row in api.get(address, {"course": course}).json()["results"])


def test_pages_of_lines_lose_nothing(api, compared, monkeypatch):
    run = compared()
    monkeypatch.setattr("reconciliation.api.runs.SIZE", 3)
    address, seen = f"/api/v1/reconciliations/{run.pk}/rows/", []
    while address:
        page = api.get(address).json()
        seen += [row["line"] for row in page["results"]]
        address, last = page["next"], page
    assert seen == list(range(1, sum(run.summary["counts"].values()) + 1))
    back = api.get(last["previous"]).json()["results"]
    assert [row["line"] for row in back] == [row["line"] - 3 for row in last["results"]] or back[-1]["line"] == last[
        "results"
    ][0]["line"] - 1


@pytest.mark.parametrize(
    "asked", [{"status": "Lost"}, {"field": "Colour"}, {"asn": "12"}, {"after": "x"}, {"sort": "asn"}]
)
def test_a_filter_that_cannot_be_used_is_named(api, compared, asked):
    assert faulty_fields(api.get(f"reconciliations/{compared().pk}/rows/", asked)) == set(asked)


def test_files_that_cannot_be_compared_are_refused_by_name(api, media):
    answer = post(api, after=upload(QUIRKS / "refused_missing_columns.csv"))
    assert faulty_fields(answer) == {"after"}
    assert "Assignment Date" in answer.content.decode() or "required column" in answer.content.decode()
    assert not Run.objects.exists()


def test_what_is_refused_leaves_no_file(api, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        post(api, after=upload(QUIRKS / "refused_missing_columns.csv"))
    assert list((media / "reconciliation").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"type": "XX"}, {"type"}),
        ({"before": ""}, {"before"}),
        ({"school": "Lantern"}, {"school"}),
        ({"school_year": "2027"}, {"school_year"}),
        ({"compare_extra": ["No such column"]}, {"before", "after"}),
        ({"compare_extra": ["Last Updated"]}, {""}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_values_that_cannot_be_used(api, given, wrong):
    assert faulty_fields(post(api, **given)) == wrong


def test_extra_columns_are_compared_by_choice(api):
    run = post(api, compare_extra=["Student Name", "Deleted?"], set_apart_deleted="true").json()["id"]
    work_off()
    row = api.get(f"reconciliations/{run}/rows/").json()["results"][0]
    assert {"Student Name", "Deleted?"} <= set((row["before"] or row["after"]).keys())


def test_a_dry_run_answers_the_check_and_keeps_nothing(api, media):
    answer = post(
        api, dry_run="true", after=upload(QUIRKS / "refused_missing_columns.csv", "2027-9102-CM-BeforeDelete.csv")
    )
    assert answer.status_code == 200
    told = answer.json()
    assert not told["is_clean"]
    assert told["after"]["missing"]
    assert told["before"]["missing"] == []
    assert len(told["warnings"]) == 2, "two schools, and twice the same side"
    assert not Run.objects.exists()
    assert list((media / "reconciliation").iterdir()) == []


def test_a_file_beyond_the_limit_is_named(api, monkeypatch, media):
    monkeypatch.setitem(EXPORTS.most, "", 100)
    assert faulty_fields(post(api)) == {"before", "after"}


def test_json_is_no_upload(api):
    assert api.post("reconciliations/", {"type": "CM"}, format="json").status_code == 415


def test_a_run_is_removed_with_its_files(api, compared, django_capture_on_commit_callbacks):
    run = compared()
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(f"reconciliations/{run.pk}/").status_code == 204
    assert not run.place.exists()
    assert api.get(f"reconciliations/{run.pk}/").status_code == 404


def test_a_run_at_work_is_not_removed(api):
    run = post(api).json()["id"]
    assert problem(api.delete(f"reconciliations/{run}/"), 409)


def test_there_is_no_download_of_what_was_not_made(api, compared):
    run = compared(sample("SE"), type="SE", xlsx=False)
    assert problem(api.get(f"reconciliations/{run.pk}/result.xlsx/"), 404)


# Who


@pytest.fixture
def limited(db):
    """Somebody with the permission at one school only."""
    school = factories.SchoolFactory(code="9101")
    user = factories.UserFactory(role="Registrar", schools=[school])
    user.user_permissions.add(*_permission())
    return user


def _permission():
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename="reconciliation")


def test_without_the_permission_nothing(compared):
    run = compared()
    api = client_of(factories.UserFactory(role="Registrar", schools=[factories.SchoolFactory(code="9101")]))
    for answer in (
        api.get("reconciliations/"),
        api.get(f"reconciliations/{run.pk}/"),
        post(api),
        api.delete(f"reconciliations/{run.pk}/"),
    ):
        assert problem(answer, 403)


def test_runs_of_other_schools_do_not_exist(compared, limited):
    own, foreign, open_one = (
        compared(),
        compared(school="9102"),
        compared(
            {
                side: upload(DATA / f"2027-9101-CM-{name}.csv", "x.csv")
                for side, name in (("before", "BeforeDelete"), ("after", "AfterUpload"))
            }
        ),
    )
    assert (own.school_code, foreign.school_code, open_one.school_code) == ("9101", "9102", "")
    api = client_of(limited)
    assert [item["id"] for item in api.get("reconciliations/").json()["results"]] == [own.pk]
    for run in (foreign, open_one):
        for path in ("", "rows/", "result.csv/"):
            assert problem(api.get(f"reconciliations/{run.pk}/{path}"), 404)
        assert problem(api.delete(f"reconciliations/{run.pk}/"), 404)


def test_a_run_of_another_school_cannot_be_made(limited):
    api = client_of(limited)
    assert faulty_fields(post(api, school="9102")) == {"school"}
    foreign = {**sample(), "before": upload(DATA / "2027-9101-CM-BeforeDelete.csv", "2027-9102-CM-BeforeDelete.csv")}
    foreign["after"].name = "2027-9102-CM-AfterUpload.csv"
    assert faulty_fields(post(api, **foreign)) == {"school"}
    assert not Run.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-ndjson"])
def test_another_kind_of_body_is_told_which_one_is_wanted(api, kind):
    answer = api.post("reconciliations/", data="{}", content_type=kind)
    assert answer.status_code == 415
    problem = answer.json()
    assert problem["title"] == "The body must be multipart/form-data"
    assert "with the two files as “before” and “after”" in problem["detail"]
    assert "JSON" not in problem["title"]
