"""A database of the past, a demo with changes, decisions and failures, is brought to the present: nothing of it is lost."""

import gzip
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import connection

from tests import upgrading

ROOT = Path(__file__).resolve().parent.parent.parent
DUMP = ROOT / "tests" / "data" / "demo-ref-ids.json.gz"


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """The environment of a new database beside the one of the tests."""
    given = {name: value for name, value in os.environ.items() if name not in ("DEMO", "DATABASE_URL", "REDIS_URL")}
    given |= {"PRODUCTION": "0", "DATA_DIR": str(tmp_path / "data")}
    if connection.vendor != "postgresql":
        yield given
        return
    name, url = f"upgrade_{uuid.uuid4().hex[:12]}", os.environ["DATABASE_URL"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield {**given, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}", "REDIS_URL": os.environ.get("REDIS_URL", "")}
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow_process
@pytest.mark.timeout(600)
def test_a_demo_of_the_past_keeps_every_key_and_its_work(database):
    past = json.loads(gzip.decompress(DUMP.read_bytes()))["tables"]
    command = [sys.executable, "-m", "tests.upgrading", str(DUMP)]
    done = subprocess.run(command, cwd=ROOT, env=database, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    now = json.loads(done.stdout.splitlines()[-1])

    def before(name):
        return upgrading.rows(past, f"pasi_connect_{name}")

    assert now["links"] == {str(row["enrolment_id"]): row["ref_id"] for row in before("enrolmentlink")}
    assert now["copies"] == sorted(row["ref_id"] for row in before("enrolmentcopy"))
    assert now["items"] == {
        str(row["id"]): [row["ref_id"], row["enrolment_id"], row["kind"]] for row in before("discrepancy")
    }
    assert now["submissions"] == {str(row["id"]): [row["ref_id"], row["subject_id"]] for row in before("submission")}
    assert now["records"] == {
        str(row["id"]): [row["ref_id"] or "", row["subject_id"]] for row in before("actionrecord")
    }
    # Columns that came later are filled from the documents: those of every student at least.
    status, filled, failed = now["refilled"]["job"]
    assert (status, failed, now["refilled"]["left"]) == ("completed", 0, 0)
    assert filled >= now["refilled"]["students"] > 0
    assert len(now["failures"]) == len(before("failure"))
    assigned = [*upgrading.rows(past, "alerts_assignment"), *upgrading.rows(past, "alerts_snooze")]
    assert now["assigned"] == sorted(row["ref_id"] for row in assigned)
    # Whatever differed, waits or is stuck still does, and the rest is in step.
    needs_review = [row for row in before("submission") if row["status"] == "needs_review"]
    assert {now["states"][str(row["subject_id"])][0] for row in needs_review} == {"needs_review"}
    open_ones = [row["enrolment_id"] for row in before("discrepancy") if row["status"] == "open" and row["undecided"]]
    assert {now["states"][str(pk)][0] for pk in open_ones if pk} <= {"differs", "needs_review"}
    assert "in_step" in {state for state, _ref in now["states"].values()}
    # An external ID that two schools had is told apart by its source; all others are the district's.
    first, other = upgrading.share_external_id(past)
    schools = {row["id"]: row["code"] for row in upgrading.rows(past, "sis_school")}
    for row in upgrading.rows(past, "sis_schoolenrolment"):
        source = f"S.{schools[row['school_id']]}" if row["id"] == other else ""
        assert now["external"][str(row["id"])] == [row["external_id"], source]
    assert now["external"][str(first)][0] == now["external"][str(other)][0] is not None
