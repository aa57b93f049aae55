"""Shapes of what people enter about themselves and about each other."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock
from operations.models import ApiToken, User
from operations.rules import latin1
from operations.services.accounts import GIVEN, OWN

LANGUAGES = User._meta.get_field("language").choices or []


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = OWN
        widgets = {"theme": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", gettext_lazy("As my browser")), *list(LANGUAGES)]  # type: ignore[attr-defined]
        person = self.instance
        if not self.is_bound and not person.plain_name and not latin1.fits(person.full_name):
            self.initial["plain_name"] = latin1.proposal(person.full_name)

    def clean_plain_name(self) -> str:
        name = str(self.cleaned_data["plain_name"])
        if name and not latin1.fits(name):
            outside = " ".join(latin1.outside(name))
            raise ValidationError(
                _("PASI cannot store these letters: %(letters)s.") % {"letters": outside}
                if outside
                else _("Take out doubled blanks and control characters.")
            )
        return name


class TokenForm(forms.ModelForm):
    expires_at = forms.DateField(
        label=gettext_lazy("Expires on"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"placeholder": "2027-06-30", "autocomplete": "off"}),
        help_text=gettext_lazy("Last day of use, as 2027-06-30. Empty: until it is revoked."),
    )

    class Meta:
        model = ApiToken
        fields = ("name",)

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_name(self) -> str:
        """One token a name: an answer that is loaded again must not make a second one."""
        name: str = self.cleaned_data["name"]
        if self.person and ApiToken.objects.filter(user=self.person, name=name).exists():
            raise ValidationError(_("There is a token of this name already. Revoke it first, or choose another name."))
        return name

    def clean_expires_at(self) -> dt.date | None:
        day = self.cleaned_data["expires_at"]
        if day and day < clock.today():
            raise ValidationError(_("This day has passed."))
        return day

    @property
    def until(self) -> dt.datetime | None:
        """The first moment at which the token is refused."""
        day = self.cleaned_data["expires_at"]
        return clock.start_of(day + dt.timedelta(days=1)) if day else None


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters, none of the well-known ones, and not the name."),
    )
    again = forms.CharField(
        label=gettext_lazy("The same again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        password, again = given.get("password"), given.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two are not the same."))
        if password:
            try:
                validate_password(password, self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return given


class OwnPasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=gettext_lazy("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password", "again")

    def clean_present(self) -> str:
        if not self.person.check_password(self.cleaned_data["present"]):
            raise ValidationError(_("This is not your present password."))
        return str(self.cleaned_data["present"])


class PersonForm(forms.ModelForm):
    role = forms.ModelChoiceField(
        label=gettext_lazy("Role"), queryset=Group.objects.order_by("pk"), empty_label=None, widget=forms.RadioSelect
    )

    class Meta:
        model = User
        fields = GIVEN
        labels = {"is_active": gettext_lazy("May sign in"), "username": gettext_lazy("User name")}
        help_texts = {
            "is_active": gettext_lazy("Take the mark away when somebody leaves. Their entries in the history stay."),
            "username": gettext_lazy("Letters, digits and @ . + - _"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True
        if self.instance.pk:
            self.initial["role"] = self.instance.groups.first()


class RoleForm(forms.Form):
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, role: Group, **kwargs: Any) -> None:
        kwargs["prefix"] = f"role{role.pk}"
        super().__init__(*args, **kwargs)
        self.role = role
        names = dict(User._meta.permissions)
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]
            (codename, capfirst(str(names[codename]))) for codename, _name in User._meta.permissions
        ]
        if not self.is_bound:
            self.initial["permissions"] = [permission.codename for permission in role.permissions.all()]
