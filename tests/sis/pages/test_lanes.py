"""The drawing of a student's stays over a school year."""

import pytest
from django.utils import translation

from sis.views.lanes import month_names


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", "Sep Oct Nov Dec Jan Feb Mar Apr May Jun Jul Aug"),
        ("fr", "sept. oct. nov. déc. janv. févr. mars avr. mai juin juill. août"),
    ],
)
def test_months_are_short_as_the_language_shortens_them(language: str, names: str) -> None:
    with translation.override(language):
        assert month_names() == names.split()
