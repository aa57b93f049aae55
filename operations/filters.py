"""The filters of the lists of operations: one set per list, for its page and the API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from operations.models import ErrorEntry, Job

Status = Job.Status


class ErrorFilter(django_filters.FilterSet):
    reference = django_filters.CharFilter(label=_("Number on the error page"), lookup_expr="iexact")

    class Meta:
        model = ErrorEntry
        fields: list[str] = []


class JobFilter(django_filters.FilterSet):
    """`state` is what people look at together, as the tabs of the page."""

    STATES: dict[str, tuple[Any, tuple[Job.Status, ...]]] = {
        "running": (_("Running"), (Status.QUEUED, Status.RUNNING)),
        "waiting": (_("Waiting for approval"), (Status.WAITING_APPROVAL,)),
        "problems": (_("With problems"), (Status.COMPLETED_WITH_PROBLEMS, Status.FAILED, Status.INTERRUPTED)),
    }

    status = django_filters.ChoiceFilter(choices=Status.choices, label=_("Status"))
    kind = django_filters.CharFilter(label=_("Kind"))
    state = django_filters.ChoiceFilter(
        choices=[(name, label) for name, (label, _statuses) in STATES.items()], method="in_state", label=_("State")
    )

    class Meta:
        model = Job
        fields: list[str] = []

    @classmethod
    def in_state(cls, queryset: QuerySet[Job], _name: str, value: str) -> QuerySet[Job]:
        return queryset.filter(status__in=cls.STATES[value][1])
