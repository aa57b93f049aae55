"""Names and identification as a table: one change to a good record, the rules that it must break."""

import datetime as dt

import pytest

from sis.rules.student import FIELDS, LEGAL, NOT_SENT, PREFERRED, expected, faults

TODAY = dt.date(2026, 11, 20)
GOOD = dict.fromkeys(FIELDS, "") | {
    "legal_first_name": "Ines",
    "legal_last_name": "Varga",
    "legal_name_exact": True,
    "birth_date": dt.date(2012, 3, 4),
    "identity_document_type": "CanadianPassport",
    "identity_document_issued": None,
}


def broken(*touched, **changes):
    return [(rule.number, rule.field) for rule in faults(GOOD | changes, touched or FIELDS)]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"legal_first_name": ""}, [("", "legal_first_name")]),
        ({"legal_last_name": ""}, [("", "legal_last_name")]),
        ({"birth_date": None}, [("", "birth_date")]),
        ({"legal_first_name": "St.John"}, [("11203", "legal_first_name")]),
        ({"legal_suffix": "Jr."}, []),
        ({"legal_middle_name": "J. R."}, []),
        ({"legal_last_name": "Varga--Roy"}, [("11220", "legal_last_name")]),
        ({"legal_last_name": "Varga-Roy"}, []),
        ({"legal_middle_name": "Ana .B"}, [("11224", "legal_middle_name")]),
        ({"identity_document_issued": dt.date(2012, 3, 3)}, [("11233", "identity_document_issued")]),
        ({"identity_document_issued": dt.date(2012, 3, 4)}, []),
        ({"identity_document_type": ""}, []),
        ({"identity_document_type": "", "identity_document_number": "41A7"}, [("", "identity_document_type")]),
        ({"preferred_first_name": "Bram"}, [("", "preferred_last_name")]),
        ({"preferred_last_name": "Roy"}, [("", "preferred_first_name")]),
        ({"preferred_suffix": "III"}, [("", "preferred_last_name"), ("", "preferred_first_name")]),
        ({"preferred_first_name": "Bram", "preferred_last_name": "Varga"}, []),
        ({"preferred_first_name": "Ines", "preferred_last_name": "Varga"}, [("11201", "preferred_first_name")]),
        ({"preferred_first_name": "Inés", "preferred_last_name": "Varga"}, []),
    ],
)
def test_what_is_refused(changes, found):
    assert broken(**changes) == found


def test_an_old_fault_keeps_nobody_from_changing_something_else():
    old = {"preferred_first_name": "Bram", "legal_last_name": "Varga--Roy"}
    assert broken("birth_date", **old) == []
    assert broken("preferred_middle_name", **old) == [("", "preferred_last_name")]


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({}, []),
        ({"identity_document_type": ""}, ["65031"]),
        ({"identity_document_type": "StudentDocumentVerified"}, ["12006"]),
        ({"identity_document_type": "FromSIS"}, ["11225"]),
        ({"identity_document_issued": TODAY}, []),
        ({"identity_document_issued": TODAY + dt.timedelta(days=1)}, ["11232"]),
        ({"legal_first_name": "Łucja"}, [""]),
        ({"preferred_last_name": "Two  blanks"}, [""]),
        ({"legal_first_name": "Zoë"}, []),
    ],
)
def test_what_pasi_will_say(changes, numbers):
    assert [row.number for row in expected(GOOD | changes, TODAY)] == numbers


def test_each_row_names_fields_that_exist_and_words_for_people():
    for name in (*LEGAL, *PREFERRED):
        assert name in FIELDS
    for rule in faults(dict.fromkeys(FIELDS, "")):
        assert {rule.field, *rule.looks_at} <= set(FIELDS)
        assert rule.message.endswith(".") and rule.source


def test_what_a_client_may_not_send_is_what_the_simulator_refuses():
    from pasi_simulator.rules.documents import DERIVED, RESTRICTED

    assert DERIVED | set(RESTRICTED) == NOT_SENT
