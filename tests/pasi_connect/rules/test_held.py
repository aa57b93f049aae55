from dataclasses import replace
from itertools import pairwise

import pytest

from pasi_connect.rules import held
from pasi_connect.rules.held import Situation
from pasi_connect.rules.sendable import Refused

FREE = Situation(
    sync_on=True,
    school_active=True,
    year_ahead=False,
    year_synchronized=True,
    year_accepted=True,
    has_asn=True,
    undecided=False,
    person_outside=False,
)
# In the order in which a person could do something about them.
CAUSES = [
    ("sync_off", {"sync_on": False}),
    ("kind_off", {"kind_on": False}),
    ("school_inactive", {"school_active": False, "course_marks": False}),
    ("course_marks_inactive", {"school_active": False, "course_marks": True}),
    ("years_unknown", {"years_known": False}),
    ("year_ahead", {"year_ahead": True}),
    ("year_closed", {"year_closed": True}),
    ("year_not_synchronized", {"year_synchronized": False}),
    ("year_not_accepted", {"year_accepted": False}),
    ("no_asn", {"has_asn": False}),
    ("not_told", {"not_told": True}),
    ("unmatched", {"unmatched": True}),
    ("identity_changed", {"identity_changed": True}),
    ("pasi_9009", {"refused": "9009"}),
    ("pasi_9011", {"refused": "9011"}),
    ("pasi_10058", {"refused": "10058"}),
    ("text_outside", {"values": Refused(texts="local_student_id")}),
    ("code_unknown", {"values": Refused(unknown="enrolment_type_codes:999")}),
    ("value_refused", {"values": Refused(broken="exit_date:10016")}),
    ("undecided_refused", {"values": Refused(undecided="exit_date")}),
    ("person_outside", {"person_outside": True}),
    ("after", {"after": "waits"}),
    ("undecided", {"undecided": True}),
]


def test_nothing_holds_what_is_free():
    assert held.reason_of(FREE) is None


@pytest.mark.parametrize(("code", "cause"), CAUSES)
def test_each_cause_holds_by_itself(code, cause):
    reason = held.reason_of(replace(FREE, **cause))
    assert reason is held.BY_CODE[code]
    assert reason.message.endswith(".")
    assert reason.next_step.endswith(".")


def test_a_year_without_news_waits_for_a_look_at_pasis_record():
    assert held.reason_of(replace(FREE, year_synchronized=False, read_live=True)) is None
    closed = held.reason_of(replace(FREE, year_synchronized=False, read_live=True, year_closed=True))
    assert closed is held.BY_CODE["year_closed"]


def test_of_two_causes_the_earlier_is_told():
    for (code, cause), (_later, other) in pairwise(CAUSES):
        found = held.reason_of(replace(FREE, **_both(other, cause)))
        assert found is not None
        assert found.code == code


def _both(one, other):
    """Two causes at once; those in the values of one record are laid together."""
    if one.keys() == other.keys() == {"values"}:
        told = {**vars(one["values"]), **{name: text for name, text in vars(other["values"]).items() if text}}
        return {"values": Refused(**told)}
    return {**one, **other}


def test_no_reason_is_without_a_test():
    assert [reason.code for reason in held.REASONS] == [code for code, _cause in CAUSES]
