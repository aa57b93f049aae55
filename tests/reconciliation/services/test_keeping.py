"""Old runs go with their files; folders of no run go too, when nobody can be writing to them."""

import datetime as dt
import os
import time

import pytest

from operations import clock, offers
from operations.actor import of_user
from operations.models import AuditEntry
from operations.services import keeping as retention
from reconciliation.models import ReconciliationSettings, Run
from reconciliation.services import keeping, runs
from tests.reconciliation.conftest import sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def aged(officer):
    """Makes a run `days` old."""

    def make(days):
        run = runs.make(of_user(officer), runs.Choices(), sample())
        Run.objects.filter(pk=run.pk).update(created_at=clock.now() - dt.timedelta(days=days))
        return run

    return make


def removed():
    return retention.remove(offers.retention["reconciliations"])


def test_runs_go_after_their_days(aged, django_capture_on_commit_callbacks):
    old, young = aged(91), aged(89)
    with django_capture_on_commit_callbacks(execute=True):
        assert removed() == 1
    assert list(Run.objects.values_list("pk", flat=True)) == [young.pk]
    assert not old.place.exists()
    assert young.place.exists()
    assert AuditEntry.objects.get(action="reconciliation removed").user_id is None
    ReconciliationSettings.objects.create(keep_days=30)
    assert removed() == 1


def test_a_run_at_work_stays_until_it_has_ended(aged, officer):
    run = aged(91)
    runs.start(of_user(officer), run)
    assert removed() == 0
    assert Run.objects.count() == 1


def test_folders_of_no_run_go_after_a_day(aged, media):
    kept = aged(1)
    left = [media / "reconciliation" / name for name in ("old", "young")]
    for folder in left:
        folder.mkdir()
        (folder / "file").write_text("x")
    day = dt.timedelta(days=2).total_seconds()
    # By the clock that the product compares with: the file system's may be another one.
    stamp, now = time.time() - day, time.time()
    os.utime(left[1], (now, now))
    os.utime(left[0], (stamp, stamp))
    os.utime(kept.place, (stamp, stamp))
    assert keeping.remove_left() == 1
    assert [folder.exists() for folder in (*left, kept.place)] == [False, True, True]


def test_the_tick_looks_after_them(aged, monkeypatch):
    monkeypatch.setattr(retention, "_next", {})
    aged(91)
    offers.chores["retention"]()
    assert not Run.objects.exists()
    aged(91)
    offers.chores["retention"]()
    assert Run.objects.exists(), "ten minutes have not passed"
