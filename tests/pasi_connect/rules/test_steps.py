"""The order of the set-up: every step can be reached, and none waits for one that stands below it."""

import pytest

from operations.rules import permissions
from pasi_connect.rules.steps import NUMBERS, PHASES, STEPS, missing, waits_for


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_a_step_waits_for_steps_above_it_and_somebody_may_do_it(step):
    assert all(NUMBERS[key] < NUMBERS[step.key] for key in step.needs)
    assert permissions.to(step.verb, step.family)


def test_phases_follow_each_other():
    assert [step.phase for step in STEPS] == sorted((step.phase for step in STEPS), key=PHASES.index)


def test_a_step_waits_for_what_it_needs_and_not_for_whatever_stands_above():
    steps = {step.key: step for step in STEPS}
    assert missing(set()) == list(NUMBERS)
    assert waits_for(steps["certificate"], set()) == []
    assert waits_for(steps["schools"], {"certificate"}) == [2]
    assert waits_for(steps["schools"], {"certificate", "connection"}) == []  # the code values may come later
    assert waits_for(steps["regular"], {"code_values", "schools"}) == [4, 8]
