"""Forms of the settings pages. Ranges, defaults, units and help come from the model's fields."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.forms.settings import SettingsForm
from operations.models import ApprovalSettings, KeepingSettings
from operations.rules import latin1
from pasi_connect.models import CallerSettings, ConnectionSettings, SyncSettings
from pasi_connect.rules import pasiprep
from pasi_connect.soap import certificate_files


class SynchronizationForm(SettingsForm):
    class Meta:
        model = SyncSettings
        fields = (
            "regular_synchronization", "student_identity", "historical_years", "start_delay_minutes", "polling_interval_seconds",
            "data_available_wait_minutes", "web_service_timeout_minutes", "maximum_attempts", "archive_data_events",
            "archive_after_days", "pasiprep_link",
            "year_end_exit_code", "keep_bodies",
        )  # fmt: skip

    def clean_pasiprep_link(self) -> str:
        link = str(self.cleaned_data["pasiprep_link"])
        if link and (fault := pasiprep.fault(link, demo=settings.DEMO)):
            raise forms.ValidationError(_(fault))
        return link


class ConnectionForm(SettingsForm):
    class Meta:
        model = ConnectionSettings
        fields = ("endpoint_url", "certificate_file", "key_file", "ca_file", "warn_days")

    def clean(self) -> dict[str, Any]:
        """A file that is not there yet may be named; one that no page may have opened may not."""
        values: dict[str, Any] = super().clean() or {}
        for name in ("certificate_file", "key_file", "ca_file"):
            try:
                if values.get(name):
                    certificate_files.checked(values[name], str(self.fields[name].label))
            except certificate_files.Unusable as problem:
                if problem.code not in {"missing", "unreadable"}:
                    self.add_error(name, problem.message)
        return values


class CallerForm(SettingsForm):
    class Meta:
        model = CallerSettings
        fields = (
            "product", "manufacturer", "software_version", "build", "sync_name", "sync_local_id", "ip_address",
        )  # fmt: skip
        help_texts = {
            "sync_name": gettext_lazy("PASI shows this for work that no person started."),
            "sync_local_id": gettext_lazy("Usually pasisync and the number of the district."),
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for name, text in list(values.items()):
            if isinstance(text, str) and not latin1.fits(text):
                self.add_error(name, _("PASI accepts only Latin letters, without double spaces."))
        return values


class KeepingForm(SettingsForm):
    class Meta:
        model = KeepingSettings
        fields = (
            "exchanges_days", "bodies_days", "reads_days", "sign_ins_days", "sessions_days", "mails_days", "answers_days", "errors_days",
            "token_most_days",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.Meta.fields:
            default = _("Leave empty for the default of %(days)s.") % {"days": settings.KEEP[name]}
            self.fields[name].help_text = f"{self.fields[name].help_text} {default}"


class ApprovalForm(SettingsForm):
    class Meta:
        model = ApprovalSettings
        fields = ("four_eyes",)
