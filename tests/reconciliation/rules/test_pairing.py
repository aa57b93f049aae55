from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.rules.pairing import MOST, best, differences, greedy, pair

tables = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 3), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)


@given(tables)
@settings(max_examples=300, deadline=None)
def test_the_best_pairing_is_the_earliest_of_the_best(costs):
    height, width = len(costs), len(costs[0])
    size = max(height, width)
    wanted, least = [], None
    for order in permutations(range(size)):  # in lexicographic order: the first of the cheapest is the earliest
        pairs = [(row, order[row]) for row in range(height) if order[row] < width]
        cost = sum(costs[row][column] for row, column in pairs)
        if least is None or cost < least:
            wanted, least = pairs, cost
    assert best(costs) == wanted


def test_greedy_would_be_dearer():
    # Row 0's nearest partner is the only good one of row 1.
    assert best([[0, 1], [0, 9]]) == [(0, 1), (1, 0)]


rows = st.lists(st.tuples(*[st.sampled_from(["a", "b", None])] * 3), min_size=1, max_size=30)


@given(rows, rows)
def test_greedy_pairs_as_many_as_it_can_and_each_once(before, after):
    pairs = greedy(before, after)
    assert len(pairs) == min(len(before), len(after))
    assert len({one for one, _ in pairs}) == len({two for _, two in pairs}) == len(pairs)


def test_greedy_begins_where_one_column_differs():
    assert sorted(greedy([("a", "b", "c"), ("x", "y", "z")], [("x", "y", "q"), ("a", "b", "d")])) == [(0, 1), (1, 0)]


def test_a_cell_that_cannot_be_read_differs_from_itself():
    assert differences(("a", None), ("a", None)) == 1


def test_many_rows_take_the_simpler_rule():
    many = [(str(n), "a") for n in range(MOST // 2 + 1)]
    assert pair(many, many) == greedy(many, many)
