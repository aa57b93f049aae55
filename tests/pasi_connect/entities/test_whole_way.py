"""Every kind of record goes the whole way round between the SIS and PASI, carried by the same engine.

What a kind has of its own is tested beside it; here stands what holds for each, asked of the real simulator.
"""

import uuid

import pytest

from operations.actor import of_user
from operations.models import AuditEntry
from operations.services import jobs
from pasi_connect import entities
from pasi_connect.entities import mapping
from pasi_connect.models import Discrepancy, Link, Submission, SyncCursor
from pasi_connect.models.submission import Status
from pasi_connect.services import decisions, states
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import bulk
from pasi_connect.services.pull import vanishing
from pasi_connect.services.queue import collecting, forcing, submissions, sweeping
from sis.models import DataEvent, School
from sis.models.organization import State
from tests import factories
from tests.pasi_connect.entities.stages import STAGES
from tests.pasi_connect.world import YEAR

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.parametrize("stage", STAGES, ids=str)]


def taken_up(stage, record):
    collecting.collect(stage.entity.kind, record.pk)
    return Submission.objects.filter(entity=stage.entity.kind, subject_id=record.pk).latest("pk")


def sent(world, stage, record):
    return world.send(taken_up(stage, record))


@pytest.fixture
def record(world, stage):
    """Both sides hold it: made here and sent, or, of a kind that neither side makes alone, as both have it already."""
    if stage.create is None:
        return stage.both(world, 1)[0]
    made = stage.create(world)
    assert sent(world, stage, made).status == Status.ACCEPTED
    world.pull()
    return made


def key(stage, record):
    return stage.entity.links.get(subject_id=record.pk).key


def theirs(world, stage, record):
    return world.pasi.get(f"/control/records/{stage.entity.notification}/{key(stage, record)}/")


def plain(stage, document):
    """Its fields as they stand in JSON."""
    return values.plain(mapping.values(stage.entity, document))


def edit_there(world, stage, record, value):
    """Somebody changes the field in PASIprep; we do not know yet."""
    member, _slash, inside = stage.member.partition("/")
    new = {**theirs(world, stage, record)[member], inside: value} if inside else value
    world.pasi.change_other(stage.entity.notification, key(stage, record), **{member: new})


def change_there(world, stage, record, value):
    edit_there(world, stage, record, value)
    world.pull()
    return Discrepancy.objects.get(entity=stage.entity.kind, key=key(stage, record), status="open")


def ours(stage, record):
    return getattr(type(record).objects.get(pk=record.pk), stage.field)


def in_pasi(world, stage, count):
    """So many records that both sides hold, linked and pulled, none of them sent."""
    if stage.both is not None:
        return stage.both(world, count)
    records, documents = [stage.bare(world) for _ in range(count)], []
    for record in stage.entity.records.filter(pk__in=[one.pk for one in records]).order_by("pk"):
        link = submissions.link_of(record)
        base = mapping.new_document(stage.entity, link.key, mapping.identity(stage.entity, record))
        documents.append(mapping.lay_on(stage.entity, base, values.ours(record, link), stage.entity.compared))
    world.pasi.load(**{stage.entity.notification: documents})
    world.pull()
    return records


def full_set(world, stage):
    """PASI is asked anew for everything of the kind, as after a hash that does not agree."""
    SyncCursor.objects.filter(notification_type=cursor_name(stage)).delete()
    world.pull()


def cursor_name(stage):
    return f"{stage.entity.notification}.{YEAR.ending}" if stage.entity.by_year else stage.entity.notification


# There -------------------------------------------------------------------------------------------------------------


def test_what_is_made_here_is_in_pasi_as_it_stands_here(world, stage, record):
    link = stage.entity.links.get(subject_id=record.pk)
    entity, found = stage.entity, theirs(world, stage, record)
    assert plain(stage, found) == values.plain(values.ours(entity.records.get(pk=record.pk), link))
    assert states.state_of(entity.records.get(pk=record.pk)).state == states.IN_STEP
    assert not Discrepancy.objects.exists()
    assert entity.copies.get(**{entity.copy.key_field: link.key}).provisional is False


def test_a_change_here_replaces_the_record_there(world, stage, record):
    for value in stage.here:
        stage.change(world.actor, record.pk, {stage.field: value})
    assert sent(world, stage, record).status == Status.ACCEPTED
    assert mapping.values(stage.entity, theirs(world, stage, record))[stage.field] == stage.here[1]
    assert Submission.objects.filter(entity=stage.entity.kind, status=Status.ACCEPTED).count() == 1 + bool(stage.create)


def test_what_stays_here_is_not_sent(world, stage, record):
    for name in stage.entity.kept_here:
        assert stage.entity.is_silent([name])
    assert not stage.entity.is_silent([stage.field, *stage.entity.kept_here])


def test_an_answer_that_was_lost_is_read_back(world, stage, record):
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    world.pasi.knobs(answer_dropped=1)
    submission = sent(world, stage, record)
    assert (submission.status, submission.reason) == (Status.ACCEPTED, "read_back")


def test_a_refusal_keeps_pasis_words(world, stage, record):
    if stage.refused is None:
        return  # the SIS keeps such a value out; what PASI says of others is tested beside the kind
    stage.change(world.actor, record.pk, {stage.field: stage.refused})
    submission = sent(world, stage, record)
    assert submission.status == Status.REJECTED
    assert submission.rejections[0]["message"]


def test_a_change_there_that_nobody_saw_is_not_overwritten(world, stage, record):
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    edit_there(world, stage, record, stage.there)
    assert sent(world, stage, record).status == Status.NEEDS_REVIEW
    assert mapping.values(stage.entity, theirs(world, stage, record))[stage.field] == stage.there


# Back --------------------------------------------------------------------------------------------------------------


def test_accepting_takes_pasis_value_and_undo_puts_ours_back(world, stage, record):
    before, item = ours(stage, record), change_there(world, stage, record, stage.there)
    assert (item.kind, [row["name"] for row in item.fields]) == ("changed_in_pasi", [stage.field])
    decision = decisions.accept(world.actor, item.pk)
    assert ours(stage, record) == stage.there
    assert not Discrepancy.objects.get(pk=item.pk).is_open
    decisions.undo(world.actor, decision.pk)
    assert ours(stage, record) == before
    assert Discrepancy.objects.get(pk=item.pk).is_open
    assert not DataEvent.objects.filter(collected_at=None, origin="sis").exists(), "nothing is sent"


def test_rejecting_resets_pasi(world, stage, record):
    before, item = ours(stage, record), change_there(world, stage, record, stage.there)
    decisions.reject(world.actor, item.pk, reason="A slip.")
    assert sent(world, stage, record).status == Status.ACCEPTED
    assert mapping.values(stage.entity, theirs(world, stage, record))[stage.field] == before
    assert not Discrepancy.objects.get(pk=item.pk).is_open


def test_both_sides_changed(world, stage, record):
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    assert change_there(world, stage, record, stage.there).kind == "changed_on_both"
    submission = taken_up(stage, record)
    assert (submission.status, submission.reason) == (Status.HELD, "undecided")


def test_created_there_and_deleted_there(world, stage, record):
    if stage.create is None:
        return  # neither made nor missed on one side
    entity, item = stage.entity, None
    like = {name: value for name, value in theirs(world, stage, record).items() if value is not None}
    if entity.has_deletion:
        world.pasi.change_other(entity.notification, key(stage, record), IsDeleted=True)
        world.pull()
        item = Discrepancy.objects.get(status="open")
        assert item.kind == "deleted_in_pasi"
        decisions.accept(world.actor, item.pk)
        assert entity.records.get(pk=record.pk).deleted
    new = {**like, entity.key: str(uuid.UUID(int=7)), stage.member: stage.there}
    for name in ("EffectiveUtc", "LastUpdate", "PASICoreVersion"):
        new.pop(name, None)
    world.pasi.load(**{entity.notification: [new]})
    world.pull()
    item = Discrepancy.objects.get(status="open")
    assert item.kind == "created_in_pasi"
    decision = decisions.accept(world.actor, item.pk)
    made = entity.links.get(key=item.key).subject_id
    assert made != record.pk
    assert getattr(entity.records.get(pk=made), stage.field) == stage.there
    decisions.undo(world.actor, decision.pk)
    assert not Link.objects.filter(entity=entity.kind, subject_id=made).exists()


def test_a_bulk_decides_and_is_undone(world, stage, record):
    item = change_there(world, stage, record, stage.there)
    before = ours(stage, record)
    action, job, found = bulk.start(world.actor, Discrepancy.objects.filter(pk=item.pk), bulk.Choice("accept"), {})
    assert found.ids == [item.pk]
    jobs.run(job.pk)
    assert ours(stage, record) == stage.there
    undo = decisions.undo(world.actor, action.records.get().decision_id)
    assert undo
    assert ours(stage, record) == before


# What holds and what wakes -----------------------------------------------------------------------------------------


def test_what_is_held_says_why_and_goes_when_the_cause_is_gone(world, stage, record):
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    world.set(regular_synchronization=False)
    held = taken_up(stage, record)
    assert (held.status, held.reason) == (Status.HELD, "sync_off")
    world.set(regular_synchronization=True)
    assert submissions.release_held() == 1
    assert world.send(held).status == Status.ACCEPTED


def test_a_record_obeys_the_switch_of_its_school(world, stage, record):
    if not stage.entity.school_column:
        return
    School.objects.update(**{stage.entity.sis.switch: State.INACTIVE})
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    assert taken_up(stage, record).status == Status.HELD
    edit_there(world, stage, record, stage.there)
    world.pull()
    assert not Discrepancy.objects.filter(status="open").exists(), "stored, and not compared"
    School.objects.update(**{stage.entity.sis.switch: State.ACTIVE})


def test_a_change_wakes_a_sender_and_one_whose_wake_was_lost_is_found(world, stage, record, monkeypatch):
    woken = []
    monkeypatch.setattr("operations.wake.look", lambda name, *args, **more: woken.append(name))
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    assert submissions.SEND in woken
    sweeping.sweep()  # it has had its chance
    sweeping.sweep()
    assert Submission.objects.filter(entity=stage.entity.kind, status=Status.WAITING).count() == 1
    assert not DataEvent.objects.filter(collected_at=None).exists()


def test_a_school_is_sent_at_once(world, stage, record):
    if not stage.entity.school_column:
        return
    officer = factories.UserFactory(role="District officer")
    job = forcing.start(of_user(officer), world.school, stage.entity)
    assert job.inputs == {"school": world.school.code, "entity": stage.entity.kind}
    assert record in forcing.records(stage.entity, world.school.code)


# The guard ---------------------------------------------------------------------------------------------------------


def test_the_guard_stops_a_mass_vanishing_until_a_person_approves(world, stage):
    if stage.create is None:
        return  # PASI deletes none
    entity, records = stage.entity, in_pasi(world, stage, 25)
    full_set(world, stage)
    keys = [key(stage, one) for one in records]
    for each in keys[:20]:
        world.pasi._ask("DELETE", f"/control/records/{entity.notification}/{each}/?physical=1", {})
    full_set(world, stage)
    cursor = SyncCursor.objects.get(notification_type=cursor_name(stage))
    assert cursor.guard_stopped_at is not None
    assert cursor.missing.count() == 20
    assert entity.copies.filter(vanished_at=None).count() == 25
    codes = vanishing.schools(cursor.pk, cursor.guard_stopped_at)
    assert codes == (frozenset({world.school.code}) if entity.school_column else None)
    officer = of_user(factories.UserFactory(role="District officer"))
    jobs.run(vanishing.approve(officer, cursor.pk, cursor.guard_stopped_at.isoformat()).pk)
    assert entity.copies.filter(vanished_at=None).count() == 5
    missing = Discrepancy.objects.filter(entity=entity.kind, kind="missing_in_pasi", status="open")
    assert missing.count() == 20


def test_below_the_guard_a_record_vanishes_and_is_missing(world, stage):
    if stage.create is None:
        return  # PASI deletes none
    [gone, _stays] = in_pasi(world, stage, 2)
    world.pasi._ask("DELETE", f"/control/records/{stage.entity.notification}/{key(stage, gone)}/?physical=1", {})
    full_set(world, stage)
    assert Discrepancy.objects.get(status="open").subject_id == gone.pk
    assert stage.entity.copies.filter(vanished_at=None).count() == 1


def test_the_guard_of_bulks_counts_by_kind_and_school(world, stage, record):
    if not stage.entity.school_column:
        return
    item = change_there(world, stage, record, stage.there)
    found = bulk.select(Discrepancy.objects.filter(pk=item.pk), bulk.Choice("accept"))
    [place] = found.places
    assert (place.entity, place.school, place.count, place.live) == (stage.entity.kind, world.school.code, 1, 1)


def test_everything_leaves_its_entry(world, stage, record):
    item = change_there(world, stage, record, stage.there)
    decisions.accept(world.actor, item.pk)
    stage.change(world.actor, record.pk, {stage.field: stage.here[0]})
    taken_up(stage, record)
    kinds = {entities.by_kind(stage.entity.kind).kind, "submission", "discrepancy"}
    assert kinds <= set(AuditEntry.objects.values_list("entity", flat=True))
