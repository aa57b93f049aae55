"""Several sections in one call, each with an outcome of its own, against the real simulator."""

import dataclasses
from types import SimpleNamespace

import pytest

from operations.actor import of_user
from pasi_connect import entities
from pasi_connect.filters import ExchangeFilter
from pasi_connect.models import Exchange, ExchangePart, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import claiming, collecting, outcomes, sending
from pasi_connect.soap import answers, gateway
from sis.models import School, Section
from sis.models.organization import State
from sis.services import sections
from tests import factories
from tests.pasi_connect.world import YEAR

SECTION = entities.SECTION
pytestmark = pytest.mark.django_db(transaction=True)
OPERATION = "SubmitSection"


@pytest.fixture
def taught(world):
    """Makes sections of a school through the door of the SIS, none of them sent."""
    School.objects.update(course_marks_integration=State.ACTIVE)
    course = factories.CourseFactory(code="MAT3791")

    def make(count, school=None, actor=None):
        calendar = factories.CalendarFactory(school=school or world.school, school_year=YEAR)
        given = {"name": "Semester 1", "alternate_code": "S1", "store_code": "S1"}
        term = calendar.terms.first() or factories.TermFactory(calendar=calendar, **given)
        before = Section.objects.filter(term=term).count()
        made = [
            sections.create(actor or world.actor, term, course, {"number": str(before + number)})
            for number in range(count)
        ]
        while collecting.take_up():
            pass
        return made

    return make


def of(section):
    return Submission.objects.filter(subject_id=section.pk).latest("pk")


def states(*some):
    return [of(section).status for section in some]


def calls(world):
    return world.pasi.calls(OPERATION)


def several(flight):
    """The call of a claimed flight, as a sender makes it."""
    return sending._call(flight)


def test_neighbours_go_in_one_call_and_each_is_accepted(world, taught):
    made = taught(5)
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 5
    [call] = calls(world)
    assert len(call["request"]["Sections"]) == 5
    exchange = Exchange.objects.get(operation=OPERATION)
    assert (exchange.outcome, exchange.detail) == ("accepted", "5 of 5 records accepted.")
    assert list(exchange.parts.values_list("outcome", flat=True)) == ["accepted"] * 5
    assert list(exchange.parts.values_list("submission", flat=True)) == [of(one).pk for one in made]
    world.pull()
    assert SECTION.copies.filter(provisional=False).count() == 5


def test_the_call_is_found_by_each_of_its_records(world, taught):
    made = taught(2)
    sending.drain()
    for one in made:
        row = of(one)
        for asked in ({"submission": row.pk}, {"key": row.key}, {"ref_id": row.key}):
            assert ExchangeFilter(asked, Exchange.objects.all()).qs.count() == 1


def test_no_more_than_the_most_in_one_call(world, taught, monkeypatch):
    few = dataclasses.replace(SECTION, submit=dataclasses.replace(SECTION.submit, most=2))
    monkeypatch.setitem(entities.REGISTRY.by_kind, SECTION.kind, few)
    made = taught(5)
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 5
    assert [len(call["request"]["Sections"]) for call in calls(world)] == [2, 2, 1]


def test_no_larger_than_pasi_takes(world, taught, monkeypatch):
    monkeypatch.setattr(claiming, "MOST_BYTES", 3_000)
    made = taught(6)
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 6
    sizes = [len(call["request"]["Sections"]) for call in calls(world)]
    assert len(sizes) > 1
    assert max(sizes) > 1
    assert set(Submission.objects.values_list("attempts", flat=True)) == {1}, "what did not fit has not been tried"


def test_what_another_person_or_school_sends_goes_in_a_call_of_its_own(world, taught):
    colleague = of_user(factories.UserFactory(role="Registrar", schools=[world.school, world.other]), ip="10.9.9.9")
    made = [*taught(2), *taught(2, actor=colleague), *taught(2, school=world.other, actor=colleague)]
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 6
    assert [len(call["request"]["Sections"]) for call in calls(world)] == [2, 2, 2]
    assert [call["organization"] for call in calls(world)] == ["S.4801", "S.4801", "S.4802"]
    assert {call["user"] for call in calls(world)} == {world.user.full_name, colleague.full_name}


def test_one_that_is_refused_stops_no_other(world, taught):
    made = taught(3)
    Section.objects.filter(pk=made[1].pk).update(end_date=made[1].start_date.replace(year=2030))  # 40114
    sending.drain()
    assert states(*made) == [Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED]
    assert of(made[1]).reason == "40114"
    assert len(calls(world)) == 1
    parts = Exchange.objects.get(operation=OPERATION).parts
    assert list(parts.values_list("outcome", "code")) == [("accepted", ""), ("rejected", "40114"), ("accepted", "")]


def test_a_fault_in_the_structure_of_one_sends_each_by_itself(world, taught):
    made = taught(4)
    Section.objects.filter(pk=made[2].pk).update(
        local_section_id=""
    )  # mandatory in PASI: fault 3002 for the whole call
    sending.drain()
    assert states(*made) == [Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED]
    assert of(made[2]).reason == "3002"
    assert [len(call["request"]["Sections"]) for call in calls(world)] == [4, 1, 1, 1, 1]
    assert set(Submission.objects.values_list("attempts", flat=True)) == {1}, "the call as a whole cost nobody a try"


def test_corrected_it_goes_with_others_again(world, taught):
    made = taught(2)
    Section.objects.filter(pk=made[0].pk).update(local_section_id="")
    sending.drain()
    sections.change(world.actor, made[0].pk, {"local_section_id": "X1"})
    more = taught(1)
    sending.drain()
    assert states(made[0], *more) == [Status.ACCEPTED] * 2
    assert len(calls(world)[-1]["request"]["Sections"]) == 2


@pytest.mark.parametrize("as_fault", [False, True])
def test_a_record_that_changed_in_pasi_needs_a_review_and_the_others_go(world, taught, as_fault):
    made = taught(3)
    sending.drain()
    for one in made:
        sections.change(world.actor, one.pk, {"minutes_offered": 7000})
    while collecting.take_up():
        pass
    world.pasi.change_other("Section", of(made[1]).key, Description="Somebody else's words")
    world.pasi.knobs(version_conflict_as_fault=as_fault)
    sending.drain()
    assert states(*made) == [Status.ACCEPTED, Status.NEEDS_REVIEW, Status.ACCEPTED]


def test_an_answer_that_was_lost_leads_each_to_its_own_read_back(world, taught):
    made = taught(3)
    world.pasi.knobs(answer_dropped=1)
    sending.drain()
    assert [(of(one).status, of(one).reason) for one in made] == [(Status.ACCEPTED, "read_back")] * 3
    assert len(calls(world)) == 1, "nothing goes twice"


def test_while_pasi_is_away_all_wait_and_no_try_is_spent(world, taught):
    made = taught(3)
    world.pasi.knobs(unavailable=True)
    sending.drain()
    assert states(*made) == [Status.WAITING] * 3
    assert {of(one).attempts for one in made} == {0}


def test_what_pasi_cannot_do_at_the_moment_is_tried_one_by_one(world, taught):
    """Which of the records brings PASI down cannot be told: one of them must not use up the tries of all."""
    made = taught(2)
    world.pasi.knobs(fault={"code": "4001", "operation": OPERATION, "times": 1})
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 2
    assert [len(call["request"]["Sections"]) for call in calls(world) if call["applied"]] == [1, 1]


# A process that dies -------------------------------------------------------------------------------------------------


def seen_dead(settings):
    before, settings.LEASE_SECONDS = settings.LEASE_SECONDS, 0
    freed = claiming.free_the_dead()
    settings.LEASE_SECONDS = before
    return freed


def test_one_that_died_before_the_call(world, taught, settings):
    made = taught(3)
    _submission, flight = claiming.claim()
    assert len(flight.legs) == 3
    assert seen_dead(settings) == 3
    assert set(Exchange.objects.filter(operation=OPERATION).values_list("outcome", flat=True)) == {"unknown"}
    for one in made:
        world.send(of(one))
    assert {(of(one).status, of(one).reason) for one in made} == {(Status.WAITING, "not_applied")}
    sending.drain()
    assert states(*made) == [Status.ACCEPTED] * 3
    assert len(calls(world)) == 1


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_one_that_died_after_the_call_with_some_outcomes_written(world, taught, settings, written):
    made = taught(3)
    _submission, flight = claiming.claim()
    came = several(flight)
    for leg, answer in list(zip(flight.legs, came.each, strict=True))[:written]:
        outcomes.record_one(flight, leg, answer)
    assert seen_dead(settings) == 3 - written
    for one in made[written:]:
        world.send(of(one))
    assert states(*made) == [Status.ACCEPTED] * 3
    assert len(calls(world)) == 1, "nothing goes twice"


def test_what_a_slow_sender_brings_late_is_void(world, taught, settings):
    taught(2)
    _submission, flight = claiming.claim()
    seen_dead(settings)
    late = answers.Answer("rejected", {"PASICoreVersion": 1}, code="40104", detail="late")
    for leg in flight.legs:
        outcomes.record_one(flight, leg, late)
    assert set(Submission.objects.values_list("status", flat=True)) == {Status.CHECKING}


def test_what_was_not_sent_is_given_back(world, taught):
    made = taught(3)
    _submission, flight = claiming.claim()
    outcomes.give_back(flight)
    assert states(*made) == [Status.WAITING] * 3
    assert {of(one).attempts for one in made} == {0}
    assert not Exchange.objects.filter(operation=OPERATION).exists()
    assert not ExchangePart.objects.exists()


def test_one_that_raises_while_it_is_written_stops_no_other(world, taught, monkeypatch):
    made = taught(3)
    bad = of(made[1]).pk
    write = outcomes._write

    def failing(found, *rest):
        if found.row.pk == bad:
            raise ValueError("broken")
        write(found, *rest)

    monkeypatch.setattr(outcomes, "_write", failing)
    _submission, flight = claiming.claim()
    sending._finish(flight, several(flight))
    assert states(*made) == [Status.ACCEPTED, Status.CHECKING, Status.ACCEPTED]
    monkeypatch.undo()
    world.send(of(made[1]))
    assert (of(made[1]).status, of(made[1]).reason) == (Status.ACCEPTED, "read_back")


def test_one_that_cannot_be_made_ready_stops_no_other(world, taught, monkeypatch):
    made = taught(3)
    bad = of(made[1]).pk
    prepare = claiming._prepare

    def failing(submission, present):
        if submission.pk == bad:
            raise ValueError("broken")
        return prepare(submission, present)

    monkeypatch.setattr(claiming, "_prepare", failing)
    _submission, flight = claiming.claim()
    sending._finish(flight, several(flight))
    assert states(*made) == [Status.ACCEPTED, Status.WAITING, Status.ACCEPTED]
    assert of(made[1]).faults == 1


def test_of_a_kind_that_goes_one_by_one_each_has_a_call(world):
    rows = [world.queue(world.here(), grade="09") for _ in range(3)]
    sending.drain()
    assert len(world.pasi.calls()) == len(rows) == 3
    assert not ExchangePart.objects.exists()


def test_a_kind_that_takes_one_sends_one():
    alone = SimpleNamespace(**vars(entities.SCHOOL_ENROLMENT.submit))
    assert (alone.batch, alone.most) == ("", 1)
    assert gateway.MOST_REQUEST_BYTES > claiming.MOST_BYTES
