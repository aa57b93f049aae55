"""A field is added to a database with records: until its column is filled nothing is compared, and nothing of PASI's is lost."""

import datetime as dt

import pytest
from lxml import etree

from operations import clock, offers
from operations.actor import of_user
from operations.models import Job
from operations.services import jobs
from pasi_connect.entities import REGISTRY, SCHOOL_ENROLMENT
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Discrepancy, EnrolmentCopy, Failure, FieldTable, Link, SchoolCopy
from pasi_connect.models.submission import Status
from pasi_connect.services.compare import comparing
from pasi_connect.services.decisions import deciding
from pasi_connect.services.pull import copies, refilling
from pasi_connect.services.queue import reviews
from pasi_connect.soap import codec
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from tests import factories
from tests.factories.fields import field_added, kept_table, without

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_a_fixed_day")]

MAY = dt.date(2027, 5, 14)
FIELDS = {
    "french_hours": "120",
    "grade": "08",
    "program_percentage": 40,
}  # listed, a member, a number
RECORD = {**FIELDS, "grants_program_codes": "610"}  # the program without which no percentage is allowed
field_by_field = pytest.mark.parametrize("name", FIELDS)


def refilled():
    """What the tick and the worker do. Gives the job, None where there was nothing to do."""
    job = refilling.look()
    if job is not None:
        jobs.run(job.pk)
        job.refresh_from_db()
    return job


def agreed(enrolment):
    return Link.objects.get(subject_id=enrolment.pk).agreed


def items():
    return {item.key: [(row["name"], row["state"]) for row in item.fields] for item in Discrepancy.objects.all()}


@pytest.fixture
def many():
    """Five records on both sides, with something in the fields that are not there yet."""
    factories.synchronizing(current_school_year=SchoolYear(2027))
    made = [factories.EnrolmentFactory(school_year=SchoolYear(2027), **RECORD) for _ in range(5)]
    for enrolment in made:
        factories.link_and_copy(enrolment)
    assert not Discrepancy.objects.exists()
    return made


# What PASI holds ---------------------------------------------------------------------------------------------------


@field_by_field
def test_what_is_sent_before_the_column_is_filled_leaves_pasis_value_alone(world, name):
    enrolment = world.in_step(**RECORD)
    field = SCHOOL_ENROLMENT.by_name[name]
    theirs = world.theirs(enrolment)
    field_added(name)
    sent = world.sync(enrolment, exit_date=MAY)
    assert (sent.status, sent.sent_fields) == (Status.ACCEPTED, ["exit_date"])
    now = world.theirs(enrolment)
    assert now["RegistrationExitDate"] == MAY.isoformat()
    member = "ExtendedSchoolEnrolmentInfo" if field.in_list else field.member
    assert now[member] == theirs[member]
    world.pull()
    refilled()
    assert [(row["name"], row["state"], row["pasi"]) for row in world.item(enrolment).fields] == [
        (name, "never_agreed", FIELDS[name])
    ]


@field_by_field
def test_what_is_entered_before_the_column_is_filled_waits_for_a_decision(world, name):
    """Nobody has seen what PASI holds there."""
    enrolment = world.in_step(**RECORD)
    other = {"french_hours": "90", "grade": "07", "program_percentage": 60}[name]
    theirs = world.theirs(enrolment)
    field_added(name)
    assert world.sync(enrolment, **{name: other}).status == Status.NO_CHANGE
    refilled()
    assert world.item(enrolment).fields == [
        {"name": name, "agreed": None, "sis": other, "pasi": FIELDS[name], "state": "never_agreed"}
    ]
    assert world.theirs(enrolment) == theirs


def test_a_record_that_pasi_does_not_have_goes_out_whole(world):
    field_added("french_hours")
    enrolment = world.here(french_hours="120")
    assert world.sync(enrolment, grade="09").status == Status.ACCEPTED
    pairs = world.theirs(enrolment)["ExtendedSchoolEnrolmentInfo"]["KeyValues"]
    assert {"Key": "FrenchHoursOfInstruction", "Value": "120"} in pairs


def test_pasis_values_that_are_taken_before_leave_the_field_as_it_is(world):
    enrolment = world.in_step(**RECORD)
    queued = world.queue(enrolment, exit_date=MAY)
    field_added("french_hours")
    SchoolEnrolment.objects.update(french_hours="90")
    reviews.take_pasi(world.actor, queued.pk)
    enrolment.refresh_from_db()
    assert (enrolment.exit_date, enrolment.french_hours) == (dt.date(2027, 6, 26), "90")
    assert "french_hours" not in agreed(enrolment)
    refilled()
    assert [(row["name"], row["state"]) for row in world.item(enrolment).fields] == [("french_hours", "never_agreed")]


def test_what_was_created_in_pasi_is_accepted_with_what_is_known_of_it(many):
    item = factories.created_in_pasi(factories.StudentFactory().asn, many[0].school.code, french_hours="120")
    user = factories.UserFactory(role="Registrar", schools=[many[0].school])
    field_added("french_hours")
    deciding.accept(of_user(user), item.pk)
    made = Link.objects.get(key=item.key)
    assert (made.school_enrolment.grade, made.school_enrolment.french_hours) == ("08", "")
    assert "french_hours" not in made.agreed
    refilled()
    assert items()[item.key] == [("french_hours", "never_agreed")]


# What is agreed ----------------------------------------------------------------------------------------------------


@field_by_field
def test_nothing_is_said_of_the_field_until_its_column_is_filled(many, name):
    field_added(name)
    keys = [link.key for link in Link.objects.all()]
    comparing.evaluate(ENTITY, keys=keys)
    comparing.evaluate_all()
    assert not Discrepancy.objects.exists()
    assert all(name not in agreed(enrolment) for enrolment in many)


@field_by_field
def test_what_differs_then_is_a_difference_that_was_never_agreed(many, name):
    field_added(name)
    job = refilled()
    assert (job.status, job.done, job.failed, job.total) == ("completed", 5, 0, 5)
    assert items() == {link.key: [(name, "never_agreed")] for link in Link.objects.all()}
    assert all(name not in agreed(enrolment) for enrolment in many)
    assert {getattr(copy, name) for copy in EnrolmentCopy.objects.all()} == {FIELDS[name]}


@field_by_field
def test_what_is_equal_then_is_agreed(many, name):
    field_added(name)
    SchoolEnrolment.objects.update(**{name: FIELDS[name]})
    refilled()
    assert not Discrepancy.objects.exists()
    assert [agreed(enrolment)[name] for enrolment in many] == [FIELDS[name]] * 5
    for copy in EnrolmentCopy.objects.all():
        assert copy.digest == Link.objects.get(key=copy.key).agreed_digest


def test_other_fields_of_the_record_are_compared_meanwhile(many):
    field_added("french_hours")
    item = factories.changed_in_pasi(many[0], exit_date=MAY, french_hours="120")
    fields = {row["name"]: row["state"] for row in item.fields}
    assert fields == {"exit_date": "changed_in_pasi", "french_hours": "never_agreed"}  # it came anew, so it is filled
    SchoolEnrolment.objects.filter(pk=many[1].pk).update(exit_date=MAY)
    comparing.evaluate(ENTITY, ids=[many[1].pk])
    assert Link.objects.get(subject_id=many[1].pk).agreed_digest == ""


def test_a_value_that_a_person_keeps_against_pasi_stays_kept(many):
    item = factories.changed_in_pasi(many[0], french_hours="90")
    deciding.reject(of_user(factories.UserFactory(role="Registrar", schools=[many[0].school])), item.pk, reason="Ours.")
    kept = Link.objects.get(key=item.key).kept
    assert kept == {"french_hours": "90"}
    EnrolmentCopy.objects.update(columns_version=kept_table(without("french_hours")))
    comparing.evaluate(ENTITY, keys=[item.key])
    assert Link.objects.get(key=item.key).kept == kept


def test_of_a_row_of_which_nobody_knows_how_it_was_filled_nothing_is_said(many):
    EnrolmentCopy.objects.update(columns_version=1, grade="01")
    before = list(Link.objects.order_by("pk").values())
    comparing.evaluate(ENTITY, keys=[link.key for link in Link.objects.all()])
    assert (list(Link.objects.order_by("pk").values()), Discrepancy.objects.count()) == (before, 0)
    refilled()
    assert {copy.grade for copy in EnrolmentCopy.objects.all()} == {"08"}
    assert not Discrepancy.objects.exists()


# The job -----------------------------------------------------------------------------------------------------------


def test_rows_are_stored_with_the_table_that_filled_them(many):
    assert {copy.columns_version for copy in EnrolmentCopy.objects.all()} == {SCHOOL_ENROLMENT.columns_version}
    assert refilling.look() is None
    assert {(row.entity, row.version) for row in FieldTable.objects.all()} >= {
        (entity.kind, entity.columns_version) for entity in REGISTRY
    }


def test_the_tick_begins_it_by_itself_and_once(many, monkeypatch):
    field_added("french_hours")
    assert offers.chores["local copies"] is refilling.sweep
    refilling.sweep()
    refilling.sweep()
    assert refilling.look() is None  # one waits already
    job = Job.objects.get()
    assert (job.kind, job.user, job.total) == (refilling.JOB, None, 5)
    jobs.run(job.pk)
    assert refilling.look() is None
    monkeypatch.setattr(refilling, "_looked_at", None)
    refilling.sweep()
    assert Job.objects.count() == 1


def test_one_that_dies_in_the_middle_goes_on_where_it_was(many, monkeypatch):
    field_added("french_hours")
    monkeypatch.setattr(refilling, "CHUNK", 2)
    refill, left = copies.refill, [3]

    def dies(entity, held):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return refill(entity, held)

    monkeypatch.setattr(copies, "refill", dies)
    job = refilling.look()
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    first = EnrolmentCopy.objects.filter(french_hours="120")
    assert first.count() == Discrepancy.objects.count() == 2  # the whole first chunk, and nothing of the second
    monkeypatch.setattr(copies, "refill", refill)
    Job.objects.filter(pk=job.pk).update(status=Job.Status.QUEUED)  # as the tick does with a silent one
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == ("completed", 5, 0)
    assert items() == {link.key: [("french_hours", "never_agreed")] for link in Link.objects.all()}


def test_a_document_that_cannot_be_read_is_asked_for_again_and_keeps_no_other_back(many):
    field_added("french_hours")
    bad = EnrolmentCopy.objects.order_by("pk")[2]
    EnrolmentCopy.objects.filter(pk=bad.pk).update(document=b"no zlib")
    job = refilled()
    assert (job.status, job.done, job.failed) == ("completed_with_problems", 4, 1)
    row, failure = job.rows.get(), Failure.objects.get()
    assert (row.key, row.failed, failure.key, failure.step) == (bad.key, True, bad.key, "pull")
    assert EnrolmentCopy.objects.exclude(columns_version=SCHOOL_ENROLMENT.columns_version).get().pk == bad.pk
    assert bad.key not in items()
    assert refilling.look() is None
    with clock.moved_to(clock.now() + dt.timedelta(days=1, minutes=1)):
        assert refilling.look() is not None


def test_a_job_of_another_version_of_the_program_changes_nothing(many):
    field_added("french_hours")
    job = refilling.look()
    Job.objects.filter(pk=job.pk).update(inputs={"versions": {"school_enrolment": 1}})
    jobs.run(job.pk)
    assert not EnrolmentCopy.objects.filter(columns_version=SCHOOL_ENROLMENT.columns_version).exists()
    assert refilling.look() is not None


def test_what_we_sent_ourselves_is_filled_when_it_is_read_from_pasi(many):
    field_added("french_hours")
    EnrolmentCopy.objects.update(provisional=True)
    assert refilling.look() is None


def test_a_record_that_comes_again_at_its_version_is_filled(many):
    field_added("grade")
    copy = EnrolmentCopy.objects.first()
    xml = copies.unpack(copy.document)
    copies.store(EnrolmentCopy, [copies.Received(copies.to_document(copy.document, ENTITY), xml)])
    copy.refresh_from_db()
    assert (copy.grade, copy.columns_version) == ("08", SCHOOL_ENROLMENT.columns_version)


def test_copies_of_kinds_that_are_never_sent_are_filled_too(db):
    entity = next(entity for entity in REGISTRY if entity.kind == "school")
    document = {"SchoolCode": "4801", "Name": "Lantern School", "PASICoreVersion": 7, "IsActive": True}
    element = etree.Element("School")
    codec.encode(element, copies.record_of(entity), document)
    copies.store(SchoolCopy, [copies.Received(document, etree.tostring(element))])
    SchoolCopy.objects.update(name="", columns_version=1)
    job = refilled()
    assert (job.status, job.done, SchoolCopy.objects.get().name) == ("completed", 1, "Lantern School")


def test_the_rows_are_then_as_if_the_field_had_always_been_there(world):
    world.all_in_step(3, **RECORD)
    rows = EnrolmentCopy.objects.order_by("pk")
    before = list(rows.values())
    field_added("french_hours")
    refilled()
    assert list(rows.values()) == before
