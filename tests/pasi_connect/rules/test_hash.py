import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from operations.rules import back_off
from pasi_connect.rules import hash as hash_rule

pairs = st.lists(st.tuples(st.uuids().map(str), st.integers(1, 10**9)), unique_by=lambda pair: pair[0])


@given(st.integers(-3, 10_000), st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_most_nor_shorter_than_half_of_the_first(failures, random):
    assert 0.5 <= back_off.seconds(failures, 1, 60, random) <= 60


@given(st.integers(1, 40))
def test_each_failure_doubles_the_wait_until_the_most(failures):
    now, then = (back_off.seconds(count, 1, 60, 1) for count in (failures, failures + 1))
    assert then == min(60, 2 * now)


def test_dice_spread_over_half_of_the_wait():
    assert [back_off.seconds(3, 2, 60, random) for random in (0, 0.5, 1)] == [4, 6, 8]


def test_the_hash_as_it_is_written_down():
    expected = base64.b64encode(hashlib.md5(b"AB110B27").digest()).decode()
    assert hash_rule.of([("b2", 7), ("aB1", 10)]) == expected


def test_the_hash_of_nothing():
    assert hash_rule.of([]) == base64.b64encode(hashlib.md5(b"").digest()).decode()


@given(pairs, st.randoms())
def test_neither_order_nor_case_of_the_ids_matters(given_pairs, random):
    shuffled = [(key.upper() if random.random() < 0.5 else key, version) for key, version in given_pairs]
    random.shuffle(shuffled)
    assert hash_rule.of(shuffled) == hash_rule.of(given_pairs)


@given(pairs.filter(bool), st.data())
def test_one_version_more_is_another_hash(given_pairs, data):
    place = data.draw(st.integers(0, len(given_pairs) - 1))
    moved = [(key, version + (number == place)) for number, (key, version) in enumerate(given_pairs)]
    assert hash_rule.of(moved) != hash_rule.of(given_pairs)
    assert hash_rule.of(given_pairs[:place] + given_pairs[place + 1 :]) != hash_rule.of(given_pairs)
