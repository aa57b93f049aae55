"""A PASI, or a network before it, that misbehaves in one call: the change arrives nevertheless, and PASI applies it once."""

import socket

import pytest

from tests.faults import manners
from tests.faults.days import new_day
from tests.faults.proxy import Manner
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]

MANNERS: dict[str, Manner] = {
    "connection lost before PASI has seen it": manners.lost_before,
    "answer dropped after commit": manners.lost_after,
    "read time-out, PASI has done it": manners.silent(3, works=True),
    "read time-out, PASI has not seen it": manners.silent(3, works=False),
    "slow drip": manners.drip(0.1),
    "reset in mid-body": manners.reset_in_body,
    "truncated XML": manners.truncated,
    "HTML with 200, PASI has done it": manners.html(works=True),
    "HTML with 200, PASI has not seen it": manners.html(works=False),
    "fault 2001 under 200": manners.fault("2001", 200),
    "fault 2001 under 500": manners.fault("2001", 500),
    "fault 4001 under 500": manners.fault("4001", 500),
    "fault 4002 after commit": manners.fault("4002", 500, works=True),
    "fault 9001 under 200 after commit": manners.fault("9001", 200, works=True),
    "fault 9014": manners.fault("9014", 500),
    "an answer of 50 MB": manners.huge(50),
    "entity bomb": manners.entity_bomb,
    "the network repeats the request": manners.twice,
}


def change(stage: Stage, number: int, wanted: str) -> None:
    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": wanted})


def arrives(stage: Stage, number: int, wanted: str, applied_before: int) -> None:
    """In PASI once, accepted here, everything sound."""
    stage.until(lambda: stage.record(number)["RegistrationExitDate"] == wanted, "the change in PASI")
    stage.assert_sound()
    assert stage.submission(number)["status"] == "accepted"
    assert stage.applied(number) == applied_before + 1


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS.keys())
def test_a_submit_that_goes_wrong(district: Stage, manner: Manner) -> None:
    number, wanted = district.number(), new_day()
    before = district.applied(number)
    order = district.proxy.misbehave(manner)
    change(district, number, wanted)
    arrives(district, number, wanted, before)
    assert order.used == 1


@pytest.mark.parametrize("broken", [manners.truncated, manners.lost_before, manners.html(works=False)])
def test_the_answer_is_lost_and_so_is_the_reading_back(district: Stage, broken: Manner) -> None:
    number, wanted = district.number(), new_day()
    before = district.applied(number)
    district.proxy.misbehave(manners.lost_after)
    reading = district.proxy.misbehave(broken, "GetStudentSchoolEnrolment", times=2)
    change(district, number, wanted)
    arrives(district, number, wanted, before)
    assert reading.used == 2


@pytest.mark.parametrize("as_fault", [False, True], ids=["as a rejection", "as a fault"])
def test_3004_after_a_lost_answer(district: Stage, as_fault: bool) -> None:
    """What PASI refuses the second time is what it took the first time: read back, not told to a person."""
    number, wanted = district.number(), new_day()
    before = district.applied(number)
    district.knobs(version_conflict_as_fault=as_fault)
    district.proxy.misbehave(manners.twice)
    change(district, number, wanted)
    arrives(district, number, wanted, before)
    assert district.submission(number)["reason"] == "read_back"
    district.knobs(version_conflict_as_fault=False)


def test_the_simulators_own_misdeeds(district: Stage) -> None:
    number = district.number()
    for knob in ("answer_dropped", "truncated", "html"):
        wanted, before = new_day(), district.applied(number)
        district.knobs(**{knob: 1 if knob == "answer_dropped" else {"operation": "SubmitStudentSchoolEnrolment"}})
        change(district, number, wanted)
        arrives(district, number, wanted, before)


def test_a_version_that_no_node_knows_yet(district: Stage) -> None:
    """9014: the node lags behind the version that we have just been given."""
    number, before = district.number(), None
    district.knobs(node_lag_ms=1500, node_wait_ms=100)
    before = district.applied(number)
    wanted = [new_day() for _ in range(3)]
    for each in wanted:
        change(district, number, each)
        district.until(lambda each=each: district.record(number)["RegistrationExitDate"] == each, "the change in PASI")
    district.knobs(node_lag_ms=0, node_wait_ms=5000)
    district.assert_sound()
    assert district.applied(number) == before + 3


def test_connect_time_out(district: Stage) -> None:
    """Nobody takes the connection: PASI cannot have seen anything, the link is down and comes back by itself."""
    number, wanted, before = district.number(), new_day(), None
    before = district.applied(number)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        real = district.do("point_to", url=f"https://127.0.0.1:{address[1]}/2020/PASIService2020.svc")
        change(district, number, wanted)
        district.until(lambda: district.do("state")["link"] == "down", "the link to be down")
        district.until(lambda: district.submission(number)["status"] == "waiting", "the submission to wait")
        assert district.submission(number)["attempts"] == 0
        district.do("point_to", url=real)
        for filler in fillers:
            filler.close()
    arrives(district, number, wanted, before)


def test_pasi_moves_while_the_change_waits(district: Stage) -> None:
    """Somebody else's change in between is never overwritten unseen: a person looks, and sends again."""
    number, wanted = district.number(), new_day()
    before = district.applied(number)
    district.freeze("listener")
    grade = district.other_grade(number)
    district.foreign_edit(number, Grade=grade)
    change(district, number, wanted)
    district.until(lambda: district.submission(number)["status"] == "needs_review", "a person to be asked")
    district.thaw("listener")
    assert district.applied(number) == before
    again = district.submission(number)["id"]
    district.until(lambda: bool(district.do("item_of", enrolment=district.enrolments[number])), "the item")
    district.do("send_again", submission=again)
    district.until(lambda: district.submission(number)["status"] == "accepted", "the change to be accepted")
    assert district.record(number)["Grade"] == grade
    assert district.record(number)["RegistrationExitDate"] == wanted
    district.assert_sound()
