"""Shapes of what people enter about themselves and about each other."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import rights
from operations.forms.fields import field_of
from operations.models import User
from operations.rules import latin1
from operations.services.accounts import BY_ADMINISTRATORS, SERVICE_FIELDS


class RoleField(forms.ModelChoiceField):
    """Names the roles in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return _(obj.name)


def roles_for(by: User) -> "QuerySet[Group]":
    """The roles that the person can assign: without all schools, none that has them all."""
    rows = Group.objects.order_by("pk")
    return rows if rights.covers(by, None) else rows.exclude(permissions__codename=rights.ALL_SCHOOLS)


class PersonForm(forms.ModelForm):
    """`by`: who looks after the person."""

    role = RoleField(
        label=gettext_lazy("Role"), queryset=Group.objects.none(), empty_label=None, widget=forms.RadioSelect
    )

    class Meta:
        model = User
        fields = BY_ADMINISTRATORS
        labels = {
            "is_active": gettext_lazy("May sign in"),
            "username": gettext_lazy("User name"),
            "plain_name": gettext_lazy("Name as PASI receives it"),
            "email": gettext_lazy("E-mail address"),
        }
        help_texts = {
            "plain_name": gettext_lazy(
                "Leave empty to use the name. Enter a spelling here when the name in Latin letters is not enough."
            ),
            "is_active": gettext_lazy("Clear the box when the person leaves. Their entries stay in the history."),
            "username": gettext_lazy("Letters, digits and @ . + - _"),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = roles_for(by)  # type: ignore[attr-defined]
        for name in ("first_name", "last_name"):
            self.fields[name].required = True
        if self.instance.pk:
            self.initial["role"] = self.instance.groups.first()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not latin1.fits(values.get("local_id") or values.get("username") or ""):
            self.add_error(
                "local_id",
                _(
                    "PASI receives this, or the user name if it is empty. It accepts only Latin letters: "
                    "enter a local ID."
                ),
            )
        if not latin1.fits(values.get("plain_name") or ""):
            self.add_error("plain_name", _("PASI receives this. It accepts only Latin letters and single spaces."))
        return values


class ServiceForm(forms.ModelForm):
    """A service account. Its role may not look after people, so that no program can give itself another role."""

    role = RoleField(
        label=gettext_lazy("Role"), queryset=Group.objects.none(), empty_label=None, widget=forms.RadioSelect
    )

    class Meta:
        model = User
        fields = SERVICE_FIELDS
        labels = {
            "last_name": gettext_lazy("Name"),
            "username": gettext_lazy("Short name"),
            "is_active": gettext_lazy("Accept its tokens"),
        }
        help_texts = {
            "last_name": gettext_lazy("What the account is for, such as Bus planning. The history and PASI show it."),
            "username": gettext_lazy("Letters, digits and @ . + - _. PASI receives it as the local ID."),
            "is_active": gettext_lazy("Clear the box to refuse all its tokens immediately."),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_name"].required = True
        roles = roles_for(by).exclude(permissions__codename="people")
        field_of(self, "role").queryset = roles
        if self.instance.pk:
            self.initial["role"] = self.instance.groups.first()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for name in ("last_name", "username"):
            if name in values and not latin1.fits(values[name]):
                self.add_error(name, _("PASI receives this. It accepts only Latin letters and single spaces."))
        return values


class RoleForm(forms.Form):
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, role: Group, **kwargs: Any) -> None:
        kwargs["prefix"] = f"role{role.pk}"
        super().__init__(*args, **kwargs)
        self.role = role
        names = dict(User._meta.permissions)
        field_of(self, "permissions").choices = [
            (codename, capfirst(str(names[codename]))) for codename, _name in User._meta.permissions
        ]
        if not self.is_bound:
            self.initial["permissions"] = [permission.codename for permission in role.permissions.all()]
