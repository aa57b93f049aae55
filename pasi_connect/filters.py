"""The filters of the lists: one set a list, read by its page and by the API. A malformed value is an error, never ignored."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from operations import clock
from pasi_connect.models import Action, ActionRecord, Discrepancy, Exchange, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.exchange import Outcome
from pasi_connect.models.submission import LIVE, STUCK, Status
from pasi_connect.rules import held
from pasi_connect.rules.compare import COMPARED
from sis.filters import SchoolYearFilter, TrueFalseFilter, school_code_filter
from sis.models import SchoolEnrolment

SAFE = (Kind.CHANGED_IN_PASI,)
CONFLICTS = (Kind.CHANGED_ON_BOTH, Kind.NEVER_AGREED)
WHOLE = (Kind.CREATED_IN_PASI, Kind.DELETED_IN_PASI, Kind.MISSING_IN_PASI)
MOVED = (
    ("pasi", _("PASI alone")),
    ("both", _("Both sides")),
)
MOVED_KINDS = {
    "pasi": (Kind.CHANGED_IN_PASI, Kind.CREATED_IN_PASI, Kind.DELETED_IN_PASI),
    "both": (Kind.CHANGED_ON_BOTH,),
}
AGES = (("1", _("More than a day")), ("3", _("More than 3 days")), ("7", _("More than 7 days")))
ANY = _("Any")
OPERATIONS = (
    "HelloWorld", "GetCodeValues", "GetAcceptedRegistrationStatus", "GetSchoolInformation", "GetSchoolAuthorityInformation",
    "IsDataAvailable", "GetStudent", "GetStudentSchoolEnrolment", "SubmitStudentSchoolEnrolment",
)  # fmt: skip


def field_choices() -> list[tuple[str, Any]]:
    """The compared fields with the names that people know."""
    return [(name, SchoolEnrolment._meta.get_field(name).verbose_name) for name in COMPARED]  # type: ignore[union-attr]


def start_of_today() -> dt.datetime:
    """Midnight in the authority's time zone."""
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


class UUIDsFilter(django_filters.BaseInFilter, django_filters.UUIDFilter):
    """One RefId, or several with commas between."""


class DiscrepancyFilter(django_filters.FilterSet):
    """`group` is what the tabs of the page show."""

    GROUPS = (
        ("open", _("All open")),
        ("safe", _("Safe")),
        ("conflicts", _("Conflicts")),
        ("whole", _("Whole records")),
        ("reset", _("On its way")),
        ("closed", _("Closed today")),
    )

    group = django_filters.ChoiceFilter(empty_label=ANY, choices=GROUPS, method="in_group", label=_("Group"))
    status = django_filters.ChoiceFilter(empty_label=ANY, choices=Discrepancy.Status.choices, label=_("Status"))
    ref_id = UUIDsFilter(label="RefId")
    kind = django_filters.ChoiceFilter(empty_label=ANY, choices=Kind.choices, label=_("Kind"))
    school = school_code_filter("school_code")
    school_year = SchoolYearFilter(label=_("School year"))
    field = django_filters.ChoiceFilter(empty_label=ANY, choices=field_choices, method="with_field", label=_("Field"))
    moved = django_filters.ChoiceFilter(empty_label=ANY, choices=MOVED, method="who_moved", label=_("Who moved"))
    changed_by = django_filters.CharFilter(lookup_expr="icontains", label=_("Changed by"))
    age = django_filters.ChoiceFilter(choices=AGES, empty_label=ANY, method="older", label=_("Age"))

    class Meta:
        model = Discrepancy
        fields: list[str] = []

    @staticmethod
    def in_group(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        if value == "closed":
            return queryset.filter(status=Discrepancy.Status.SETTLED, settled_at__gte=start_of_today())
        queryset = queryset.filter(status=Discrepancy.Status.OPEN)
        if value == "reset":
            return queryset.filter(undecided=0)
        kinds = {"safe": SAFE, "conflicts": CONFLICTS, "whole": WHOLE}.get(value)
        return queryset.filter(kind__in=kinds, undecided__gt=0) if kinds else queryset

    @staticmethod
    def who_moved(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        return queryset.filter(kind__in=MOVED_KINDS[value])

    @staticmethod
    def with_field(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        # Both databases write a list's objects with one blank after the colon; neither can look inside one portably.
        text = Cast("fields", TextField())
        return queryset.alias(fields_text=text).filter(fields_text__contains=f'"name": "{value}"')

    @staticmethod
    def older(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        return queryset.filter(opened_at__lte=clock.now() - dt.timedelta(days=int(value)))


class SubmissionFilter(django_filters.FilterSet):
    """`group` sums states that people look at together."""

    GROUPS = (("live", _("Not finished")), ("stuck", _("Needs a person")), ("today", _("In PASI today")))

    group = django_filters.ChoiceFilter(empty_label=ANY, choices=GROUPS, method="in_group", label=_("Group"))
    status = django_filters.ChoiceFilter(empty_label=ANY, choices=Status.choices, label=_("Status"))
    ref_id = django_filters.UUIDFilter(label="RefId")
    school = school_code_filter("school_code")
    reason = django_filters.ChoiceFilter(
        empty_label=ANY, choices=[(reason.code, reason.message) for reason in held.REASONS], label=_("Reason")
    )

    class Meta:
        model = Submission
        fields: list[str] = []

    @staticmethod
    def in_group(queryset: QuerySet[Submission], _name: str, value: str) -> QuerySet[Submission]:
        if value == "live":
            return queryset.filter(status__in=LIVE)
        if value == "stuck":
            return queryset.filter(status__in=(*STUCK, Status.HELD))
        return queryset.filter(status=Status.ACCEPTED, finished_at__gte=start_of_today())


class ExchangeFilter(django_filters.FilterSet):
    operation = django_filters.ChoiceFilter(
        empty_label=ANY, choices=[(name, name) for name in OPERATIONS], label=_("Operation")
    )
    outcome = django_filters.ChoiceFilter(
        empty_label=ANY,
        choices=[(value or "pending", label) for value, label in Outcome.choices],
        method="with_outcome",
        label=_("Outcome"),
    )
    key = django_filters.CharFilter(label=_("Record key"))
    ref_id = django_filters.UUIDFilter(method="of_record", label="RefId")
    submission = django_filters.NumberFilter(
        field_name="submission_id", label=_("Submission"), min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    school = school_code_filter("school_code")

    class Meta:
        model = Exchange
        fields: list[str] = []

    @staticmethod
    def with_outcome(queryset: QuerySet[Exchange], _name: str, value: str) -> QuerySet[Exchange]:
        return queryset.filter(outcome="" if value == "pending" else value)

    @staticmethod
    def of_record(queryset: QuerySet[Exchange], _name: str, value: Any) -> QuerySet[Exchange]:
        return queryset.filter(Q(key=str(value)) | Q(submission__ref_id=value))


class ActionFilter(django_filters.FilterSet):
    ref_id = django_filters.UUIDFilter(method="with_record", label="RefId")
    kind = django_filters.ChoiceFilter(empty_label=ANY, choices=Action.Kind.choices, label=_("Kind"))
    undone = TrueFalseFilter(field_name="undone_at", lookup_expr="isnull", exclude=True, label=_("Taken back"))

    class Meta:
        model = Action
        fields: list[str] = []

    @staticmethod
    def with_record(queryset: QuerySet[Action], _name: str, value: Any) -> QuerySet[Action]:
        return queryset.filter(Exists(ActionRecord.objects.filter(action=OuterRef("pk"), ref_id=value)))
