"""The form that finds a student."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FindForm(forms.Form):
    q = forms.CharField(
        label=_("Name, ASN or local number"),
        max_length=100,
        help_text=_("Parts of a name in any order, or a whole number."),
        error_messages={"required": _("Enter a name, an ASN or a local number.")},
    )
