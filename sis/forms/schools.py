"""Forms of schools and of who may see them."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from operations.forms.fields import field_of
from operations.wording import label_of
from sis.models import School
from sis.models.organization import State
from sis.services.organizations import STATES


def state_name(name: str) -> str:
    return label_of(School, name)


class StateForm(forms.Form):
    name = forms.ChoiceField(choices=[(name, name) for name in STATES])
    value = forms.ChoiceField(choices=State.choices)

    def words(self) -> dict[str, str]:
        data = self.cleaned_data
        return {
            "what": state_name(data["name"]),
            "state": str(State(data["value"]).label).lower(),
        }


class AccessForm(forms.Form):
    schools = forms.ModelMultipleChoiceField(
        label=_("Schools"), queryset=School.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "schools").queryset = schools.order_by("code")
