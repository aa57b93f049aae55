"""How long a password may be."""

import re
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LengthValidator(MinimumLengthValidator):
    """`min_length` characters, several blanks counted as one, and no more than `max_length`, so that nobody makes us hash a book."""

    def __init__(self, min_length: int = 12, max_length: int = 128) -> None:
        super().__init__(min_length)
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(re.sub(r" {2,}", " ", password), user)
        if len(password) > self.max_length:
            raise ValidationError(
                _("At most %(most)s characters.") % {"most": self.max_length}, code="password_too_long"
            )
