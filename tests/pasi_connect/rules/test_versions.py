import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.rules.versions import may_replace, opaque


@pytest.mark.parametrize(
    ("seen", "current", "steps", "may"),
    [
        (5, 5, {}, True),
        (0, 0, {}, True),
        (5, 6, {5: 6}, True),
        (5, 9, {5: 6, 6: 9}, True),
        (0, 7, {0: 7}, True),  # the record that we made ourselves
        (5, 6, {}, False),  # somebody else's step
        (5, 9, {5: 6, 7: 9}, False),  # a foreign step between two of ours
        (5, 9, {6: 9}, False),
        (5, 8, {5: 9}, False),  # PASI is behind what it told us
        (6, 5, {}, False),
        (6, 5, {5: 6}, False),
        (5, 6, {4: 6}, False),  # the step began before what the person saw
    ],
)
def test_the_seen_version_advances_along_our_own_steps_alone(seen, current, steps, may):
    assert may_replace(seen, current, steps) is may


@st.composite
def chains(draw):
    return sorted(draw(st.sets(st.integers(0, 1000), min_size=2, max_size=8)))


@given(chains(), st.data())
def test_any_whole_part_of_our_chain_may_be_replaced(chain, data):
    steps = dict(itertools.pairwise(chain))
    start = data.draw(st.integers(0, len(chain) - 1))
    end = data.draw(st.integers(start, len(chain) - 1))
    assert may_replace(chain[start], chain[end], steps)


@given(chains(), st.data())
def test_one_foreign_step_in_the_chain_forbids_it(chain, data):
    steps = dict(itertools.pairwise(chain))
    del steps[data.draw(st.sampled_from(sorted(steps)))]
    assert not may_replace(chain[0], chain[-1], steps)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 9**9), st.integers(0, 9**9))
def test_the_version_for_people_changes_when_either_side_does(revision, other_revision, version, other_version):
    same = (revision, version) == (other_revision, other_version)
    assert (opaque(revision, version) == opaque(other_revision, other_version)) is same
