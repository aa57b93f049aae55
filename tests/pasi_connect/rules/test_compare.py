"""The three-value table, row by row, and what holds for every row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.rules import compare as rules
from pasi_connect.rules.compare import (
    CHANGED_IN_PASI,
    CHANGED_ON_BOTH,
    DELETED_IN_PASI,
    IDENTITY_CHANGED,
    IN_STEP,
    NEVER_AGREED,
    OURS_TO_SEND,
    RESET,
    RESTORED_IN_PASI,
    UNDECIDED,
)

BASE = dict.fromkeys(COMPARED, "a") | {"deleted": False}


def record(**values):
    return BASE | values


@pytest.mark.parametrize(
    ("agreed", "ours", "theirs", "known", "state"),
    [
        ("a", "a", "a", True, IN_STEP),
        ("a", "b", "b", True, IN_STEP),
        (None, "b", "b", False, IN_STEP),
        ("a", "a", "b", True, CHANGED_IN_PASI),
        ("a", "b", "a", True, OURS_TO_SEND),
        ("a", "b", "c", True, CHANGED_ON_BOTH),
        (None, "b", "c", False, NEVER_AGREED),
        (None, None, "c", True, CHANGED_IN_PASI),  # agreed to be empty is agreed
        (None, "b", None, True, OURS_TO_SEND),
    ],
)
def test_the_table(agreed, ours, theirs, known, state):
    assert rules.state_of(agreed, ours, theirs, known) == state


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "to_send", "undecided"),
    [
        ({}, {}, "", (), ()),
        ({}, {"grade": "b"}, CHANGED_IN_PASI, (), ("grade",)),
        ({"grade": "b"}, {}, "", ("grade",), ()),
        ({"grade": "b"}, {"grade": "c"}, CHANGED_ON_BOTH, (), ("grade",)),
        ({"grade": "b"}, {"grade": "b"}, "", (), ()),
        ({"grade": "b"}, {"exit_date": "c"}, CHANGED_IN_PASI, ("grade",), ("exit_date",)),
        ({"grade": "b"}, {"grade": "c", "exit_date": "c"}, CHANGED_ON_BOTH, (), ("grade", "exit_date")),
    ],
)
def test_a_record_of_which_all_is_agreed(ours, theirs, kind, to_send, undecided):
    verdict = rules.compare(record(**ours), record(**theirs), BASE)
    assert (verdict.kind, verdict.to_send, verdict.undecided) == (kind, to_send, undecided)


def test_the_gravest_state_names_the_item():
    agreed = {name: value for name, value in BASE.items() if name != "exit_date"}
    ours = record(exit_date="x", start_date="o")
    theirs = record(exit_date="y", grade="g", start_date="t")
    assert rules.compare(record(exit_date="x"), record(exit_date="y", grade="g"), agreed).kind == NEVER_AGREED
    assert rules.compare(ours, theirs, agreed).kind == CHANGED_ON_BOTH


def test_a_first_comparison_is_never_agreed_where_it_differs_and_in_step_where_not():
    assert rules.compare(record(), record(), None).in_step
    verdict = rules.compare(record(grade="b"), record(), None)
    assert (verdict.kind, verdict.undecided, verdict.to_send) == (NEVER_AGREED, ("grade",), ())


def test_a_rejected_value_is_reset_until_pasi_holds_another():
    kept = {"grade": "b"}
    resetting = rules.compare(record(), record(grade="b"), BASE, kept)
    assert (resetting.kind, resetting.to_send, resetting.undecided) == ("", ("grade",), ())
    assert resetting.resetting
    moved_on = rules.compare(record(), record(grade="c"), BASE, kept)
    assert (moved_on.kind, moved_on.undecided, moved_on.resetting) == (CHANGED_IN_PASI, ("grade",), False)
    assert rules.compare(record(), record(), BASE, kept).in_step


def test_an_empty_value_can_be_rejected_too():
    agreed = BASE | {"program_percentage": 40}
    verdict = rules.compare(agreed, agreed | {"program_percentage": None}, agreed, {"program_percentage": None})
    assert [(row.name, row.state) for row in verdict.fields] == [("program_percentage", RESET)]


@pytest.mark.parametrize(
    ("agreed", "ours", "theirs", "kind", "to_send", "undecided"),
    [
        (False, True, True, "", (), ()),
        (True, True, True, "", (), ()),
        (False, False, True, DELETED_IN_PASI, (), ("deleted",)),
        (False, True, False, "", ("deleted",), ()),
        (True, False, True, "", ("deleted",), ()),  # undeleted here
        (True, True, False, RESTORED_IN_PASI, (), ("deleted",)),  # undeleted there
        (None, False, True, DELETED_IN_PASI, (), ("deleted",)),
        (None, True, False, NEVER_AGREED, (), ("deleted",)),
    ],
)
def test_deletion_comes_before_every_other_field(agreed, ours, theirs, kind, to_send, undecided):
    known = BASE | {"deleted": agreed}
    if agreed is None:
        del known["deleted"]
    verdict = rules.compare(record(deleted=ours, grade="b"), record(deleted=theirs, grade="c"), known)
    assert (verdict.kind, verdict.to_send, verdict.undecided) == (kind, to_send, undecided)


MOVED = (("asn", "111111111", "222222222"),)


@pytest.mark.parametrize(
    ("ours", "theirs", "kept", "kind", "to_send"),
    [
        ({}, {}, {}, IDENTITY_CHANGED, ()),
        ({"grade": "b"}, {}, {}, IDENTITY_CHANGED, ()),  # ours to send waits
        ({}, {"grade": "b"}, {}, IDENTITY_CHANGED, ()),  # another's grade is nothing to compare
        ({"deleted": True}, {}, {}, IDENTITY_CHANGED, ()),  # or another's record would be deleted
        ({}, {"deleted": True}, {}, IDENTITY_CHANGED, ()),
        ({"deleted": True}, {"deleted": True}, {}, "", ()),
        ({}, {}, {"asn": "222222222"}, "", ("asn",)),
        ({}, {}, {"asn": "333333333"}, IDENTITY_CHANGED, ()),  # PASI has moved it once more since
        ({"grade": "b"}, {}, {"asn": "222222222"}, "", ("asn", "grade")),  # ours to send goes along
    ],
)
def test_whose_record_it_is_comes_before_everything_else(ours, theirs, kept, kind, to_send):
    sides = record(**ours), record(**theirs)
    verdict = rules.compare(*sides, BASE, kept, MOVED)
    assert (verdict.kind, rules.to_send(verdict, *sides, BASE, kept)) == (kind, to_send)
    assert bool(verdict.undecided) == bool(kind)


values = st.sampled_from([None, "", "a", "b", "c"])
records = st.fixed_dictionaries(dict.fromkeys(COMPARED, values) | {"deleted": st.booleans()})
some = st.one_of(st.none(), st.dictionaries(st.sampled_from(COMPARED[:-1]), values))
SWAPPED = {
    IN_STEP: IN_STEP,
    CHANGED_IN_PASI: OURS_TO_SEND,
    OURS_TO_SEND: CHANGED_IN_PASI,
    CHANGED_ON_BOTH: CHANGED_ON_BOTH,
    NEVER_AGREED: NEVER_AGREED,
}


@given(records, some, some)
def test_equal_records_are_in_step_whatever_was_agreed(both, agreed, kept):
    assert rules.compare(both, dict(both), agreed, kept).in_step


@given(values, values, values, st.booleans())
def test_seen_from_the_other_side_the_table_is_its_mirror(agreed, ours, theirs, known):
    assert rules.state_of(agreed, theirs, ours, known) == SWAPPED[rules.state_of(agreed, ours, theirs, known)]


@given(records, records, some, some)
def test_a_field_is_ours_to_send_or_undecided_never_both_and_never_neither(ours, theirs, agreed, kept):
    verdict = rules.compare(ours, theirs, agreed, kept)
    assert not set(verdict.to_send) & set(verdict.undecided)
    assert set(verdict.to_send) | set(verdict.undecided) == {row.name for row in verdict.fields}
    assert bool(verdict.kind) == bool(verdict.undecided)
    assert all(ours[row.name] != theirs[row.name] for row in verdict.fields)


@given(records, records, some)
def test_taking_pasis_values_leaves_nothing_to_do(ours, theirs, agreed):
    verdict = rules.compare(ours, theirs, agreed)
    taken = ours | {row.name: row.theirs for row in verdict.fields}
    after = rules.compare(taken, theirs, (agreed or {}) | {row.name: row.theirs for row in verdict.fields})
    # Where a deletion was in question, the other fields come to light only now.
    assert after.in_step or [row.name for row in verdict.fields] == ["deleted"]


@given(records, records, some)
def test_rejecting_everything_leaves_only_what_is_to_be_sent(ours, theirs, agreed):
    verdict = rules.compare(ours, theirs, agreed)
    after = rules.compare(ours, theirs, agreed, {name: theirs[name] for name in verdict.undecided})
    assert after.undecided == ()
    assert set(after.to_send) == {row.name for row in verdict.fields}


def test_the_gravest_comes_first():
    assert UNDECIDED == (IDENTITY_CHANGED, CHANGED_ON_BOTH, NEVER_AGREED, CHANGED_IN_PASI)


@pytest.mark.parametrize(
    ("ours", "theirs", "kept", "names"),
    [
        ({"grade": "b"}, {}, {}, ("grade",)),
        ({"deleted": True, "grade": "b"}, {}, {}, ("deleted",)),
        ({"grade": "b"}, {"deleted": True}, {"deleted": True}, ("deleted", "grade")),
        ({"grade": "b"}, {"deleted": True, "start_date": "c"}, {"deleted": True}, ("deleted", "grade")),
        ({}, {"deleted": True}, {"deleted": True}, ("deleted",)),
        ({"grade": "b"}, {"deleted": True}, {}, ()),
    ],
)
def test_what_is_sent_brings_a_record_back_with_its_other_changes(ours, theirs, kept, names):
    sides = (record(**ours), record(**theirs), dict(BASE), kept)
    assert rules.to_send(rules.compare(*sides), *sides) == names
