"""PASI is away, comes and goes, or refuses us: what must stop stops, people are told, and everything goes on by itself."""

import shutil
import time

import pytest

from operations.rules import back_off
from pasi_connect.soap import gateway
from tests.faults.days import new_day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]

SUBMIT = "SubmitStudentSchoolEnrolment"


def link_is(stage: Stage, state: str) -> None:
    stage.until(lambda: stage.do("state")["link"] == state, f"the link to be {state}")


def change(stage: Stage, number: int, wanted: str) -> None:
    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": wanted})


def arrived(stage: Stage, wanted: dict[int, str]) -> None:
    for number, date in wanted.items():
        stage.until(lambda n=number, d=date: stage.record(n)["RegistrationExitDate"] == d, "the change in PASI")
    stage.assert_sound()


def test_away_then_drained_in_order_at_a_bounded_rate(district: Stage) -> None:
    """Two changes of each of twelve students are made while PASI is away."""
    numbers = [district.number() for _ in range(12)]
    district.proxy.away = True
    district.proxy.knocks.clear()
    began = time.monotonic()
    change(district, numbers[0], new_day())
    link_is(district, "down")
    for number in numbers[1:]:
        change(district, number, new_day())
    wanted = {number: new_day() for number in numbers}
    for number, date in wanted.items():
        change(district, number, date)
    time.sleep(5)
    away = time.monotonic() - began
    assert "unavailable" in district.do("banner")
    # Two calls that were under way, then one probe at 1, 2, 4 … s, however much waits.
    assert len(district.proxy.knocks) <= 6 + away
    submits = district.proxy.count(SUBMIT)
    district.proxy.away = False
    arrived(district, wanted)
    assert district.do("banner") == ""
    assert district.proxy.count(SUBMIT) - submits <= 2 * len(numbers)


def test_a_day_away_costs_few_probes() -> None:
    """The pauses between probes as the gateway sets them, through a simulated day, at their shortest and at their longest."""
    counts = {}
    for dice in (0.0, 1.0):
        passed, probes = 0.0, 0
        while passed < 24 * 3600:
            probes += 1
            passed += back_off.seconds(probes, gateway.PROBE_FIRST_SECONDS, gateway.PROBE_MOST_SECONDS, dice)
        counts[dice] = probes
    assert 2_880 <= counts[1.0] <= counts[0.0] <= 5_770


def test_flapping(district: Stage) -> None:
    wanted = {}
    for _ in range(4):
        district.proxy.away = True
        number = district.number()
        wanted[number] = new_day()
        change(district, number, wanted[number])
        time.sleep(0.7)
        district.proxy.away = False
        number = district.number()
        wanted[number] = new_day()
        change(district, number, wanted[number])
        time.sleep(0.7)
    arrived(district, wanted)


@pytest.mark.parametrize("code", ["1001", "1002", "1003", "1004", "1006", "1008"])
def test_a_refusal_stops_everything_and_is_told(district: Stage, code: str) -> None:
    number, wanted = district.number(), new_day()
    district.knobs(fault={"code": code, "operation": None, "times": None})
    change(district, number, wanted)
    link_is(district, "not_authorized")
    assert district.do("link_code") == code
    assert "refusing our connection" in district.do("banner")
    submits = district.proxy.count(SUBMIT)
    time.sleep(1)
    assert district.proxy.count(SUBMIT) == submits
    assert district.submission(number)["attempts"] == 0
    district.knobs(fault=None)
    arrived(district, {number: wanted})
    assert district.do("banner") == ""


def test_one_barred_service_stops_nothing_else(district: Stage) -> None:
    """1007 concerns the one service: the notices go on, the submission says why it waits."""
    number, other, wanted = district.number(), district.number(), new_day()
    district.knobs(fault={"code": "1007", "operation": SUBMIT, "times": None})
    change(district, number, wanted)
    district.until(lambda: district.submission(number)["reason"] == "not_authorized", "the reason")
    district.foreign_edit(other, Grade=district.other_grade(other))
    district.until(lambda: bool(district.do("item_of", enrolment=district.enrolments[other])), "the notice")
    district.until(
        lambda: (row := district.submission(number))["status"] == "waiting" and row["attempts"] == 0,
        "the submission to wait without an attempt spent",
    )
    district.knobs(fault=None)
    arrived(district, {number: wanted})
    district.do("accept", item=district.do("item_of", enrolment=district.enrolments[other])["id"])
    district.assert_sound()


def test_certificate_expired_and_replaced_without_restart(district: Stage) -> None:
    folder = district.folder / "certificates"
    workers = {name: process.pid for name, process in district.processes.items()}
    number, wanted = district.number(), new_day()
    for ending in ("pem", "key"):
        shutil.copy(folder / f"client.{ending}", folder / f"good.{ending}")
    for ending in ("key", "pem"):
        shutil.copy(folder / f"expired_client.{ending}", folder / f"client.{ending}")
    change(district, number, wanted)
    link_is(district, "not_authorized")
    assert "refusing our connection" in district.do("banner")
    assert district.submission(number)["status"] == "waiting"
    for ending in ("key", "pem"):
        (folder / f"good.{ending}").replace(folder / f"client.{ending}")
    arrived(district, {number: wanted})
    assert {name: process.pid for name, process in district.processes.items()} == workers
