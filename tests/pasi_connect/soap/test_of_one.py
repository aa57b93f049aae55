"""An operation that takes several records answers for each: what is made of it where one was sent."""

import pytest

from pasi_connect.rules import faults
from pasi_connect.soap.answers import Answer, of_one

TAKEN = {"Id": "a", "PASICoreVersion": 12, "Rejections": None}
REFUSED = {"Id": "a", "PASICoreVersion": 0, "Rejections": [{"Code": "40104", "Message": "Not unique"}]}


def answer(*outcomes):
    return Answer(faults.ACCEPTED, {"SubmitResponses": list(outcomes)}, answered=True)


def test_it_is_answered_for_by_itself():
    one = of_one(answer(TAKEN))
    assert (one.outcome, one.value["PASICoreVersion"]) == (faults.ACCEPTED, 12)


def test_its_rejection_is_that_of_the_call():
    one = of_one(answer(REFUSED))
    assert (one.outcome, one.code) == (faults.REJECTED, "40104")
    assert one.rejections == [{"code": "40104", "message": "Not unique"}]


@pytest.mark.parametrize("outcomes", [(), (TAKEN, TAKEN), (TAKEN, REFUSED)])
def test_for_none_or_several_nobody_knows_what_became_of_it(outcomes):
    one = of_one(answer(*outcomes))
    assert (one.outcome, one.value) == (faults.UNKNOWN, None)


@pytest.mark.parametrize("value", [None, {"PASICoreVersion": 3}, [], "text"])
def test_any_other_answer_is_left_as_it_is(value):
    whole = Answer(faults.ACCEPTED, value, answered=True)
    assert of_one(whole) is whole
