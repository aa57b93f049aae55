"""A right that is taken away ends what goes on with it: jobs of every kind between two chunks, planned actions on their day."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection

from operations import clock, offers
from operations.actor import of_user
from operations.models import Notice, User
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, EnrolmentCopy, MissingRecord, SyncCursor
from pasi_connect.services import archiving, first_reading
from pasi_connect.services.decisions import bulk, taking_back
from pasi_connect.services.pull import refilling, vanishing
from pasi_connect.services.queue import forcing
from reconciliation.services import checking, runs
from registrar.services import exit_codes, year_end
from registrar.services.actions import schedule
from sis.models import DataEvent, SchoolAccess, SchoolEnrolment
from sis.services.loading import loads
from sis.services.loading.resources import RESOURCES
from tests import factories
from tests.pasi_connect.world import YEAR
from tests.reconciliation.conftest import sample
from tests.registrar.services.actions.test_transferring import student, transfer  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(world):
    """Holds every permission, at one school."""
    role = Group.objects.create(name="Everything here")
    every = Permission.objects.filter(content_type__app_label="operations", codename__in=dict(User._meta.permissions))
    role.permissions.set(every.exclude(codename="all_schools"))
    made = factories.UserFactory(schools=[world.school])
    made.groups.set([role])
    return made


def concurrent(world):
    factories.CalendarFactory(school=world.school, school_year=YEAR)
    for _ in range(3):
        factories.EnrolmentFactory(
            school=world.school, school_year=YEAR, concurrent=True, exit_date=dt.date(2027, 7, 9)
        )


def rehearse(world, actor):
    concurrent(world)
    return year_end.rehearse(actor, year_end.scope_now(YEAR, world.school.code, True)).job


def close(world, actor):
    rehearsal = rehearse(world, actor)
    jobs.run(rehearsal.pk)
    return year_end.start(actor, rehearsal.inputs["rehearsal"]).job


def set_codes(world, actor, at_once=False):
    concurrent(world)
    rows = SchoolEnrolment.objects.order_by("pk").values_list("pk", "revision", "exit_code")
    action, left = exit_codes.change(actor, exit_codes.Chosen.of(rows, "A7"), "A7", "As told.")
    assert not left
    return action if at_once else action.job


def take_back(world, actor):
    job = set_codes(world, actor)
    jobs.run(job.pk)
    return taking_back.start(actor, job.inputs["action"], "A mistake.")


def decide(world, actor):
    for enrolment in [world.here() for _ in range(3)]:
        factories.link_and_copy(enrolment)
        factories.changed_in_pasi(enrolment, grade="09")
    items = selectors.discrepancies(User.objects.get(pk=actor.user_id))
    return bulk.start(actor, items, bulk.Choice("accept"), {})[1]


def send_school(world, actor, dry_run=False):
    world.all_in_step(3)
    return forcing.start(actor, world.school, ENTITY, dry_run=dry_run)


def let_vanish(world, actor):
    name, now = f"{EnrolmentCopy.notification_type}.{YEAR.ending}", clock.now()
    cursor, _made = SyncCursor.objects.update_or_create(notification_type=name, defaults={"guard_stopped_at": now})
    for enrolment in [world.here() for _ in range(3)]:
        copy = factories.link_and_copy(enrolment)
        MissingRecord.objects.create(cursor=cursor, stopped_at=now, key=factories.link_of(enrolment).key)
        assert copy
    return vanishing.approve(actor, name, now.isoformat())


def run_of(world, actor):
    school = factories.SchoolFactory(code="9101")
    SchoolAccess.objects.create(user_id=actor.user_id, school=school)
    return runs.make(actor, runs.Choices(), sample())


def check_columns(world, actor):
    run = run_of(world, actor)
    return jobs.start(actor, runs.CHECK, {"run": run.pk})


def check_only(world, actor):
    SchoolAccess.objects.create(user_id=actor.user_id, school=factories.SchoolFactory(code="9101"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "AT_ONCE", 0)  # else it is done at once, without a job
        return runs.check_only(actor, runs.Choices(), sample(), lambda whose: None).job


def compare(world, actor):
    run = run_of(world, actor)
    runs.check(actor, run)
    return runs.start(actor, run)


def load_records(world, actor):
    User.objects.get(pk=actor.user_id).user_permissions.add(Permission.objects.get(codename="all_schools"))
    line = '{"external_id": "st-%d", "legal_first_name": "Ada", "legal_last_name": "Varga", "birth_date": "2011-03-04"}'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loads, "AT_ONCE", 0)  # else it is done at once, without a job
        return loads.receive(actor, RESOURCES["students"], "", [(n, (line % n).encode()) for n in (1, 2, 3)])


def archive(world, actor):
    User.objects.get(pk=actor.user_id).user_permissions.add(Permission.objects.get(codename="all_schools"))
    long_ago = clock.now() - dt.timedelta(days=500)
    for record in (901, 902, 903, 904):  # the newest event of all stays
        DataEvent.objects.create(at=long_ago, collected_at=long_ago, entity="school_enrolment", subject_id=record)
    return archiving.start(actor)


START = {
    archiving.JOB: archive,
    loads.JOB: load_records,
    year_end.REHEARSAL: rehearse,
    year_end.RUN: close,
    exit_codes.JOB: set_codes,
    taking_back.JOB: take_back,
    bulk.JOB: decide,
    forcing.JOB: send_school,
    forcing.PREVIEW: lambda world, actor: send_school(world, actor, dry_run=True),
    vanishing.JOB: let_vanish,
    runs.CHECK: check_columns,
    runs.PREVIEW: check_only,
    runs.COMPARE: compare,
}
# What a job's row is told between two chunks. A check of columns is one chunk: its rights go before it.
BETWEEN = {runs.CHECK: '"status"', runs.PREVIEW: '"status"', runs.COMPARE: '"stage"'}
TAKE = {
    "person": lambda person: User.objects.filter(pk=person.pk).update(is_active=False),
    "permission": lambda person: person.groups.clear(),
    "schools": lambda person: (SchoolAccess.objects.filter(user=person).delete(), person.user_permissions.clear()),
}
WHY = {
    "person": "can no longer sign in",
    "permission": "no longer has the permission",
    "schools": "no longer has access to all of the schools",
}


def taking(person, what, kind):
    """Takes the right away between two chunks: as soon as the job's row has been told that the first one is done."""
    done, column = [], BETWEEN.get(kind, '"mark"')
    before = [None] if kind == bulk.JOB else []  # what a bulk leaves out comes before its first chunk

    def watch(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if not done and sql.startswith('UPDATE "operations_job" SET ') and column in sql.partition("WHERE")[0]:
            done.append(TAKE[what](person)) if not before else before.pop()
        return answer

    return connection.execute_wrapper(watch)


@pytest.fixture
def one_by_one(monkeypatch, media_room):
    monkeypatch.setattr(exit_codes, "AT_ONCE", 0)
    for module, name in (
        (exit_codes, "CHUNK"), (taking_back, "CHUNK"), (bulk, "CHUNK"), (bulk, "CHUNK_ALONE"), (forcing, "CHUNK"),
        (vanishing, "CHUNK"), (archiving, "CHUNK"), (loads, "CHUNK"), (loads, "CHUNK_EMBEDDED"), (year_end, "CHUNK"), (year_end, "CLOSED_AT_ONCE"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 1)


@pytest.fixture
def media_room(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"


def test_every_kind_of_job_is_asked():
    by_itself = {refilling.JOB}  # the product starts it, and nobody's rights can be lost
    read_there = {first_reading.JOB}  # needs PASI: tests/pasi_connect/pages/test_guide.py
    assert set(START) | by_itself | read_there == set(offers.jobs), "say how a job of the new kind is started"


@pytest.mark.parametrize("what", TAKE)
@pytest.mark.parametrize("kind", START)
def test_a_job_ends_when_a_right_is_lost_between_two_chunks(kind, what, world, person, one_by_one):
    job = START[kind](world, of_user(person))
    with taking(person, what, kind):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.kind, job.status) == (kind, "failed")
    assert WHY[what] in job.detail
    assert "stays done" in job.detail
    assert job.done == (0 if kind in BETWEEN else 1)
    with pytest.raises(jobs.NotPossible, match=WHY[what]):
        jobs.resume(of_user(factories.UserFactory(role="District officer")), job.pk)


@pytest.mark.parametrize("kind", [kind for kind in START if kind not in BETWEEN])
def test_a_job_goes_on_at_its_mark_once_the_right_is_back(kind, world, person, one_by_one):
    actor, role = of_user(person), person.groups.get()
    job = START[kind](world, actor)
    with taking(person, "permission", kind):
        jobs.run(job.pk)
    person.groups.set([role])
    jobs.resume(actor, job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done) == ("completed", 3)


@pytest.mark.parametrize("what", TAKE)
def test_a_planned_action_whose_author_may_not_any_more_stops_on_its_day(what, world, student):  # noqa: F811
    main, side = student
    action = transfer(world, main, side, dt.date(2026, 11, 27))
    TAKE[what](world.user)
    with clock.moved_to(dt.datetime(2026, 11, 27, 18, tzinfo=dt.UTC)):
        schedule.carry_out_due()
    action.refresh_from_db()
    assert action.status == Action.Status.STOPPED
    assert WHY[what] in action.detail
    main.refresh_from_db()
    assert main.exit_date_type == "CompletionDate"
    assert Notice.objects.get().school_code == world.school.code
