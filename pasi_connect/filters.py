"""The filters of the lists: one set a list, read by its page and by the API. A malformed value is an error, never ignored."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from operations import clock, offers
from operations.models import User
from pasi_connect import selectors
from pasi_connect.entities import REGISTRY, written
from pasi_connect.models import Action, ActionRecord, Discrepancy, Exchange, ExchangePart, Failure, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.exchange import Exchanges, Outcome
from pasi_connect.models.submission import LIVE, STUCK, Status
from pasi_connect.rules import held, keys
from pasi_connect.selectors import refused
from pasi_connect.services import states
from pasi_connect.services.compare.context import Context
from sis.filters import AsnFilter, DayFilter, SchoolYearFilter, TrueFalseFilter, four_digits, school_code_filter
from sis.models import SchoolEnrolment

SAFE = (Kind.CHANGED_IN_PASI,)
CONFLICTS = (Kind.CHANGED_ON_BOTH, Kind.NEVER_AGREED)
WHOLE = (
    Kind.CREATED_IN_PASI,
    Kind.DELETED_IN_PASI,
    Kind.RESTORED_IN_PASI,
    Kind.MISSING_IN_PASI,
    Kind.IDENTITY_CHANGED_IN_PASI,
)
MOVED = (
    ("pasi", _("PASI only")),
    ("both", _("Both sides")),
)
MOVED_KINDS = {
    "pasi": (
        Kind.CHANGED_IN_PASI,
        Kind.CREATED_IN_PASI,
        Kind.DELETED_IN_PASI,
        Kind.RESTORED_IN_PASI,
        Kind.IDENTITY_CHANGED_IN_PASI,
    ),
    "both": (Kind.CHANGED_ON_BOTH,),
}
UNDECIDED, ON_ITS_WAY, REFUSED = "undecided", "on_its_way", "refused"
STATES = (
    (UNDECIDED, _("Waiting for a decision")),
    (ON_ITS_WAY, _("Reset on its way")),
    (REFUSED, _("Reset refused by PASI")),
)
AGES = (("1", _("More than a day")), ("3", _("More than 3 days")), ("7", _("More than 7 days")))
ANY = _("Any")
BESIDE_RECORDS = ("HelloWorld", "GetCodeValues", "GetAcceptedRegistrationStatus", "IsDataAvailable")
POLLS = ("IsDataAvailable", "HelloWorld")


def field_choices() -> list[tuple[str, Any]]:
    """The compared fields of all kinds, and the parts of an enrolment's identity, under the names that people know."""
    fields: dict[str, str] = {}
    for entity in written():
        fields = {name: capfirst(entity.label(name)) for name in entity.compared} | fields
    return [*fields.items(), ("asn", _("ASN")), ("school", _("School")), ("school_year", _("School year"))]


def start_of_today() -> dt.datetime:
    """Midnight in the authority's time zone."""
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


class RefIdFilter(django_filters.UUIDFilter):
    """A RefId in any spelling; keys are text, in lower case with hyphens."""

    def __init__(self, field_name: str = "key", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, label="RefId", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return super().filter(qs, str(value) if value else value)


class RefIdsFilter(django_filters.BaseInFilter, django_filters.UUIDFilter):
    """One RefId, or several with commas between."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return super().filter(qs, [str(each) for each in value] if value else value)


def _kinds() -> list[tuple[str, str]]:
    return [(entity.kind, entity.display.name) for entity in written()]


# Read when a list is asked for: an app that brings a kind of its own registers it after this file was read.
KINDS_OF_RECORD = lazy(_kinds, list)()


def _operations() -> list[tuple[str, str]]:
    of_records = [name for entity in REGISTRY for name in entity.operations]
    return [(name, name) for name in (*BESIDE_RECORDS, *of_records)]


OPERATIONS = lazy(_operations, list)()


class KeyFilter(django_filters.CharFilter):
    """The key of a record, however it is spelled."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=60, label=_("Record key"), **more)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        filtered: QuerySet[Any] = super().filter(qs, keys.as_stored(str(value)) if value else value)
        return filtered


class SchoolOfRow(django_filters.CharFilter):
    """What stands at the school."""

    def __init__(self) -> None:
        super().__init__(label=_("School"), validators=[four_digits])

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(selectors.at([value])) if value else qs


LIKENESS = RegexValidator(r"^[0-9a-f]{16}\Z", _("Sixteen hexadecimal digits."))


class LikenessesFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    """One likeness, or several with commas between."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[LIKENESS], **kwargs)


class DiscrepancyFilter(django_filters.FilterSet):
    """`group` is what people look at together; the tabs of the page show most of them. With a `person` it also has what higher apps
    add for them (who looks after a change)."""

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
    ref_id = RefIdsFilter(field_name="key", label="RefId")
    entity = django_filters.ChoiceFilter(empty_label=ANY, choices=KINDS_OF_RECORD, label=_("Kind of record"))
    key = KeyFilter(field_name="key")
    kind = django_filters.ChoiceFilter(empty_label=ANY, choices=Kind.choices, label=_("Kind"))
    school = SchoolOfRow()
    school_year = SchoolYearFilter(label=_("School year"))
    field = django_filters.ChoiceFilter(empty_label=ANY, choices=field_choices, method="with_field", label=_("Field"))
    moved = django_filters.ChoiceFilter(empty_label=ANY, choices=MOVED, method="who_moved", label=_("Who changed"))
    changed_by = django_filters.CharFilter(lookup_expr="icontains", label=_("Changed by"))
    age = django_filters.ChoiceFilter(choices=AGES, empty_label=ANY, method="older", label=_("Age"))
    state = django_filters.ChoiceFilter(choices=STATES, empty_label=ANY, method="in_state", label=_("State"))
    opened_on = DayFilter(method="on_day", label=_("Since"))
    first_comparison = TrueFalseFilter(label=_("First comparison"))
    alike = django_filters.CharFilter(validators=[LIKENESS], label=_("Similar"))
    not_alike = LikenessesFilter(field_name="alike", lookup_expr="in", exclude=True, label=_("Excluding similar ones"))

    class Meta:
        model = Discrepancy
        fields: list[str] = []

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for maker in offers.list_filters["pasi_connect.changes"] if person else ():
            name, added = maker(person)
            added.parent, added.model = self, Discrepancy
            self.filters[name] = added

    def filter_queryset(self, queryset: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
        """The groups leave first comparisons to their own view; a filter for them shows them in any group."""
        if self.form.cleaned_data.get("first_comparison"):
            self.filters["group"].method = "in_group_first"
        return super().filter_queryset(queryset)

    @staticmethod
    def in_group_first(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        return DiscrepancyFilter._in_group(queryset, value)

    @staticmethod
    def in_group(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        items = DiscrepancyFilter._in_group(queryset, value)
        return items if value in ("closed", "reset") else items.filter(first_comparison=False)

    @staticmethod
    def _in_group(queryset: QuerySet[Discrepancy], value: str) -> QuerySet[Discrepancy]:
        if value == "closed":
            return queryset.filter(status=Discrepancy.Status.SETTLED, settled_at__gte=start_of_today())
        queryset = queryset.filter(status=Discrepancy.Status.OPEN)
        if value == "reset":
            return queryset.filter(~refused(), undecided=0)
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

    @staticmethod
    def in_state(queryset: QuerySet[Discrepancy], _name: str, value: str) -> QuerySet[Discrepancy]:
        queryset = queryset.filter(status=Discrepancy.Status.OPEN)
        if value == UNDECIDED:
            return queryset.filter(undecided__gt=0)
        return queryset.filter(refused() if value == REFUSED else ~refused(), undecided=0)

    @staticmethod
    def on_day(queryset: QuerySet[Discrepancy], _name: str, value: dt.date) -> QuerySet[Discrepancy]:
        """Opened on this day in the authority's time zone."""
        return queryset.filter(
            opened_at__gte=clock.start_of(value), opened_at__lt=clock.start_of(value + dt.timedelta(days=1))
        )


class SubmissionFilter(django_filters.FilterSet):
    """`group` sums states that people look at together."""

    GROUPS = (("live", _("Not finished")), ("stuck", _("Needs attention")), ("today", _("Accepted by PASI today")))

    group = django_filters.ChoiceFilter(empty_label=ANY, choices=GROUPS, method="in_group", label=_("Group"))
    status = django_filters.ChoiceFilter(empty_label=ANY, choices=Status.choices, label=_("Status"))
    ref_id = RefIdFilter()
    entity = django_filters.ChoiceFilter(empty_label=ANY, choices=KINDS_OF_RECORD, label=_("Kind of record"))
    key = KeyFilter(field_name="key")
    school = SchoolOfRow()
    reason = django_filters.ChoiceFilter(
        empty_label=ANY, choices=[(reason.code, _(reason.message)) for reason in held.REASONS], label=_("Reason")
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


class FailureFilter(django_filters.FilterSet):
    step = django_filters.ChoiceFilter(empty_label=ANY, choices=Failure.Step.choices, label=_("Failed step"))
    school = school_code_filter("school_code")

    class Meta:
        model = Failure
        fields: list[str] = []


class ExchangeFilter(django_filters.FilterSet):
    operation = django_filters.ChoiceFilter(empty_label=ANY, choices=OPERATIONS, label=_("Operation"))
    outcome = django_filters.ChoiceFilter(
        empty_label=ANY,
        choices=[(value or "pending", label) for value, label in Outcome.choices],
        method="with_outcome",
        label=_("Outcome"),
    )
    key = KeyFilter(method="with_key")
    ref_id = RefIdFilter(method="of_record")
    submission = django_filters.NumberFilter(
        method="carrying", label=_("Submission"), min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    school = school_code_filter("school_code")
    polls = TrueFalseFilter(method="with_polls", label=_("Polls"))

    class Meta:
        model = Exchange
        fields: list[str] = []

    @staticmethod
    def with_polls(queryset: QuerySet[Exchange], _name: str, value: bool) -> QuerySet[Exchange]:
        """`false` leaves out the questions for news and the probes, most of the log's rows on a quiet day."""
        return queryset if value else queryset.exclude(operation__in=POLLS)

    @staticmethod
    def with_outcome(queryset: QuerySet[Exchange], _name: str, value: str) -> QuerySet[Exchange]:
        return queryset.filter(outcome="" if value == "pending" else value)

    @staticmethod
    def of_record(queryset: QuerySet[Exchange], _name: str, value: Any) -> QuerySet[Exchange]:
        parts = ExchangePart.objects.filter(key=str(value)).values("exchange")
        return queryset.filter(Q(key=str(value)) | Q(submission__key=str(value)) | Q(pk__in=parts))

    @staticmethod
    def with_key(queryset: QuerySet[Exchange], _name: str, value: str) -> QuerySet[Exchange]:
        key = keys.as_stored(value)
        parts = ExchangePart.objects.filter(key=key).values("exchange")
        return queryset.filter(Q(key=key) | Q(pk__in=parts))

    @staticmethod
    def carrying(queryset: Exchanges, _name: str, value: float) -> QuerySet[Exchange]:
        return queryset.carrying(int(value))


class ActionFilter(django_filters.FilterSet):
    ref_id = RefIdFilter(method="with_key")
    entity = django_filters.ChoiceFilter(
        method="with_entity", empty_label=ANY, choices=KINDS_OF_RECORD, label=_("Kind of record")
    )
    key = KeyFilter(method="with_key")
    kind = django_filters.ChoiceFilter(empty_label=ANY, choices=Action.Kind.choices, label=_("Kind"))
    undone = TrueFalseFilter(field_name="undone_at", lookup_expr="isnull", exclude=True, label=_("Undone"))

    class Meta:
        model = Action
        fields: list[str] = []

    @staticmethod
    def with_key(queryset: QuerySet[Action], _name: str, value: Any) -> QuerySet[Action]:
        key = keys.as_stored(str(value))
        return queryset.filter(Exists(ActionRecord.objects.filter(action=OuterRef("pk"), key=key)))

    @staticmethod
    def with_entity(queryset: QuerySet[Action], _name: str, value: str) -> QuerySet[Action]:
        return queryset.filter(Exists(ActionRecord.objects.filter(action=OuterRef("pk"), entity=value)))


class StateInPasi(django_filters.ChoiceFilter):
    """Enrolments whose badge shows a state of the group."""

    def filter(self, qs: QuerySet[SchoolEnrolment], value: Any) -> QuerySet[SchoolEnrolment]:
        return states.in_group(qs, value) if value else qs


def state_in_pasi(person: User) -> tuple[str, StateInPasi]:
    """For lists of the SIS; the states are the same for everybody."""
    groups = [(name, label) for name, (label, members) in states.GROUPS.items()]
    return "pasi_state", StateInPasi(label=_("State in PASI"), empty_label=_("All states"), choices=groups)


class EnrolmentFilter(django_filters.FilterSet):
    """Here and not in `sis`, because the RefId is known to the link alone."""

    school = school_code_filter("school__code")
    asn = AsnFilter(field_name="student__asn", label=_("ASN"))
    school_year = SchoolYearFilter(label=_("School year"))
    concurrent = TrueFalseFilter(label=_("Concurrent"))
    deleted = TrueFalseFilter(label=_("Deleted"))
    exit_code = django_filters.CharFilter(label=_("Exit code"))
    action = django_filters.NumberFilter(
        method="of_action", label=_("Action"), min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    ref_id = RefIdFilter(field_name="links__key")
    external_id = django_filters.CharFilter(label=_("External ID"))

    class Meta:
        model = SchoolEnrolment
        fields: list[str] = []

    @staticmethod
    def of_action(queryset: QuerySet[SchoolEnrolment], _name: str, value: Any) -> QuerySet[SchoolEnrolment]:
        return selectors.of_action(queryset, int(value))


def choose_year(filterset: FilterSet) -> None:
    """Makes the school-year filter a pick list of the years that take part, and of the one that was asked for."""
    years = {str(year) for year in Context().years}
    chosen = str(filterset.data.get("school_year", "")).strip()
    choices = sorted(years | ({chosen} if chosen else set()), reverse=True)
    filterset.form.fields["school_year"].widget = forms.Select(
        choices=[("", _("Any")), *((one, one) for one in choices)]
    )
