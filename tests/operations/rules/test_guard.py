import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.rules.guard import BULK_DECISION, VANISHING


@pytest.mark.parametrize(
    ("count", "whole", "trips"),
    [
        (19, 20, False),
        (20, 199, True),
        (20, 200, False),
        (21, 200, True),
        (0, 0, False),
        (100, 1000, False),
        (101, 1000, True),
    ],
)
def test_vanishing_trips_over_a_tenth_and_at_least_twenty(count, whole, trips):
    assert VANISHING.trips(count, whole) is trips


@pytest.mark.parametrize(
    ("count", "whole", "trips"), [(50, 100, False), (51, 100, True), (51, 255, False), (52, 255, True)]
)
def test_a_bulk_decision_trips_over_a_fifth_and_more_than_fifty(count, whole, trips):
    assert BULK_DECISION.trips(count, whole) is trips


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_records_never_calm_the_guard(count, whole):
    if VANISHING.trips(count, whole):
        assert VANISHING.trips(count + 1, whole)
        assert count >= 20
