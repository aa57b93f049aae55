"""A year that is not synchronized: nothing is sent before a person has seen what PASI holds now."""

import datetime as dt

import pytest

from operations.models import AuditEntry
from pasi_connect.models import EnrolmentCopy, Exchange, LinkState, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.decisions import historical
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import submissions
from sis.models import DataEvent
from sis.rules.school_year import SchoolYear
from tests import factories

pytestmark = pytest.mark.django_db

OLD = SchoolYear(2022)
DATES = {"start_date": dt.date(2021, 9, 1), "exit_date": dt.date(2022, 6, 27)}
MAY = dt.date(2022, 5, 13)


@pytest.fixture
def world(world):
    """PASI has told which years it takes."""
    assert reference.refresh()
    return world


@pytest.fixture
def old(world):
    """Five years back, as a first load would leave it: PASI now has another grade, and nobody here knows."""
    return in_pasi(world, Grade="07")


def in_pasi(world, year=OLD, **members):
    enrolment = world.here(year=year, **DATES)
    link = submissions.link_of(enrolment)
    world.pasi.load(StudentSchoolEnrolment=[{**world.document(enrolment, link.key), **members}])
    return enrolment


def read(world, enrolment):
    return historical.live_read(world.actor, enrolment)


def test_a_change_is_held_until_somebody_has_looked(world, old):
    submission = world.queue(old, exit_date=MAY)
    assert (submission.status, submission.reason) == (Status.HELD, "year_not_synchronized")
    read(world, old)
    submissions.release_held()
    submission.refresh_from_db()
    assert submission.status == Status.HELD  # reading alone decides nothing
    assert not world.pasi.calls()


def test_a_live_read_stores_what_pasi_holds_in_the_persons_name(world, old):
    picture = read(world, old)
    copy = world.copy(old)
    assert (copy.grade, copy.core_version, copy.provisional) == ("07", picture.version, False)
    asked = Exchange.objects.filter(operation="GetStudentSchoolEnrolment").latest("id")
    assert (asked.person_name, asked.organization) == (world.actor.name, "S.4801")


def test_confirmed_it_goes_out_and_replaces_what_was_seen(world, old):
    submission = world.queue(old, exit_date=MAY)
    picture = read(world, old)
    confirmed = historical.confirm(world.actor, old, picture.version)
    assert (confirmed.pk, confirmed.status) == (submission.pk, Status.WAITING)
    assert world.send(confirmed).status == Status.ACCEPTED
    theirs = world.theirs(old)
    assert (theirs["RegistrationExitDate"], theirs["Grade"]) == (MAY.isoformat(), "08")
    link = world.link(old)
    assert (link.agreed["grade"], link.agreed["exit_date"], link.kept) == ("08", MAY.isoformat(), {})
    assert AuditEntry.objects.filter(action="PASI read and replaced", subject_id=str(old.pk)).exists()


def test_the_next_change_needs_its_own_look(world, old):
    historical.confirm(world.actor, old, read(world, old).version)
    world.send(Submission.objects.get())
    again = world.queue(old, exit_date=MAY)
    assert (again.status, again.reason, again.live_version) == (Status.HELD, "year_not_synchronized", None)


def test_a_record_that_differs_can_be_sent_without_a_new_change(world, old):
    confirmed = historical.confirm(world.actor, old, read(world, old).version)
    assert confirmed.actor_name == world.actor.name
    assert world.send(confirmed).status == Status.ACCEPTED
    assert world.theirs(old)["Grade"] == "08"


def test_what_moved_since_the_person_looked_is_not_overwritten(world, old):
    world.queue(old, exit_date=MAY)
    seen = read(world, old).version
    world.change_in_pasi(old, Grade="06")
    with pytest.raises(historical.Moved):
        historical.confirm(world.actor, old, seen)
    assert world.copy(old).grade == "06"  # the new picture
    submission = Submission.objects.get()
    assert (submission.status, submission.live_version) == (Status.HELD, None)
    with pytest.raises(historical.Moved):
        historical.take(world.actor, old, seen)
    old.refresh_from_db()
    assert old.grade == "08"


def test_what_moves_between_the_look_and_the_call_is_pasis_to_refuse(world, old):
    world.queue(old, exit_date=MAY)
    confirmed = historical.confirm(world.actor, old, read(world, old).version)
    world.change_in_pasi(old, Grade="06")
    assert world.send(confirmed).status == Status.NEEDS_REVIEW
    assert world.theirs(old)["Grade"] == "06"


def test_another_persons_look_sends_a_confirmed_one_back(world, old):
    """PASI away between the decision and the call, and meanwhile somebody else has read a newer record."""
    world.queue(old, exit_date=MAY)
    confirmed = historical.confirm(world.actor, old, read(world, old).version)
    world.change_in_pasi(old, Grade="06")
    read(world, old)
    assert world.send(confirmed).status in (Status.HELD, Status.NEEDS_REVIEW)
    assert world.theirs(old)["Grade"] == "06"
    assert len(world.pasi.calls()) == 0


def test_taking_pasis_values_ends_what_was_queued(world, old):
    submission = world.queue(old, exit_date=MAY)
    seen = read(world, old).version
    historical.take(world.actor, old, seen, "PASIprep was right.")
    old.refresh_from_db()
    assert (old.grade, old.exit_date) == ("07", DATES["exit_date"])
    submission.refresh_from_db()
    assert (submission.status, submission.reason) == (Status.CANCELLED, "took_pasi")
    assert not DataEvent.objects.filter(origin="sis", collected_at=None).exists()
    assert not world.pasi.calls()


def test_equal_sides_end_a_needless_submission(world):
    enrolment = in_pasi(world, RegistrationExitDate=MAY.isoformat())
    submission = world.queue(enrolment, exit_date=MAY)
    read(world, enrolment)
    submission.refresh_from_db()
    assert submission.status == Status.NO_CHANGE
    with pytest.raises(historical.NotPossible, match="nothing to send"):
        historical.confirm(world.actor, enrolment, world.copy(enrolment).core_version)


def test_what_pasi_does_not_have_may_be_created_after_a_look(world):
    enrolment = world.here(year=OLD, **DATES)
    submission = world.queue(enrolment, exit_date=MAY)
    picture = read(world, enrolment)
    assert (picture.version, picture.hidden) == (0, False)
    with pytest.raises(historical.NotPossible, match="does not have this record"):
        historical.take(world.actor, enrolment, 0)
    confirmed = historical.confirm(world.actor, enrolment, 0)
    assert confirmed.pk == submission.pk
    assert world.send(confirmed).status == Status.ACCEPTED
    assert world.theirs(enrolment)["RegistrationExitDate"] == MAY.isoformat()


def test_a_copy_of_what_pasi_no_longer_has_counts_for_nothing(world, old):
    read(world, old)
    world.pasi.remove(world.link(old).key)
    assert read(world, old) == historical.Picture(0)
    assert EnrolmentCopy.objects.get().vanished_at
    assert world.send(historical.confirm(world.actor, old, 0)).status == Status.ACCEPTED


def test_what_pasi_hides_is_told(world):
    enrolment = in_pasi(world, SchoolCode="4901")
    assert read(world, enrolment) == historical.Picture(0, hidden=True)


def test_a_deletion_here_deletes_there_once_it_was_looked_at(world, old):
    world.queue(old, deleted=True)
    confirmed = historical.confirm(world.actor, old, read(world, old).version)
    assert world.send(confirmed).status == Status.ACCEPTED
    assert world.theirs(old)["IsDeleted"] is True


def test_years_beyond_what_pasi_takes_stay_held(world):
    enrolment = world.here(year=SchoolYear(2015), start_date=dt.date(2014, 9, 2), exit_date=dt.date(2015, 6, 26))
    submission = world.queue(enrolment, grade="09")
    assert (submission.status, submission.reason) == (Status.HELD, "year_closed")
    with pytest.raises(historical.NotPossible, match="no longer"):
        historical.confirm(world.actor, enrolment, read(world, enrolment).version)
    submissions.release_held()
    submission.refresh_from_db()
    assert submission.status == Status.HELD


def test_synchronized_and_future_years_need_no_reading(world):
    for year in (SchoolYear(2027), SchoolYear(2028)):
        with pytest.raises(historical.NotPossible):
            read(world, world.here(year=year))
    assert not Exchange.objects.filter(operation="GetStudentSchoolEnrolment").exists()


def test_with_pasi_away_nothing_is_asked_and_nothing_changes(world, old):
    submission = world.queue(old, exit_date=MAY)
    LinkState.objects.update(state=LinkState.State.DOWN)
    with pytest.raises(historical.NotRead):
        historical.confirm(world.actor, old, 0)
    LinkState.objects.update(state=LinkState.State.UP)
    world.pasi.knobs(fault={"code": "9001", "operation": "GetStudentSchoolEnrolment"})
    with pytest.raises(historical.NotRead):
        read(world, old)
    submission.refresh_from_db()
    assert (submission.status, submission.live_version) == (Status.HELD, None)


def test_nothing_is_decided_while_a_submission_flies(world, old):
    read(world, old)
    factories.submission(old, "in_flight", key=world.link(old).key)
    for act in (historical.confirm, historical.take):
        with pytest.raises(historical.NotPossible, match="on its way"):
            act(world.actor, old, world.copy(old).core_version)


def test_a_year_of_the_settings_window_is_compared_after_it_was_added(world):
    """Two years back, not chosen under Setup: read and sent as a historical one, compared as soon as it is chosen."""
    enrolment = in_pasi(world, SchoolYear(2026), RegistrationStartDate="2025-09-01", RegistrationExitDate="2026-06-26")
    enrolment.start_date, enrolment.exit_date = dt.date(2025, 9, 1), dt.date(2026, 6, 26)
    enrolment.save()
    assert world.queue(enrolment, grade="09").reason == "year_not_synchronized"
    confirmed = historical.confirm(world.actor, enrolment, read(world, enrolment).version)
    assert world.send(confirmed).status == Status.ACCEPTED
    world.set(historical_years=1)
    world.pull()
    assert world.item(enrolment) is None
