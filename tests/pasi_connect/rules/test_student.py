"""What keeps names and identification from going out: PASI's rules over the record as it would go, row by row."""

import datetime as dt

import pytest

from pasi_connect.rules import student
from sis.rules import student as rules

FREE = {
    **dict.fromkeys(rules.FIELDS, ""),
    "legal_first_name": "Ines",
    "legal_last_name": "Varga",
    "legal_name_exact": True,
    "birth_date": dt.date(2012, 3, 4),
    "identity_document_type": "CanadianPassport",
    "identity_document_issued": None,
}
WHOLE = {"preferred_first_name": "Loni", "preferred_last_name": "Vance"}
BROKEN = [
    ("legal_first_name:", {"legal_first_name": ""}),
    ("legal_last_name:", {"legal_last_name": ""}),
    ("birth_date:", {"birth_date": None}),
    ("birth_date:", {"birth_date": "0001-01-01"}),  # PASI's own, which no calendar here reckons with
    ("legal_first_name:11203", {"legal_first_name": "J.R"}),
    ("legal_last_name:11220", {"legal_last_name": "Varga--Roy"}),
    ("preferred_first_name:11224", {**WHOLE, "preferred_first_name": ".Loni"}),
    ("identity_document_issued:11233", {"identity_document_issued": dt.date(2012, 3, 3)}),
    ("identity_document_type:65031", {"identity_document_type": ""}),
    ("identity_document_type:12006", {"identity_document_type": "StudentDocumentVerified"}),
    ("preferred_last_name:", {"preferred_first_name": "Loni"}),
    ("preferred_first_name:", {"preferred_last_name": "Vance"}),
    ("preferred_first_name:11201", {"preferred_first_name": "Ines", "preferred_last_name": "Varga"}),
]


@pytest.mark.parametrize("values", [{}, WHOLE, {"identity_document_type": "FromSIS"}])
def test_nothing_keeps_what_is_free(values):
    assert student.broken({**FREE, **values}) == []


@pytest.mark.parametrize(("key", "values"), BROKEN)
def test_each_row_keeps_it_and_is_found_by_its_key(key, values):
    found = {one.key: one for one in student.broken({**FREE, **values})}
    assert key in found
    assert found[key].field in found[key].together
    row = student.rule(key)
    assert f"{row.field}:{row.number}" == key and row.message.endswith(".")


def test_an_unknown_key_names_no_rule():
    assert student.rule("legal_first_name:99999") is None
