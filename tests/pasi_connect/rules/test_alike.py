"""Alike: one kind, one person, the same fields with the same values."""

import pytest

from pasi_connect.rules.alike import likeness

EXIT = {
    "name": "exit_date",
    "agreed": "2027-06-26",
    "sis": "2027-06-26",
    "pasi": "2027-06-24",
    "state": "changed_in_pasi",
}
GRADE = {"name": "grade", "agreed": "08", "sis": "08", "pasi": "09", "state": "changed_in_pasi"}


def of(kind="changed_in_pasi", who="Tove", fields=(EXIT,)):
    return likeness(kind, who, fields)


def test_the_order_of_fields_and_what_was_agreed_make_no_difference():
    assert of(fields=(EXIT, GRADE)) == of(fields=(GRADE, {**EXIT, "agreed": None}))
    assert len(of()) == 16


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "changed_on_both"}, {"who": "Ola"}, {"fields": (EXIT, GRADE)}, {"fields": ({**EXIT, "pasi": "2027-06-02"},)},
        {"fields": ({**EXIT, "sis": "2027-06-25"},)}, {"fields": ({**EXIT, "name": "start_date"},)},
    ],
)  # fmt: skip
def test_anything_else_is_not_alike(other):
    assert of(**other) != of()


@pytest.mark.parametrize("kind", ["created_in_pasi", "deleted_in_pasi", "missing_in_pasi"])
def test_whole_records_are_alike_whatever_they_hold(kind):
    assert of(kind) == of(kind, fields=(GRADE,))
    assert of(kind) != of(kind, who="Ola")
