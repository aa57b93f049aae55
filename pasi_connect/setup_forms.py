"""Forms of the settings pages. Ranges, defaults, units and help come from the model's fields."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.rules import latin1
from pasi_connect.models import CallerSettings, ConnectionSettings, SyncSettings
from pasi_connect.models.settings import Singleton


class SettingsForm(forms.ModelForm):
    """`version` is the settings' version that the page was drawn with."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance: Singleton = kwargs["instance"]
        kwargs["initial"] = {"version": instance.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name == "version" or not isinstance(field, forms.IntegerField):
                continue
            for validator in instance._meta.get_field(name).validators:  # type: ignore[union-attr]
                if isinstance(validator, MinValueValidator):
                    field.widget.attrs["min"] = validator.limit_value
                elif isinstance(validator, MaxValueValidator):
                    field.widget.attrs["max"] = validator.limit_value

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def shown(self) -> list[Any]:
        return [bound for bound in self if bound.name != "version"]


class SynchronizationForm(SettingsForm):
    class Meta:
        model = SyncSettings
        fields = (
            "regular_synchronization", "historical_years", "start_delay_minutes", "polling_interval_seconds",
            "data_available_wait_minutes", "web_service_timeout_minutes", "maximum_attempts", "pasiprep_link",
            "year_end_exit_code", "keep_bodies",
        )  # fmt: skip

    def clean_pasiprep_link(self) -> str:
        link = str(self.cleaned_data["pasiprep_link"])
        if link and not link.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise forms.ValidationError(_("The address begins with https://."))
        return link


class ConnectionForm(SettingsForm):
    class Meta:
        model = ConnectionSettings
        fields = ("endpoint_url", "certificate_file", "key_file", "ca_file", "warn_days")


class CallerForm(SettingsForm):
    class Meta:
        model = CallerSettings
        fields = (
            "product", "manufacturer", "software_version", "build", "sync_name", "sync_local_id", "ip_address",
        )  # fmt: skip
        help_texts = {
            "sync_name": gettext_lazy("PASI shows it where no person was at work."),
            "sync_local_id": gettext_lazy("By habit pasisync and the number of the district."),
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name, text in list(given.items()):
            if isinstance(text, str) and not latin1.fits(text):
                self.add_error(name, _("PASI can store Latin letters only, without doubled blanks."))
        return given
