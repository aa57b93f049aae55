"""Which kinds a bulk decides: complete, and what deletes or needs a look only where it is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules import bulk
from pasi_connect.rules.bulk import ACCEPT, REJECT

KINDS = st.sampled_from(Kind.values)
DECISIONS = st.sampled_from((ACCEPT, REJECT))


def test_every_kind_stands_in_the_table_with_either_decision_once():
    assert sorted(bulk.BY_KEY) == sorted((kind, decision) for kind in Kind.values for decision in (ACCEPT, REJECT))
    assert len(bulk.EFFECTS) == len(bulk.BY_KEY)


@pytest.mark.parametrize(
    ("decision", "unnamed"),
    [
        (ACCEPT, {"changed_in_pasi", "created_in_pasi"}),
        (REJECT, {"changed_in_pasi", "deleted_in_pasi", "missing_in_pasi"}),
    ],
)
def test_what_is_decided_where_nothing_is_named(decision, unnamed):
    assert {kind for kind in Kind.values if bulk.decided(kind, decision, None)} == unnamed


@given(KINDS, DECISIONS, st.frozensets(KINDS))
def test_what_is_named_is_decided_and_nothing_else(kind, decision, named):
    assert bulk.decided(kind, decision, named) == (kind in named)


@given(KINDS, DECISIONS)
def test_a_decision_does_something_somewhere(kind, decision):
    row = bulk.BY_KEY[kind, decision]
    assert row.here or row.sent
    assert row.effect
