"""A key is found however it is written."""

import pytest

from pasi_connect.rules import keys

REF_ID = "6f1c2f0e-8d52-4b7e-9d0a-2b1d4f3a7c55"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (REF_ID, REF_ID),
        (f" {REF_ID.upper()} ", REF_ID),
        ("0002-0858-6", "000208586"),
        ("000208586", "000208586"),
        ("7101", "7101"),
        ("StudentSchoolEnrolment.2027", "StudentSchoolEnrolment.2027"),
        ("not-a-key", "not-a-key"),
        ("", ""),
    ],
)
def test_the_stored_spelling(text, key):
    assert keys.as_stored(text) == key
