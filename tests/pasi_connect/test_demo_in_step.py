"""The demo comes up in step at whatever moment it is made: both sides, all of PASI's news, compared, as `make run` does it."""

import pytest

from operations import clock
from pasi_connect.demo import making
from pasi_connect.demo.certificates import DEMO_ORGANIZATION
from pasi_connect.models import Discrepancy, EnrolmentCopy, LinkState, StudentCopy, Submission, SyncSettings
from pasi_connect.selectors import in_step
from pasi_connect.services.pull import pulling, reference
from pasi_connect.soap import gateway
from sis.models import Student
from sis.rules.school_year import SchoolYear
from sis.rules.student import expected
from sis.services import students
from tests.moments import at
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def pasi(tmp_path):
    """An empty PASI of its own, which knows the demo's authority."""
    running = SimulatorProcess(tmp_path, DEMO_ORGANIZATION)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    "hour",
    [
        "the hour that comes twice",
        "the last day of a school year",
        "the first day of a school year",
        "the day of a leap year",
    ],
)
def test_the_demo_comes_up_in_step(pasi, hour):
    with at(hour):
        pasi.knobs(today=clock.today().isoformat(), node_wait_ms=50)
        gateway._local.__dict__.clear()
        assert making.prepare(pasi.port, pasi.files.directory)
        assert not in_step()
        assert making.fill_simulator(pasi.control_port)
        LinkState.objects.update_or_create(pk=1, defaults={"state": LinkState.State.UP})
        assert reference.refresh()
        assert SyncSettings.load().current_school_year == SchoolYear.of(clock.today())
        puller = pulling.Puller()
        for _ in range(20):
            assert puller.ask(0).good
            if not puller.full:
                break
        assert in_step()
        assert EnrolmentCopy.objects.count() > 400
        assert not Discrepancy.objects.filter(status="open").exists()
        assert not Submission.objects.exists()
        copies = {copy.asn: copy for copy in StudentCopy.objects.all()}
        known = [student for student in Student.objects.all() if student.asn in copies]
        assert len(known) > 400  # PASI shows nobody who left more than a year ago
        for student in known:
            copy = copies[student.asn]
            theirs = {name: getattr(copy, name) for name in students.EDITABLE}
            assert students.values(student) == theirs
            students.check(theirs)
            assert not expected(theirs, clock.today())
