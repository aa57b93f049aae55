"""Words of PASI and of the SIS in the reader's language. What is stored stays as it is."""

from django.utils.translation import gettext_lazy as _

GENDERS = {"Female": _("Female"), "Male": _("Male"), "Unspecified": _("Unspecified")}


def gender(stored: str) -> str:
    return str(GENDERS.get(stored, stored))
