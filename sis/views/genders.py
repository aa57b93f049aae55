"""Words of PASI and the SIS in the reader's language. The stored values do not change."""

from django.utils.translation import gettext_lazy as _

GENDERS = {"Female": _("Female"), "Male": _("Male"), "Unspecified": _("Unspecified")}


def gender(stored: str) -> str:
    return str(GENDERS.get(stored, stored))
