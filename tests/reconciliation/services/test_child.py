"""Files are read by a child process with limits, or by a job; never by the process that serves pages."""

import pytest

from reconciliation.models import Run
from reconciliation.rules.notes import Refused
from reconciliation.services import checking, child
from reconciliation.services.checking import File
from tests.reconciliation.conftest import upload, work_off
from tests.reconciliation.files import DATA, QUIRKS
from tests.reconciliation.test_api import api, post  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def files(name: str = "workbook.xlsx") -> dict[str, File]:
    return {side: File(QUIRKS / name, name) for side in checking.SIDES}


def test_the_child_says_what_the_job_would():
    for name in ("workbook.xlsx", "plain.csv", "refused_missing_columns.csv"):
        assert checking.checked_apart(files(name), "CM") == checking.checked(files(name), "CM")


def test_the_kind_is_told_by_the_columns():
    path = DATA / "2027-9101-SE-BeforeDelete.csv"
    assert checking.likely_type(File(path, "renamed.csv")) == "SE"


@pytest.fixture
def large(tmp_path) -> dict[str, File]:
    """Rows that are shorter than their five hundred headers: what they become does not fit into the limit."""
    path = tmp_path / "large.csv"
    path.write_text(",".join(f"h{n}" for n in range(500)) + "\n" + "1\n" * 200_000)
    return {side: File(path, "large.csv") for side in checking.SIDES}


def test_a_child_that_meets_its_limit_is_a_refusal_in_words(large, monkeypatch):
    monkeypatch.setattr(child, "MEMORY", 40 * 1024**2)
    with pytest.raises(Refused) as refused:
        child.answer_of_child(large, "CM")
    assert [note.code for note in refused.value.notes] == ["both_too_costly"]
    found = checking.checked_apart(large, "CM")
    assert found["before"]["faults"][0]["code"] == "both_too_costly"
    assert checking.likely_type(large["before"]) == "CM"


def test_a_dry_run_of_large_files_is_a_job_that_keeps_nothing(api, monkeypatch, media):  # noqa: F811
    quick = post(api, dry_run="true").json()
    monkeypatch.setattr(checking, "AT_ONCE", 0)
    answer = post(api, dry_run="true")
    assert answer.status_code == 202
    assert answer.json().keys() == {"job"}
    work_off()
    job = api.get(f"jobs/{answer.json()['job']}/").json()
    assert job["status"] == "completed"
    assert job["result"]["check"] == quick
    assert not Run.objects.exists()
    assert list((media / "reconciliation").iterdir()) == []


def test_the_process_that_serves_pages_reads_no_file(api, monkeypatch):  # noqa: F811
    """Whatever would open one in this process raises."""
    from reconciliation.engine import opening

    def never(*args, **more):
        raise AssertionError("read here")

    monkeypatch.setattr(opening, "_open", never)
    assert post(api, dry_run="true").json()["faults"] == []
    assert post(api).status_code == 202
    assert (
        post(api, after=upload(QUIRKS / "refused_missing_columns.csv", "2027-9101-CM-AfterUpload.csv")).status_code
        == 400
    )
