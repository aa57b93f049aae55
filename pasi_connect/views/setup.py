"""Set-up: the guide with what each step waits for, what it reads from PASI, and the settings pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations import offers, rights
from operations.actor import of_request, user_of
from operations.forms.settings import SettingsForm
from operations.models import ApprovalSettings, KeepingSettings
from operations.models.settings import Singleton
from operations.services import keeping
from operations.views import lists
from pasi_connect.forms.setup import ApprovalForm, CallerForm, ConnectionForm, KeepingForm, SynchronizationForm
from pasi_connect.models import CallerSettings, ConnectionSettings, SyncSettings
from pasi_connect.services import first_reading, setting_up, steps
from pasi_connect.services.pull import reference
from pasi_connect.views import setup_steps


@rights.needs("set_up", "connection")
class Guide(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "pasi_connect/setup/guide.html", {"guide": setup_steps.guide(user_of(request))})


@rights.needs("set_up", "connection")
class TestConnection(View):
    """One call without effect; its exchange stays in the log and is what the guide shows."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        answer = setting_up.test(of_request(request))
        if answer.good:
            messages.success(request, _("PASI answered. The connection works."))
        else:
            why = steps.trouble(answer.outcome, answer.code, answer.detail)
            messages.error(request, _("The connection does not work. %(told)s") % {"told": why})
        return redirect("pasi_connect:setup")


@rights.needs("set_up", "settings")
class FirstReading(View):
    """Code values, school years and schools, before regular synchronization reads them by itself."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            first_reading.start(of_request(request))
        except first_reading.NotPossible as error:
            messages.info(request, str(error))
        else:
            messages.success(request, _("Reading from PASI has started. This page shows when it has ended."))
        return redirect("pasi_connect:setup")


@rights.needs("set_up", "settings")
class SettingsPage(View):
    """One row of settings. Saved only when nobody else saved since the page was drawn."""

    model: type[Singleton]
    form_class: type[SettingsForm]
    title: Any
    lead: Any
    address: str

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(self.form_class(instance=self.model.load()))

    def post(self, request: HttpRequest) -> HttpResponse:
        current = self.model.load()
        form = self.form_class(request.POST, instance=self.model.load())  # checking writes on the form's own copy
        if not form.is_valid() or "back" in request.POST:
            return self._page(form, 200 if form.is_valid() else 422)
        if form.cleaned_data["version"] == current.version and (ask := self.preview(form, current)):
            return ask
        try:
            changed = setting_up.save(of_request(request), self.model, form.cleaned_data["version"], form.values)
        except setting_up.StaleSettings as stale:
            return self._stale(form, stale.current)
        if changed:
            messages.success(request, _("Saved. The settings take effect immediately; no restart is needed."))
        else:
            messages.info(request, _("No changes."))
        return redirect(f"pasi_connect:{self.address}")

    def preview(self, form: SettingsForm, current: Any) -> HttpResponse | None:
        """A page to confirm first, or None."""
        return None

    def _stale(self, form: SettingsForm, current: Any) -> HttpResponse:
        rows = [
            {
                "label": form[name].label,
                "now": self._setting_text(getattr(current, name)),
                "entered": self._setting_text(value),
            }
            for name, value in form.values.items()
            if getattr(current, name) != value
        ]
        bound: Any = form.data
        data = bound.copy()
        data["version"] = str(current.version)
        return self._page(self.form_class(data, instance=current), 409, stale=True, rows=rows)

    @staticmethod
    def _setting_text(value: Any) -> str:
        if isinstance(value, bool):
            return _("on") if value else _("off")
        return "–" if value is None else str(value)

    def _page(self, form: SettingsForm, status: int = 200, **more: Any) -> HttpResponse:
        context = {
            "form": form,
            "title": self.title,
            "lead": self.lead,
            "address": f"pasi_connect:{self.address}",
            **more,
        }
        context["facts"] = self.facts()
        return render(self.request, "pasi_connect/setup/settings.html", context, status=status)

    def facts(self) -> list[tuple[str, str]]:
        """What the page shows beside its fields, read-only."""
        return []


class Synchronization(SettingsPage):
    model = SyncSettings
    form_class = SynchronizationForm
    title = gettext_lazy("Synchronization settings")
    lead = gettext_lazy("Each setting takes effect as soon as it is saved.")
    address = "settings-synchronization"

    def preview(self, form: SettingsForm, current: Any) -> HttpResponse | None:
        switched = form.values["regular_synchronization"] != current.regular_synchronization
        if not switched or "confirmed" in self.request.POST:
            return None
        kept = [
            (name, value)
            for name, values in self.request.POST.lists()
            for value in values
            if name not in ("csrfmiddlewaretoken", "confirmed", "back")
        ]
        context = {
            "on": form.values["regular_synchronization"],
            "held": setting_up.held_by_the_switch(),
            "kept": kept,
            "title": self.title,
            "address": f"pasi_connect:{self.address}",
        }
        return render(self.request, "pasi_connect/setup/switch.html", context)

    def facts(self) -> list[tuple[str, str]]:
        settings = SyncSettings.load()
        years = ", ".join(f"{year - 1}-{year}" for year in settings.accepted_school_years)
        return [
            (_("Current school year, from PASI"), str(settings.current_school_year or "")),
            (_("Years that PASI accepts"), years),
        ]


@rights.needs("set_up", "connection")
class Connection(SettingsPage):
    model = ConnectionSettings
    form_class = ConnectionForm
    title = gettext_lazy("Connection")
    lead = gettext_lazy("The address of PASI’s service, and the three files that identify us to PASI.")
    address = "settings-connection"


class Caller(SettingsPage):
    model = CallerSettings
    form_class = CallerForm
    title = gettext_lazy("Caller information")
    lead = gettext_lazy("What every request says about this product. The name of the person is added automatically.")
    address = "settings-caller"

    def facts(self) -> list[tuple[str, str]]:
        return [(_("Organization code"), reference.organization())]


class Keeping(SettingsPage):
    model = KeepingSettings
    form_class = KeepingForm
    title = gettext_lazy("Retention and tokens")
    lead = gettext_lazy(
        "How long logs and other records are stored, and how long tokens are valid. Older ones are removed "
        "automatically."
    )
    address = "settings-retention"

    def facts(self) -> list[tuple[str, str]]:
        """What is set on pages of its own."""
        others = [kind for kind in offers.retention.values() if not kind.setting]
        return [(str(kind.label), _("%(days)s days") % {"days": keeping.days_of(kind)}) for kind in others]


@rights.needs("manage", "user")
class Approval(SettingsPage):
    """For administrators, who approve nothing themselves: those who are watched cannot switch it off."""

    model = ApprovalSettings
    form_class = ApprovalForm
    title = gettext_lazy("Approval")
    lead = gettext_lazy("Who may approve what the guard has stopped. Only people who manage users can change this.")
    address = "settings-approval"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        lists.require(rights.covers(request.user, None))  # it holds at all schools
        return super().dispatch(request, *args, **kwargs)
