"""The guided actions that start from one enrolment."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from operations.actor import user_of
from pasi_connect.services.states import state_of
from registrar.forms import guided
from registrar.rules import menu as rules
from registrar.services.actions import enrolling, plans, transferring, withdrawing
from registrar.views.guided import deeds
from registrar.views.guided.flow import Flow
from sis import selectors
from sis.models import SchoolEnrolment, Student

Fields = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One action's form and planner. `initial` fills the form from the enrolment."""

    form: type[guided.ActionForm]
    plan: Callable[[SchoolEnrolment, Fields], plans.Plan]
    initial: Callable[[SchoolEnrolment], Fields] = lambda enrolment: {}


def _transfer(enrolment: SchoolEnrolment, words: Fields) -> plans.Plan:
    rest = {name: value for name, value in words.items() if name != "concurrent_enrolment"}
    return transferring.transfer_out(enrolment, concurrent=fresh(words["concurrent_enrolment"].pk), **rest)


def _only_stay(enrolment: SchoolEnrolment) -> Fields:
    """Chosen already where there is only one."""
    stays = list(transferring.sides(enrolment)[:2])
    return {"concurrent_enrolment": stays[0].pk} if len(stays) == 1 else {}


PAGES = {
    "withdraw": Page(guided.WithdrawForm, lambda one, words: withdrawing.withdraw(one, **words)),
    "correct-last-day": Page(
        guided.LastDayForm,
        lambda one, words: withdrawing.correct_last_day(one, **words),
        lambda one: {"last_day_attended": one.exit_date},
    ),
    "never-attended": Page(guided.ActionForm, lambda one, words: withdrawing.never_attended(one, **words)),
    "entered-in-error": Page(guided.ErrorForm, lambda one, words: withdrawing.entered_in_error(one, **words)),
    "undelete": Page(guided.ActionForm, lambda one, words: withdrawing.undelete(one, **words)),
    "withdrawal-was-a-mistake": Page(
        guided.ActionForm, lambda one, words: withdrawing.withdrawal_was_a_mistake(one, **words)
    ),
    "end-courses": Page(guided.ActionForm, lambda one, words: withdrawing.end_courses(one, **words)),
    "close-concurrent": Page(guided.ClosingForm, lambda one, words: enrolling.close_concurrent(one, **words)),
    "transfer-out": Page(guided.TransferForm, _transfer, _only_stay),
}


EFFECT = {rules.HERE: ("edit", "sis"), rules.PASI: ("send", "pasi"), rules.KNOW: ("info", "")}


def fresh(pk: int) -> SchoolEnrolment:
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=pk)


class OnEnrolment(Flow):
    """`name` says which action of PAGES."""

    name = ""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.enrolment = self._enrolment(pk)
        form = self._form(initial=self.what.initial(self.enrolment))
        if not any(entry.name == self.name and not why for entry, why in self.menu):
            return self.page(form, refused=self._why_not())
        return self.page(form, self.begun(form, self._form))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.enrolment = self._enrolment(pk)
        return self.steps(self._form(request.POST))

    @property
    def what(self) -> Page:
        return PAGES[self.name]

    @cached_property
    def menu(self) -> list[tuple[rules.Entry, str]]:
        return deeds.menus([self.enrolment])[self.enrolment.pk]

    def _why_not(self) -> str:
        return next((_(why) for entry, why in self.menu if entry.name == self.name and why), "") or _(
            "“%(action)s” is not possible for this enrolment in its current state."
        ) % {"action": _(rules.BY_NAME[self.name].label)}

    def _stays_there(self) -> str:
        """For the withdrawal of a student with a concurrent enrolment: the address of the transfer, which may be what they mean."""
        can_transfer = any(entry.name == "transfer-out" and not why for entry, why in self.menu)
        return deeds.address("transfer-out", self.enrolment) if self.name == "withdraw" and can_transfer else ""

    def _enrolment(self, pk: int) -> SchoolEnrolment:
        return get_object_or_404(selectors.enrolments(user_of(self.request)), pk=pk)

    def _form(self, data: Any = None, **more: Any) -> forms.BaseForm:
        if self.what.form is guided.TransferForm:
            more["stays"] = transferring.sides(self.enrolment)
        return self.what.form(data, **more)

    def planner(self, form: Any) -> plans.Planner:
        words = form.words()
        return lambda: self.what.plan(fresh(self.enrolment.pk), words)

    def student(self) -> Student:
        return self.enrolment.student

    def context(self) -> dict[str, Any]:
        entry, state = rules.BY_NAME[self.name], state_of(self.enrolment)
        return {
            "enrolment": self.enrolment,
            "title": _(entry.label),
            "lead": _(entry.text),
            "states": {self.enrolment.pk: state},
            "discrepancy": state.discrepancy,
            "stays_there": self._stays_there(),
            "effects": [
                {"icon": EFFECT[kind][0], "hue": EFFECT[kind][1], "text": _(sentence)}
                for kind, sentence in rules.EFFECTS[self.name]
            ],
            "menu": deeds.links(self.enrolment, self.menu),
        }


def page(action: str) -> Any:
    """The view of one action."""
    return OnEnrolment.as_view(name=action)
