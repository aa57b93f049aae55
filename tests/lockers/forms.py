from django import forms

from operations.forms.days import DayField
from tests.lockers.models import Locker


class LockerForm(forms.ModelForm):
    class Meta:
        model = Locker
        fields = ("number", "lent_until", "shelves", "key_holder")
        field_classes = {"lent_until": DayField}

    GROUPS = (("Locker", ("number", "lent_until", "shelves", "key_holder")),)
