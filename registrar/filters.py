"""The filters of the year end's rows and of exit codes in bulk."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from pasi_connect import selectors
from pasi_connect.filters import ANY
from registrar.models import YearEndRow
from registrar.rules import year_end as rules
from sis.filters import school_code_filter
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear


class RowFilter(django_filters.FilterSet):
    """The enrolments of a rehearsal. `group` is what the tabs show."""

    GROUPS = (
        ("closing", gettext_lazy("Close")),
        ("staying", gettext_lazy("Staying as they are")),
        ("all", gettext_lazy("All")),
    )

    group = django_filters.ChoiceFilter(choices=GROUPS, method="in_group", label=gettext_lazy("Group"))
    school = school_code_filter("school_code")
    reason = django_filters.ChoiceFilter(
        choices=[(reason.code, gettext_lazy(reason.message)) for reason in rules.REASONS],
        empty_label=ANY,
        label=gettext_lazy("Reason"),
    )
    dates = django_filters.ChoiceFilter(
        choices=[("change", gettext_lazy("Changed and sent")), ("kept", gettext_lazy("Unchanged"))],
        empty_label=ANY,
        method="with_dates",
        label=gettext_lazy("Exit date"),
    )

    class Meta:
        model = YearEndRow
        fields: list[str] = []

    @staticmethod
    def in_group(queryset: QuerySet[YearEndRow], _name: str, value: str) -> QuerySet[YearEndRow]:
        if value == "all":
            return queryset
        return queryset.filter(reason="") if value == "closing" else queryset.exclude(reason="")

    @staticmethod
    def with_dates(queryset: QuerySet[YearEndRow], _name: str, value: str) -> QuerySet[YearEndRow]:
        return queryset.filter(exit_date_after__isnull=value == "kept")


class ExitCodeFilter(django_filters.FilterSet):
    """Enrolments whose exit codes are to be changed together."""

    school = school_code_filter("school__code")
    school_year = django_filters.ChoiceFilter(empty_label=ANY, label=gettext_lazy("School year"))
    concurrent = django_filters.ChoiceFilter(
        choices=[("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))],
        empty_label=ANY,
        method="is_concurrent",
        label=gettext_lazy("Concurrent"),
    )
    exit_code = django_filters.CharFilter(label=gettext_lazy("Current exit code"))
    action = django_filters.NumberFilter(
        method="of_action", label=gettext_lazy("Closed by year end"), min_value=1, max_value=2**63 - 1, decimal_places=0
    )

    class Meta:
        model = SchoolEnrolment
        fields: list[str] = []

    def __init__(self, *args: Any, years: list[SchoolYear], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["school_year"].extra["choices"] = [(str(year), str(year)) for year in years]

    @staticmethod
    def is_concurrent(queryset: QuerySet[SchoolEnrolment], _name: str, value: str) -> QuerySet[SchoolEnrolment]:
        return queryset.filter(concurrent=value == "true")

    @staticmethod
    def of_action(queryset: QuerySet[SchoolEnrolment], _name: str, value: Any) -> QuerySet[SchoolEnrolment]:
        return selectors.of_action(queryset, int(value))
