"""Notices that come twice, in any order, late, cut or wrong; records that leave our scope or get another ASN."""

import json
import sqlite3

import pytest

from tests.faults import manners
from tests.faults.days import new_day
from tests.faults.proxy import Manner
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]
ASK = "IsDataAvailable"


def item(stage: Stage, number: int) -> dict:
    return stage.do("item_of", enrolment=stage.enrolments[number])


def settle(stage: Stage, number: int) -> None:
    stage.do("accept", item=item(stage, number)["id"])


def restart_listener(stage: Stage) -> None:
    stage.kill("listener")
    stage.start("listener")


@pytest.mark.parametrize(
    "manner", [manners.twice_and_shuffled(7), manners.late(2)], ids=["twice and out of order", "late"]
)
def test_each_change_is_noticed_once(district: Stage, manner: Manner) -> None:
    district.proxy.misbehave(manner, ASK, times=float("inf"))
    restart_listener(district)
    numbers = [district.number() for _ in range(5)]
    before = {number: district.do("items_of", enrolment=district.enrolments[number]) for number in numbers}
    for _ in range(2):
        for number in numbers:
            district.foreign_edit(number, Grade=district.other_grade(number))
    versions = {number: district.record(number)["PASICoreVersion"] for number in numbers}
    district.until(lambda: all(item(district, n).get("core_version") == versions[n] for n in numbers), "every notice")
    for number in numbers:
        assert district.do("items_of", enrolment=district.enrolments[number]) == before[number] + 1
        settle(district, number)
    district.proxy.behave()
    restart_listener(district)
    district.assert_sound()


def test_several_entities_at_one_version(district: Stage) -> None:
    """PASI's node is stopped and two records are given one version, as one of its transactions may; both are noticed."""
    one, two = district.number(), district.number()
    district.freeze("listener")
    for number in (one, two):
        district.foreign_edit(number, Grade=district.other_grade(number))
    version = district.record(two)["PASICoreVersion"]
    district.kill("simulator")
    with sqlite3.connect(district.folder / "simulator" / "pasi_simulator.sqlite3") as pasi:
        (text,) = pasi.execute("SELECT document FROM records WHERE key = ?", (district.key(one),)).fetchone()
        document = json.dumps(json.loads(text) | {"PASICoreVersion": version})
        row = (version, document, district.key(one))
        pasi.execute("UPDATE records SET version = ?, document = ? WHERE key = ?", row)
    pasi.close()
    district.start_simulator()
    district.thaw("listener")
    district.until(lambda: all(item(district, number) for number in (one, two)), "both notices")
    for number in (one, two):
        assert item(district, number)["core_version"] == version
        settle(district, number)
    district.assert_sound()


@pytest.mark.parametrize("share", [0.0, 0.05], ids=["empty", "five percent"])
def test_a_full_set_that_names_too_little_removes_nothing(district: Stage, share: float) -> None:
    copies = district.do("state")["copies"]
    assert copies >= 20
    district.proxy.misbehave(manners.share_of_full_set(share), ASK, times=float("inf"))
    district.kill("listener")
    district.do("ask_for_full_set")
    district.start("listener")
    district.until(lambda: district.do("guard") != [], "the guard")
    assert max(district.do("guard")) >= 20
    state = district.do("state")
    assert (state["copies"], state["open"]) == (copies, [])
    district.proxy.behave()
    district.kill("listener")
    district.do("ask_for_full_set")
    district.start("listener")
    district.until(lambda: district.do("guard") == [], "the guard to be lifted")
    district.assert_sound()


def test_a_record_that_leaves_our_scope(district: Stage) -> None:
    """It vanishes without a version: only the hash tells, and a person sees it."""
    number = district.number()
    district.ask("DELETE", f"/records/StudentSchoolEnrolment/{district.key(number)}/?physical=1", {})
    district.kill("listener")
    district.do("hash_synchronize")
    assert district.do("copy", enrolment=district.enrolments[number])["vanished_at"] is not None
    found = item(district, number)
    assert found["kind"] == "missing_in_pasi"
    district.start("listener")
    district.do("reject", item=found["id"])  # we keep the record: it goes to PASI again
    district.until(lambda: district.submission(number)["status"] == "accepted", "the record to be in PASI again")
    district.assert_sound()


def test_an_asn_that_now_points_elsewhere(district: Stage) -> None:
    """The copy follows; a change made here waits, and turns nothing back. Once PASI has moved it back, a person looks."""
    number, other, wanted = district.number(), district.number(), new_day()
    asn = district.record(other)["StateProvinceId"]
    old = district.record(number)["StateProvinceId"]
    district.foreign_edit(number, StateProvinceId=asn)
    district.until(lambda: district.do("copy", enrolment=district.enrolments[number])["asn"] == asn, "the new ASN")
    district.do("change", enrolment=district.enrolments[number], changes={"exit_date": wanted})
    district.until(lambda: district.submission(number)["reason"] == "identity_changed", "the change to be held")
    assert district.record(number)["StateProvinceId"] == asn
    district.foreign_edit(number, StateProvinceId=old)
    district.until(lambda: district.submission(number)["status"] == "needs_review", "a person to be asked")
    assert district.record(number)["StateProvinceId"] == old
    district.assert_sound()
