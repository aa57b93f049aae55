"""Shapes of what people enter about assignments, absences and mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts import selectors
from alerts.models import MailChoice
from operations import clock
from operations.forms.days import DayField
from operations.models import User


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return obj.full_name


class AssignForm(forms.Form):
    """`seen`: the id of who had the item when the page was drawn; empty: nobody. `back`: the button that puts it back."""

    to = forms.IntegerField(required=False, min_value=1)
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    back = forms.BooleanField(required=False)
    reason = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        help_text=_("Visible to the person you assign it to. It stays with the change."),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("back"):
            values["to"] = None
        elif not values.get("to"):
            self.add_error("to", _("Choose a person from the list."))
        return values

    def __init__(self, *args: Any, people: list[User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people is not None:
            choices = [("", _("Choose…")), *((person.pk, person.full_name) for person in people)]
            self.fields["to"] = forms.TypedChoiceField(
                label=_("Assign to"), required=False, choices=choices, coerce=int, empty_value=None
            )


class SnoozeForm(forms.Form):
    until = DayField(label=_("Review again on"))
    reason = forms.CharField(label=_("Why it can wait"), max_length=500)


class AbsenceForm(forms.Form):
    first_day = DayField(label=_("First day away"), initial=clock.today)
    last_day = DayField(label=_("Last day away"))
    stand_in = PersonChoice(label=_("Covered by"), queryset=User.objects.none(), empty_label=_("Choose…"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stand_in: Any = self.fields["stand_in"]
        stand_in.queryset = selectors.who_can_stand_in(person)
        stand_in.help_text = _("A person who decides on changes at all of your schools.")


class MailChoiceForm(forms.ModelForm):
    class Meta:
        model = MailChoice
        fields = ("how",)
        widgets = {"how": forms.RadioSelect}
