"""A submission's way to PASI and back, against the real simulator."""

import datetime as dt

import pytest

from pasi_connect.models import Submission
from pasi_connect.models.submission import Status

pytestmark = pytest.mark.django_db


def test_an_edit_is_in_pasi_and_in_step(world):
    enrolment = world.in_step()
    before = world.copy(enrolment).core_version
    sent = world.sync(enrolment, exit_date=dt.date(2027, 5, 14))
    assert sent.status == Status.ACCEPTED
    assert world.theirs(enrolment)["RegistrationExitDate"] == "2027-05-14"
    copy = world.copy(enrolment)
    assert (copy.provisional, copy.exit_date, copy.core_version) == (True, dt.date(2027, 5, 14), sent.core_version)
    assert sent.base_version == before
    assert world.item(enrolment) is None
    world.pull()
    copy = world.copy(enrolment)
    assert (copy.provisional, copy.core_version) == (False, sent.core_version)
    assert world.item(enrolment) is None
    assert Submission.objects.count() == 1
