import pytest

from pasi_connect.models.exchange import Outcome
from pasi_connect.rules import faults

FAULT_CODES = "1001 1002 1003 1004 1006 1007 1008 2001 3001 3002 3004 3005 3006 3007 3008 4001 4002 9001 9014".split()
REJECTION_CODES = "3004 9002 9003 9009 9010 9011 9013 9023 10016 10058 10064 10088 10133".split()
SECTION_CODES = (
    "9015 9020 9030 40102 40104 40108 40112 40113 40114 40115 40125 40135 40136 40143 40144 40609 40613".split()
)


@pytest.mark.parametrize("code", FAULT_CODES)
def test_every_published_fault_has_a_meaning(code):
    meaning = faults.of_fault(code)
    assert meaning is faults.FAULTS[code]
    assert meaning.outcome in Outcome.values
    assert meaning.message.endswith(".")
    assert meaning.next_step.endswith(".")


@pytest.mark.parametrize("code", [*REJECTION_CODES, *SECTION_CODES])
def test_every_published_rejection_has_a_meaning(code):
    meaning = faults.of_rejections([code])
    assert meaning is faults.REJECTIONS[code]
    assert meaning.outcome in ("rejected", "version_conflict", "no_change")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("1001", "not_authorized"),
        ("1008", "not_authorized"),
        ("2001", "unavailable"),
        ("3001", "our_fault"),
        ("3004", "version_conflict"),
        ("4001", "pasi_fault"),
        ("4002", "unknown"),  # it may have saved
        ("9001", "unknown"),
        ("9014", "not_yet"),
        ("7777", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_a_fault_means_for_the_submission(code, outcome):
    assert faults.of_fault(code).outcome == outcome


def test_a_fault_that_is_not_known_is_read_back_and_reported():
    meaning = faults.of_fault("7777")
    assert (meaning.outcome, meaning.next_step) == ("unknown", faults.SUPPORT)


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (["9023"], "no_change"),
        (["9023", "10016"], "rejected"),
        (["10016", "3004"], "version_conflict"),
        (["9023", "3004"], "version_conflict"),
        (["55555"], "rejected"),
        (["55555", "9023"], "rejected"),
    ],
)
def test_of_several_rejections_the_gravest_decides(codes, outcome):
    assert faults.of_rejections(codes).outcome == outcome
    assert faults.of_rejections(codes[::-1]).outcome == outcome
