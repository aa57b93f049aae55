"""How long a password may be, and that nothing else is asked of it."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password",
    ["gravel otters", "zażółć gęślą jaźń", "🦦🦦🦦🦦🦦🦦🦦🦦🦦🦦🦦🦦", "a b c d e f g", "q" + "1z" * 63 + "x"],
)
def test_any_character_and_up_to_128_are_taken(password):
    validate_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [("gravel otte", "password_too_short"), ("gravel      ot", "password_too_short"), ("7q" * 64 + "x", "password_too_long"),
     ("password12345678"[:8] + "1234", "password_too_common")],
)  # fmt: skip
def test_too_short_too_long_and_well_known_are_refused(password, code):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert code in {error.code for error in refused.value.error_list}
