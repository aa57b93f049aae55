"""Who is whose: the differing parts, and the table of what may be decided on a record that PASI has moved."""

from dataclasses import replace

import pytest

from pasi_connect.rules import identity as rules
from pasi_connect.rules.identity import ACCEPT, LINK_ANEW, REJECT, Case

OURS = {"asn": "111111111", "school": "4801", "school_year": "2026-2027"}
FREE = Case(
    school_is_ours=True,
    in_scope=True,
    student_known=True,
    asn_moved=True,
    same_person=False,
    asn_retired=False,
    has_courses=False,
)


@pytest.mark.parametrize(
    ("theirs", "parts"),
    [
        (OURS, []),
        (OURS | {"asn": "222222222"}, ["asn"]),
        (OURS | {"school": "4802"}, ["school"]),
        (OURS | {"school_year": "2025-2026"}, ["school_year"]),
        ({"asn": "222222222", "school": "4802", "school_year": "2025-2026"}, ["asn", "school", "school_year"]),
        (OURS | {"asn": ""}, []),
    ],
)
def test_the_parts_that_differ(theirs, parts):
    assert [name for name, _mine, _other in rules.differing(OURS, theirs)] == parts


def test_a_student_without_an_asn_differs_from_nobody():
    assert rules.differing(OURS | {"asn": ""}, OURS | {"asn": "222222222"}) == ()


@pytest.mark.parametrize(
    ("facts", "possible"),
    [
        ({}, {ACCEPT, REJECT, LINK_ANEW}),
        ({"in_scope": False}, {LINK_ANEW}),
        ({"school_is_ours": False, "in_scope": False}, {LINK_ANEW}),
        ({"student_known": False}, {REJECT, LINK_ANEW}),
        ({"student_known": False, "asn_moved": False}, {ACCEPT, REJECT, LINK_ANEW}),
        ({"has_courses": True}, {REJECT, LINK_ANEW}),
        ({"has_courses": True, "same_person": True}, {ACCEPT, REJECT, LINK_ANEW}),
        ({"asn_retired": True}, {ACCEPT, LINK_ANEW}),
        ({"asn_retired": True, "asn_moved": False}, {ACCEPT, REJECT, LINK_ANEW}),
        ({"on_its_way": True}, set()),
    ],
)
def test_what_may_be_decided(facts, possible):
    case = replace(FREE, **facts)
    assert {choice for choice in (ACCEPT, REJECT, LINK_ANEW) if not rules.why_not(choice, case)} == possible
