"""The steps that all guided actions share: details, preview, done. Nothing is done that was not seen as it will be."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from operations import clock
from operations.actor import of_request
from operations.views.doors import Permitted
from pasi_connect.models import Action
from pasi_connect.services.actions import plans
from pasi_connect.views.guided import shown
from sis.models import Student
from sis.services import enrolments

DOUBLE_PRESS = dt.timedelta(hours=1)


class Flow(Permitted, View):
    """A page of one action. Subclasses say whom it is about, the form, the planner and the words around it."""

    permission_required = "operations.edit_records"
    template = "pasi_connect/guided/action.html"

    def planner(self, form: Any) -> plans.Planner:
        raise NotImplementedError

    def student(self) -> Student:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        """What the page shows beside the form: title, lead, facts."""
        raise NotImplementedError

    def steps(self, form: forms.BaseForm) -> HttpResponse:
        """What a bound form leads to: the preview, or the action when the preview was seen."""
        if not form.is_valid():
            return self.page(form, status=422)
        planner, seen = self.planner(form), form.cleaned_data["version"]
        actor = of_request(self.request)
        try:
            if self.request.POST.get("do") != "do" or not seen:
                return self.page(form, plans.preview(actor, planner))
            done = plans.do(actor, self.student().pk, planner, seen)
        except plans.Moved as moved:
            return self._already(seen) or self.page(form, moved.preview, status=409, moved=True)
        except plans.Refused as refused:
            return self._already(seen) or self.page(form, status=409, refused=str(refused))
        except enrolments.StaleRecord:
            return self.page(form, plans.preview(actor, planner), status=409, moved=True)
        except ValidationError as error:
            if already := self._already(seen):
                return already
            form.refuse(error)  # type: ignore[attr-defined]
            return self.page(form, status=422)
        return self.done(done)

    def _already(self, seen: str) -> HttpResponse | None:
        """A button pressed twice: what the first press did."""
        if not seen:
            return None
        user: Any = self.request.user
        made = Action.objects.filter(user=user, at__gte=clock.now() - DOUBLE_PRESS, given__seen=seen, undone_at=None)
        one = made.order_by("-id").first()
        return redirect("pasi_connect:action", one.pk) if one else None

    def done(self, action: Action) -> HttpResponse:
        kind = Action.Kind(action.kind).label
        if action.status == Action.Status.PLANNED:
            return self.redirect(
                action, _("%(action)s is planned for %(day)s.") % {"action": kind, "day": str(action.due_on)}
            )
        return self.redirect(action, _("%(action)s: done.") % {"action": kind})

    def redirect(self, action: Action, text: str) -> HttpResponse:
        """To the page of what was done, with the way back in the message."""
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
    ) -> HttpResponse:
        context = {"form": form, "moved": moved, "refused": refused, "student": self.student(), **self.context()}
        if looked is not None:
            context |= {"looked": shown.of(looked), "version": looked.version}
        return render(self.request, self.template, context, status=status)
