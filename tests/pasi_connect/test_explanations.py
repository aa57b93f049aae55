"""Every state of a submission has words for people."""

import pytest

from pasi_connect.models.submission import Status
from pasi_connect.rules import held
from pasi_connect.rules.explanations import BY_STATUS, COMPARE, explain


def test_every_status_has_words():
    assert set(BY_STATUS) == {status.value for status in Status}


@pytest.mark.parametrize("reason", held.REASONS, ids=lambda reason: reason.code)
def test_a_held_submission_says_what_the_held_table_says(reason):
    assert (explain("held", reason.code).message, explain("held", reason.code).next_step) == (
        reason.message,
        reason.next_step,
    )


def test_a_rejection_speaks_in_our_words_and_else_in_those_of_pasi():
    known = explain("rejected", "10016", [{"code": "10016", "message": "RegistrationExitDate < RegistrationStartDate"}])
    assert known.message == "The exit date lies before the start date."
    unknown = explain("rejected", "19999", [{"code": "19999", "message": "A rule of tomorrow."}])
    assert unknown.message == "A rule of tomorrow."


def test_a_fault_code_and_a_review_reason():
    assert explain("dead", "3001").message == "PASI could not read the message."
    assert explain("needs_review", "changed_in_pasi").next_step == COMPARE
    assert explain("waiting", "nobody knows this").message == BY_STATUS["waiting"].message
