"""Forms of a person's own account: signing in, profile, tokens, passwords."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock, offers
from operations.forms.days import DayField
from operations.forms.fields import field_of
from operations.models import ApiToken, User
from operations.rules import latin1
from operations.services import people
from operations.services.accounts import OWN, check_spelling

LANGUAGES = User._meta.get_field("language").choices or []


class SignInForm(AuthenticationForm):
    """Django's, which leaves the length of a name to the browser: one that nobody can have is wrong like any other."""

    def clean(self) -> dict[str, Any]:
        if len(self.cleaned_data.get("username", "")) > (User._meta.get_field("username").max_length or 0):
            raise self.get_invalid_login_error()
        return super().clean()


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = OWN
        widgets = {"theme": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "language").choices = [("", gettext_lazy("Same as my browser")), *list(LANGUAGES)]
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
                else _("Remove double spaces and control characters.")
            )
        check_spelling(self.instance, name)
        return name


class TokenForm(forms.ModelForm):
    """A new token of `person`. Whoever makes it (`maker`) enters their own password again, checked as a sign-in is."""

    expires_at = DayField(label=gettext_lazy("Expires on"), required=False)
    schools = forms.MultipleChoiceField(
        label=gettext_lazy("Only these schools"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("If you choose none, the token covers all schools of its owner, including later ones."),
    )
    present = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("Enter it again, so that nobody can make a token at an unlocked screen."),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scope")

    def __init__(self, *args: Any, person: User, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.request = person, request
        choices = [pair for offer in offers.token_schools for pair in offer(person)]
        if len(choices) > 1:
            field_of(self, "schools").choices = choices
        else:
            del self.fields["schools"]
        self.last_day = clock.today() + people.longest_life()
        default = timezone.localtime(people.default_end()).date()
        self.initial.setdefault("expires_at", default)
        self.fields["expires_at"].widget.attrs["max"] = self.last_day.isoformat()
        self.fields["expires_at"].help_text = _("The token’s last day, %(day)s at the latest.") % {
            "day": self.last_day.isoformat()
        }

    def clean_name(self) -> str:
        """One token per name: reloading the answer must not create a second one."""
        name: str = self.cleaned_data["name"]
        if not latin1.fits(name):
            raise ValidationError(_("PASI receives this name. It accepts only Latin letters and single spaces."))
        if ApiToken.objects.filter(user=self.person, name=name).exists():
            raise ValidationError(_("A token of this name already exists. Revoke it first, or choose another name."))
        return name

    def clean_expires_at(self) -> dt.date | None:
        day = self.cleaned_data["expires_at"]
        if day and day < clock.today():
            raise ValidationError(_("This day is in the past. Choose a later one."))
        if day and day > self.last_day:
            raise ValidationError(
                _("A token can be valid until %(day)s at the latest.") % {"day": self.last_day.isoformat()}
            )
        return day

    def clean(self) -> dict[str, Any]:
        """The password last, and only where all else is valid: wrong ones count as at a sign-in."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and not confirmed(self.request, values["present"]):
            self.add_error("present", _("This is not your current password."))
        return values

    @property
    def until(self) -> dt.datetime | None:
        """The first moment at which the token is refused; None: the default."""
        day = self.cleaned_data["expires_at"]
        return clock.start_of(day + dt.timedelta(days=1)) if day else None

    @property
    def reach(self) -> dict[str, Any]:
        return {"scope": self.cleaned_data["scope"], "schools": self.cleaned_data.get("schools") or []}


def confirmed(request: HttpRequest, password: str) -> bool:
    """Whether it is the password of the person signed in. A wrong one counts as a failed sign-in."""
    return authenticate(request, username=request.user.get_username(), password=password) is not None


END_TOKENS = gettext_lazy("Revoke my API tokens too")


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters. Not a common password, and not your user name."),
    )
    again = forms.CharField(
        label=gettext_lazy("Repeat the new password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        password, again = values.get("password"), values.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two passwords do not match."))
        if password:
            try:
                validate_password(password, self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return values


class OwnPasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=gettext_lazy("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password", "again", "end_tokens")

    end_tokens = forms.BooleanField(
        label=END_TOKENS,
        required=False,
        help_text=gettext_lazy(
            "Check this if somebody else may know your password. Programs that use your tokens will stop."
        ),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_present(self) -> str:
        if not confirmed(self.request, self.cleaned_data["present"]):
            raise ValidationError(_("This is not your current password."))
        return str(self.cleaned_data["present"])


class InvitedPasswordForm(NewPasswordForm):
    end_tokens = forms.BooleanField(label=END_TOKENS, required=False)
