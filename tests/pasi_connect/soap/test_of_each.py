"""An operation that takes several records answers for each: what is made of its answer."""

import pytest

from pasi_connect.rules import faults
from pasi_connect.soap.answers import Answer, of_all, of_each

TAKEN = {"Id": "a", "PASICoreVersion": 12, "Rejections": None}
REFUSED = {"Id": "B", "PASICoreVersion": 0, "Rejections": [{"Code": "40104", "Message": "Not unique"}]}
STALE = {"Id": "c", "PASICoreVersion": 7, "Rejections": [{"Code": "3004", "Message": "Not equal"}]}


def answer(*outcomes):
    return Answer(faults.ACCEPTED, {"SubmitResponses": list(outcomes)}, answered=True)


def test_one_record_is_answered_for_by_itself():
    [one] = of_each(answer(TAKEN), ["a"])
    assert (one.outcome, one.value["PASICoreVersion"]) == (faults.ACCEPTED, 12)
    [one] = of_each(answer(REFUSED), ["b"])
    assert (one.outcome, one.code) == (faults.REJECTED, "40104")
    assert one.rejections == [{"code": "40104", "message": "Not unique"}]


def test_several_have_an_outcome_each_found_by_its_id():
    found = of_each(answer(STALE, REFUSED, TAKEN), ["a", "b", "c"])
    assert [one.outcome for one in found] == [faults.ACCEPTED, faults.REJECTED, faults.VERSION_CONFLICT]
    assert not any(one.of_call for one in found)


@pytest.mark.parametrize("outcomes", [(), (TAKEN, TAKEN), (TAKEN, REFUSED)])
def test_for_none_or_several_nobody_knows_what_became_of_one(outcomes):
    if outcomes == (TAKEN, REFUSED):
        [one] = of_each(answer(*outcomes), ["x"])
    else:
        [one] = of_each(answer(*outcomes), ["a"])
    assert (one.outcome, one.value) == (faults.UNKNOWN, None)


def test_of_several_the_one_that_is_left_out_is_unknown():
    found = of_each(answer(TAKEN, REFUSED), ["a", "b", "c"])
    assert [one.outcome for one in found] == [faults.ACCEPTED, faults.REJECTED, faults.UNKNOWN]


@pytest.mark.parametrize("value", [None, {"PASICoreVersion": 3}, [], "text"])
def test_any_other_answer_holds_for_all(value):
    whole = Answer(faults.OUR_FAULT, value, code="3002", answered=True)
    assert of_each(whole, ["a"]) == [whole]
    assert all(one.of_call and one.code == "3002" for one in of_each(whole, ["a", "b"]))
    assert of_all(whole, of_each(whole, ["a", "b"])) is whole


def test_the_log_says_how_many_were_accepted():
    whole = answer(TAKEN, REFUSED)
    assert of_all(whole, of_each(whole, ["a", "b"])).detail == "1 of 2 records accepted."
