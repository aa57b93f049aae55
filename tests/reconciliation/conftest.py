"""Runs by the real services: people, uploads of the sample files, jobs worked off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from operations.actor import of_user
from operations.models import Job, User
from operations.services import jobs
from reconciliation.models import Run
from reconciliation.services import runs
from tests import factories
from tests.reconciliation.files import DATA


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def officer(db) -> User:
    return factories.UserFactory(username="district", role="District officer")


def upload(path: Path, name: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name or path.name, path.read_bytes(), content_type="text/csv")


def sample(kind: str = "CM") -> dict[str, Any]:
    return {
        "before": upload(DATA / f"2027-9101-{kind}-BeforeDelete.csv"),
        "after": upload(DATA / f"2027-9101-{kind}-AfterUpload.csv"),
    }


def work_off() -> None:
    """What the jobs' worker does."""
    for pk in Job.objects.filter(status=Job.Status.QUEUED).values_list("pk", flat=True):
        jobs.run(pk)


@pytest.fixture
def compared(officer) -> Callable[..., Run]:
    """A run of the uploads (the sample files of course marks), compared."""

    def make(uploads: dict[str, Any] | None = None, user: User | None = None, **choices: Any) -> Run:
        actor = of_user(user or officer)
        run = runs.make(actor, runs.Choices(**choices), uploads or sample())
        runs.check(actor, run)
        runs.start(actor, run)
        work_off()
        run.refresh_from_db()
        return run

    return make
