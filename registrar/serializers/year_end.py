"""The API's items of the year end and of exit codes in bulk."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.models import Job
from operations.serializers import Strict
from pasi_connect.models import Action
from registrar.models import YearEndRehearsal, YearEndRow
from registrar.rules import year_end as rules
from registrar.services import year_end
from sis.models import School
from sis.models.organization import four_digits
from sis.serializers import SchoolYearText

REASONS = [(reason.code, reason.message) for reason in rules.REASONS]


class NewRehearsalSerializer(Strict):
    school_year = SchoolYearText()
    early = serializers.BooleanField(default=False, help_text="Needed before the year has ended.")
    school = serializers.CharField(
        required=False, validators=[four_digits], help_text="One school's code; absent: all schools of the authority."
    )


class NewRunSerializer(Strict):
    rehearsal = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class NotClosingSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="Enrolment.")
    reason = serializers.ChoiceField(choices=REASONS)


class BySchoolSerializer(serializers.Serializer):
    school = serializers.CharField()
    name = serializers.CharField()
    last_day = serializers.DateField(allow_null=True, help_text="Of its calendar, which is the closing date.")
    closing = serializers.IntegerField()
    exit_dates = serializers.IntegerField(help_text="Of those that close: exit dates that change and are sent.")
    not_closing = serializers.IntegerField()


class ReasonCountSerializer(serializers.Serializer):
    reason = serializers.ChoiceField(choices=REASONS)
    message = serializers.CharField()
    next_step = serializers.CharField()
    count = serializers.IntegerField()


class CountsSerializer(serializers.Serializer):
    closing = serializers.IntegerField()
    exit_dates = serializers.IntegerField(help_text="Exit dates that change and are sent to PASI.")
    not_closing = serializers.IntegerField()
    reasons = ReasonCountSerializer(many=True)


def by_school(scope: year_end.Scope, rows: Iterable[YearEndRow]) -> list[dict[str, Any]]:
    """Each school that has a row, in the order of the codes."""
    closing, dates, staying = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        if row.reason:
            staying[row.school_code] += 1
        else:
            closing[row.school_code] += 1
            dates[row.school_code] += row.exit_date_after is not None
    codes = sorted({*closing, *staying})
    return [
        {
            "school": school.code,
            "name": school.name,
            "last_day": scope.last_days.get(school.pk),
            "closing": closing[school.code],
            "exit_dates": dates[school.code],
            "not_closing": staying[school.code],
        }
        for school in School.objects.filter(code__in=codes).order_by("code")
    ]


def counts(rows: Iterable[YearEndRow]) -> dict[str, Any]:
    by_reason, dates = Counter[str](), 0
    for row in rows:
        by_reason[row.reason] += 1
        dates += not row.reason and row.exit_date_after is not None
    closing = by_reason.pop("", 0)
    return {
        "closing": closing,
        "exit_dates": dates,
        "not_closing": by_reason.total(),
        "reasons": [
            {
                "reason": reason.code,
                "message": _(reason.message),
                "next_step": _(reason.next_step),
                "count": by_reason[reason.code],
            }
            for reason in rules.REASONS
            if by_reason[reason.code]
        ],
    }


def pictures(scope: year_end.Scope, rows: list[YearEndRow]) -> dict[str, Any]:
    """The rows of a rehearsal, summed up."""
    return {
        "counts": counts(rows),
        "schools": by_school(scope, rows),
        "closing": [row.enrolment_id for row in rows if not row.reason],
        "not_closing": [{"id": row.enrolment_id, "reason": row.reason} for row in rows if row.reason],
    }


class RehearsalPreviewSerializer(serializers.Serializer):
    """What a rehearsal says: every concurrent enrolment of the year, closing or not."""

    school_year = SchoolYearText()
    school = serializers.CharField(allow_null=True, help_text="Null: all schools.")
    early = serializers.BooleanField()
    exit_code = serializers.CharField(help_text="Set on each that closes; never sent.")
    counts = CountsSerializer()
    schools = BySchoolSerializer(many=True)
    closing = serializers.ListField(child=serializers.IntegerField(), help_text="Enrolments.")
    not_closing = NotClosingSerializer(many=True)

    @classmethod
    def of(cls, scope: year_end.Scope, rows: list[YearEndRow]) -> dict[str, Any]:
        return {
            "school_year": str(scope.school_year),
            "school": scope.school_code or None,
            "early": scope.early,
            "exit_code": scope.exit_code,
            **pictures(scope, rows),
        }


class RehearsalSerializer(RehearsalPreviewSerializer):
    id = serializers.IntegerField()
    job = serializers.IntegerField(help_text="See /jobs/{id}/.")
    status = serializers.ChoiceField(choices=Job.Status.choices, help_text="That of the job.")
    at = serializers.DateTimeField()
    by = serializers.CharField()
    run = serializers.IntegerField(allow_null=True, help_text="The run, once there is one.")

    def to_representation(self, instance: YearEndRehearsal) -> dict[str, Any]:
        assert instance.job is not None
        rows = list(instance.rows.only("enrolment_id", "school_code", "reason", "exit_date_after").order_by("pk"))
        return {
            "id": instance.pk,
            "job": instance.job.pk,
            "status": instance.job.status,
            "at": serializers.DateTimeField().to_representation(instance.at),
            "by": instance.actor_name,
            "run": instance.run_id,
            **RehearsalPreviewSerializer.of(year_end.scope_of(instance), rows),
        }


class RehearsalRowSerializer(serializers.ModelSerializer):
    enrolment = serializers.IntegerField(source="enrolment_id")
    school = serializers.CharField(source="school_code")
    reason = serializers.CharField(help_text="Empty: it closes.")
    message = serializers.SerializerMethodField(help_text="The reason in words.")
    exit_date_after = serializers.DateField(
        allow_null=True, help_text="Null: the exit date is unchanged, nothing is sent."
    )

    class Meta:
        model = YearEndRow
        fields = [
            "id", "enrolment", "school", "revision", "closing_date", "exit_date_before", "exit_date_after", "reason", "message",
        ]  # fmt: skip
        read_only_fields = fields

    def get_message(self, row: YearEndRow) -> str:
        return _(rules.BY_CODE[row.reason].message) if row.reason else ""


class LeftSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="Enrolment.")
    message = serializers.CharField(help_text="Why it is left as it is.")


class RunPreviewSerializer(serializers.Serializer):
    """What a run would do now."""

    rehearsal = serializers.IntegerField()
    closing = serializers.IntegerField(help_text="How many the run closes.")
    exit_dates = serializers.IntegerField(help_text="Exit dates that change and are sent to PASI.")
    changed_since = LeftSerializer(many=True)
    new_since = serializers.ListField(
        child=serializers.IntegerField(), help_text="Would close now, but are not in the rehearsal: skipped."
    )

    @classmethod
    def of(cls, rehearsal: YearEndRehearsal) -> dict[str, Any]:
        moved = year_end.moved_since(rehearsal)
        rows = rehearsal.rows.filter(reason="").values_list("enrolment_id", "exit_date_after")
        left = [(pk, after) for pk, after in rows if pk not in moved]
        return {
            "rehearsal": rehearsal.pk,
            "closing": len(left),
            "exit_dates": sum(after is not None for _pk, after in left),
            "changed_since": [{"id": pk, "message": message} for pk, message in sorted(moved.items())],
            "new_since": [row.enrolment_id for rows in year_end.new_since(rehearsal) for row in rows],
        }


class RunResultSerializer(serializers.Serializer):
    closed = serializers.IntegerField()
    exit_dates = serializers.IntegerField(help_text="Exit dates that were changed and are sent to PASI.")
    changed_since = serializers.IntegerField(help_text="Left: see the job's rows.")
    new_since = serializers.IntegerField(help_text="Not in the rehearsal, skipped: see the job's rows.")
    historical_years = serializers.IntegerField(
        allow_null=True, help_text="Their number when this run has closed the year, else null."
    )


class RunSerializer(serializers.ModelSerializer):
    rehearsal = serializers.IntegerField(source="rehearsal.pk", read_only=True)
    job = serializers.IntegerField(source="job_id", read_only=True, help_text="See /jobs/{id}/.")
    status = serializers.ChoiceField(
        choices=Job.Status.choices, source="job.status", read_only=True, help_text="That of the job."
    )
    school_year = SchoolYearText(source="rehearsal.school_year", read_only=True)
    school = serializers.SerializerMethodField(help_text="Null: all schools.")
    early = serializers.BooleanField(source="rehearsal.early", read_only=True)
    exit_code = serializers.CharField(source="rehearsal.exit_code", read_only=True)
    by = serializers.CharField(source="actor_name", read_only=True)
    result = serializers.SerializerMethodField(help_text="Null until the job has ended.")

    class Meta:
        model = Action
        fields = [
            "id", "rehearsal", "job", "status", "school_year", "school", "early", "exit_code", "at", "by", "result",
            "undone_at", "undone_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_school(self, action: Action) -> str | None:
        return action.school_code or None

    @extend_schema_field(RunResultSerializer(allow_null=True))
    def get_result(self, action: Action) -> dict[str, Any] | None:
        result = action.job.result if action.job else {}
        return dict(RunResultSerializer(result).data) if "closed" in result else None


class ExitCodesSerializer(Strict):
    """Of which enrolments: `ids`, or a `filter` as on the list."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_empty=False,
        max_length=20_000,
    )
    filter = serializers.DictField(child=serializers.CharField(), required=False, allow_empty=False)
    exit_code = serializers.CharField(max_length=10, allow_blank=True, help_text="Empty removes the exit code.")
    reason = serializers.CharField(max_length=2000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"ids": [_("Name the enrolments with either ids or filter.")]})
        return attrs


class LeftWithCodeSerializer(LeftSerializer):
    code = serializers.CharField()


class ExitCodesDoneSerializer(serializers.Serializer):
    """With `dry_run` what would be done; `id` is null then."""

    id = serializers.IntegerField(allow_null=True, help_text="The entry that can undo it: see /decisions/{id}/.")
    job = serializers.IntegerField(allow_null=True)
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="Already have this exit code.")
    left = LeftWithCodeSerializer(many=True)
