"""The steps that all guided actions share: details, preview, done. What is done is exactly what the preview showed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from operations import clock, rights
from operations.actor import of_request, user_of
from pasi_connect import selectors
from pasi_connect.models import Action
from registrar.rules.guided import OUT_REASONS
from registrar.services.actions import plans
from registrar.views.guided import preview
from sis.models import Student
from sis.services import enrolments

DOUBLE_PRESS = dt.timedelta(hours=1)


@rights.needs("act", "school_enrolment")
class Flow(View):
    """The page of one action. Subclasses give the student, the form, the planner and the wording."""

    template = "registrar/guided/action.html"

    def planner(self, form: Any) -> plans.Planner:
        raise NotImplementedError

    def student(self) -> Student:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        """What the page shows beside the form: title, lead, facts."""
        raise NotImplementedError

    def steps(self, form: forms.BaseForm) -> HttpResponse:
        """What a bound form leads to: the preview, or the action once the person has seen the preview."""
        if self.request.POST.get("live"):
            looked, problems = self.trial(form)
            context = {"student": self.student(), "problems": problems, **self._looked(looked)}
            return render(self.request, "registrar/guided/live.html", context)
        if not form.is_valid():
            return self.page(form, self.trial(form)[0], status=422)
        planner, version = self.planner(form), form.cleaned_data["version"]
        actor = of_request(self.request)
        try:
            if self.request.POST.get("do") != "do" or not version:
                return self.page(form, plans.preview(actor, planner))
            done = plans.do(actor, self.student().pk, planner, version)
        except plans.Moved as moved:
            return self._already(version) or self.page(form, moved.preview, status=409, moved=True)
        except plans.Refused as refused:
            planned = refused.action if isinstance(refused, plans.PlannedAlready) else None
            return self._already(version) or self.page(form, status=409, refused=self._why(refused), planned=planned)
        except enrolments.StaleRecord:
            return self.page(form, plans.preview(actor, planner), status=409, moved=True)
        except ValidationError as error:
            if already := self._already(version):
                return already
            form.refuse(error)  # type: ignore[attr-defined]
            return self.page(form, status=422)
        return self.done(done)

    def trial(self, form: Any) -> tuple[plans.Preview | None, list[str]]:
        """The preview of the entries so far, or why there is none. The reason may still be missing."""
        form.full_clean()
        faults = {name: texts for name, texts in form.errors.items() if name != "reason"}
        if faults:
            return None, [str(text) for name, texts in faults.items() if form.data.get(name) for text in texts]
        form.cleaned_data.setdefault("reason", OUT_REASONS[0])
        try:
            return plans.preview(of_request(self.request), self.planner(form)), []
        except plans.Refused as refused:
            return None, [self._why(refused)]
        except enrolments.StaleRecord:
            return None, []
        except ValidationError as error:
            return None, error.messages

    def begun(self, form: forms.BaseForm, make: Callable[[dict[str, Any]], forms.BaseForm]) -> plans.Preview | None:
        """The preview of the form as first shown, where that is enough for one. `make` gives the form with data."""
        drawn = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        return self.trial(make({name: str(value) for name, value in drawn.items() if value not in (None, False)}))[0]

    def _why(self, refused: plans.Refused) -> str:
        user = user_of(self.request)
        return refused.text(selectors.Sight(user)) if isinstance(refused, plans.PlannedAlready) else str(refused)

    def _already(self, version: str) -> HttpResponse | None:
        """A button pressed twice: what the first press did."""
        if not version:
            return None
        user = user_of(self.request)
        actions = Action.objects.filter(
            user=user, at__gte=clock.now() - DOUBLE_PRESS, inputs__seen=version, undone_at=None
        )
        one = actions.order_by("-id").first()
        return redirect("pasi_connect:action", one.pk) if one else None

    def done(self, action: Action) -> HttpResponse:
        kind = Action.Kind(action.kind).label
        if action.status == Action.Status.PLANNED:
            return self.redirect(
                action, _("%(action)s is planned for %(day)s.") % {"action": kind, "day": str(action.due_on)}
            )
        return self.redirect(action, _("%(action)s: done.") % {"action": kind})

    def redirect(self, action: Action, text: str) -> HttpResponse:
        """To the page of the action, with Undo in the message."""
        undo = reverse("pasi_connect:action-undo", args=[action.pk])
        messages.success(self.request, text, extra_tags=f"undo={undo}")
        return redirect("pasi_connect:action", action.pk)

    def page(
        self,
        form: forms.BaseForm,
        looked: plans.Preview | None = None,
        status: int = 200,
        *,
        moved: bool = False,
        refused: str = "",
        planned: Action | None = None,
    ) -> HttpResponse:
        context = {"form": form, "moved": moved, "refused": refused, "student": self.student(), **self.context()}
        if planned is not None:
            user = user_of(self.request)
            context["planned"] = selectors.actions(user).filter(pk=planned.pk).first()
        context |= self._looked(looked)
        return render(self.request, self.template, context, status=status)

    def _looked(self, looked: plans.Preview | None) -> dict[str, Any]:
        user = user_of(self.request)
        return (
            {} if looked is None else {"looked": preview.of(looked, selectors.Sight(user)), "version": looked.version}
        )
