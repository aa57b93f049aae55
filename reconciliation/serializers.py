"""The API's items of the reconciliation."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.serializers import Strict
from reconciliation.models import Run, RunFile
from reconciliation.models.run import KINDS
from reconciliation.rules.reading_options import DATE_ORDER_NAMES, DELIMITER_NAMES, ENCODING_NAMES
from reconciliation.rules.statuses import STATUSES
from reconciliation.services import answers, checking
from reconciliation.services.notes import sentences
from sis.models.organization import four_digits
from sis.serializers import SchoolYearText

SHEET_HELP = "Of a workbook. Absent: the one that has the columns."
ROW_HELP = "The row of the headers, as a spreadsheet counts. Absent: the one that looks most like them."
ORDER_HELP = "For dates such as 03/04/2027. Absent: what a column's other cells prove."
STATES = ["checking", "checked", "comparing", "refused", "done", "cancelled", "failed"]


class NewReconciliationSerializer(Strict):
    """multipart/form-data. A school or year that is absent is read from the files' names, and may stay open."""

    type = serializers.ChoiceField(choices=KINDS, help_text="CM: Course Marks, EM: Evaluated Marks, SE: Sections.")
    before = serializers.FileField(help_text="The export from before the delete, at most 500 MB.")
    after = serializers.FileField(help_text="The export from after the upload.")
    school = serializers.CharField(required=False, validators=[four_digits])
    school_year = SchoolYearText(required=False)
    compare_extra = serializers.ListField(
        child=serializers.CharField(max_length=200, trim_whitespace=False),
        required=False,
        help_text="Headers of extra columns that both files have, to be compared too.",
    )
    set_apart_deleted = serializers.BooleanField(default=False, help_text="List rows with Deleted? = Yes separately.")
    xlsx = serializers.BooleanField(default=False, help_text="Make result.xlsx too.")
    before_sheet = serializers.CharField(required=False, max_length=100, trim_whitespace=False, help_text=SHEET_HELP)
    before_header_row = serializers.IntegerField(required=False, min_value=1, max_value=1_048_576, help_text=ROW_HELP)
    before_delimiter = serializers.ChoiceField(required=False, choices=DELIMITER_NAMES, help_text="Of a CSV file.")
    before_encoding = serializers.ChoiceField(required=False, choices=ENCODING_NAMES, help_text="Of a CSV file.")
    before_date_order = serializers.ChoiceField(required=False, choices=DATE_ORDER_NAMES, help_text=ORDER_HELP)
    after_sheet = serializers.CharField(required=False, max_length=100, trim_whitespace=False)
    after_header_row = serializers.IntegerField(required=False, min_value=1, max_value=1_048_576)
    after_delimiter = serializers.ChoiceField(required=False, choices=DELIMITER_NAMES)
    after_encoding = serializers.ChoiceField(required=False, choices=ENCODING_NAMES)
    after_date_order = serializers.ChoiceField(required=False, choices=DATE_ORDER_NAMES)


class ReconciliationCheckedColumnSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="The required column.")
    header = serializers.CharField(allow_null=True, help_text="The header under which the file has it; null: missing.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What was repaired, and what cannot be read."
    )


class ReconciliationExtraColumnSerializer(serializers.Serializer):
    header = serializers.CharField()
    can_be_compared = serializers.BooleanField()


class ReconciliationCheckedFileSerializer(serializers.Serializer):
    format = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    sheet = serializers.CharField(help_text="The sheet that is read; blank for a CSV file.")
    sheets = serializers.ListField(child=serializers.CharField())
    header_row = serializers.IntegerField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)
    columns = ReconciliationCheckedColumnSerializer(many=True)
    missing = serializers.ListField(child=serializers.CharField())
    extra = ReconciliationExtraColumnSerializer(many=True)
    faults = serializers.ListField(child=serializers.CharField(), help_text="Why it cannot be compared.")
    notes = serializers.ListField(child=serializers.CharField())


class ReconciliationCheckSerializer(serializers.Serializer):
    """The column check. `is_clean`: no fault, nothing repaired, and the names contradict nothing."""

    is_clean = serializers.BooleanField()
    is_identical = serializers.BooleanField(help_text="Both files are identical.")
    is_swapped = serializers.BooleanField()
    school = serializers.CharField(allow_null=True)
    school_year = serializers.CharField(allow_null=True)
    faults = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What both files together show: the same file, nothing uploaded, rows lost; and what their names contradict.",
    )
    before = ReconciliationCheckedFileSerializer()
    after = ReconciliationCheckedFileSerializer()


class ReconciliationFileSerializer(serializers.ModelSerializer):
    class Meta:
        model = RunFile
        fields = ["side", "name", "size", "sha256"]
        read_only_fields = fields


class ReconciliationReadingSerializer(serializers.Serializer):
    format = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    sheet = serializers.CharField()
    header_row = serializers.IntegerField()
    date_orders = serializers.DictField(
        child=serializers.ChoiceField(choices=DATE_ORDER_NAMES),
        help_text="By column, where day and month could be taken for each other.",
    )


class ReconciliationChoiceSerializer(serializers.Serializer):
    """The options chosen for reading one file; the rest was found in it."""

    sheet = serializers.CharField(required=False)
    header_row = serializers.IntegerField(required=False)
    delimiter = serializers.ChoiceField(required=False, choices=DELIMITER_NAMES)
    encoding = serializers.ChoiceField(required=False, choices=ENCODING_NAMES)
    date_order = serializers.ChoiceField(required=False, choices=DATE_ORDER_NAMES)


class ReconciliationSummarySerializer(serializers.Serializer):
    """summary.json, literally."""

    type = serializers.ChoiceField(choices=KINDS)
    school = serializers.CharField(allow_null=True)
    school_year = serializers.CharField(allow_null=True)
    rows_before = serializers.IntegerField()
    rows_after = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text=f"By Match Status: {', '.join(STATUSES)}."
    )
    unusable_before = serializers.IntegerField()
    unusable_after = serializers.IntegerField()
    set_apart_before = serializers.IntegerField()
    set_apart_after = serializers.IntegerField()
    repaired_cells = serializers.IntegerField()
    equal_after_normalising = serializers.IntegerField()
    columns = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    files = serializers.DictField(
        child=ReconciliationReadingSerializer(),
        required=False,
        help_text="How each file was read; absent in older runs.",
    )
    warnings = serializers.ListField(child=serializers.CharField())


class ReconciliationSinceSerializer(serializers.Serializer):
    run = serializers.IntegerField(help_text="The earlier run; it may have been removed since.")
    at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text='By "<status before>><status now>": rows whose status has changed. Nothing before: new; nothing '
        "now: gone.",
    )


class ReconciliationSerializer(serializers.ModelSerializer):
    """A run. `summary` is there once `status` is done; `reasons` say why the files were refused."""

    school = serializers.SerializerMethodField(help_text="Four digits; null where it is open.")
    school_year = serializers.SerializerMethodField()
    status = serializers.ChoiceField(source="state", choices=STATES, read_only=True)
    files = ReconciliationFileSerializer(many=True, read_only=True)
    job = serializers.IntegerField(source="job_id", read_only=True, allow_null=True, help_text="See /jobs/{id}/.")
    compare_extra = serializers.ListField(source="also", child=serializers.CharField(), read_only=True)
    set_apart_deleted = serializers.BooleanField(source="set_deleted_apart", read_only=True)
    chosen = serializers.DictField(source="how", child=ReconciliationChoiceSerializer(), read_only=True)
    reasons = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField(help_text="What to know about the files; the most serious first.")
    check = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()
    since = serializers.SerializerMethodField(
        help_text="What has changed since the last run of the same school, kind and year."
    )

    class Meta:
        model = Run
        fields = [
            "id", "type", "school", "school_year", "status", "job", "made_by", "created_at", "finished_at", "files",
            "compare_extra", "set_apart_deleted", "xlsx", "chosen", "reasons", "warnings", "check", "summary", "since",
        ]  # fmt: skip
        read_only_fields = fields

    def get_school(self, run: Run) -> str | None:
        return run.school_code or None

    def get_school_year(self, run: Run) -> str | None:
        return str(run.school_year) if run.school_year else None

    def get_reasons(self, run: Run) -> list[str]:
        return sentences(run.reasons)

    def get_warnings(self, run: Run) -> list[str]:
        return sentences(run.warnings)

    @extend_schema_field(ReconciliationCheckSerializer(allow_null=True))
    def get_check(self, run: Run) -> dict[str, Any] | None:
        if not run.checks:
            return None
        files = {file.side: checking.File(run.place / file.stored, file.name) for file in run.files.all()}
        year = str(run.school_year) if run.school_year else ""
        return answers.check(run.checks, checking.whose(files, run.type, run.school_code, year))

    @extend_schema_field(ReconciliationSummarySerializer(allow_null=True))
    def get_summary(self, run: Run) -> dict[str, Any] | None:
        return run.summary

    @extend_schema_field(ReconciliationSinceSerializer(allow_null=True))
    def get_since(self, run: Run) -> dict[str, Any] | None:
        return run.moved


class ReconciliationStartedSerializer(serializers.Serializer):
    id = serializers.IntegerField(
        required=False, help_text="Of the run; absent where a dry run has only started a job."
    )
    job = serializers.IntegerField(help_text="See /jobs/{id}/.")


class ReconciliationRowSerializer(serializers.Serializer):
    """One line of the result. `line` is its place in result.csv, which pages are marked by."""

    line = serializers.IntegerField()
    status = serializers.ChoiceField(choices=list(STATUSES))
    before_row = serializers.IntegerField(allow_null=True, help_text="As a spreadsheet shows it.")
    after_row = serializers.IntegerField(allow_null=True)
    key = serializers.DictField(child=serializers.CharField(), help_text="The key columns, normalized.")
    before = serializers.DictField(
        child=serializers.CharField(), allow_null=True, help_text="Compared cells as in the file."
    )
    after = serializers.DictField(child=serializers.CharField(), allow_null=True)
    differences = serializers.ListField(child=serializers.CharField())
    repaired = serializers.ListField(child=serializers.CharField())


def school_refused() -> dict[str, list[str]]:
    return {"school": [_("No such school among yours.")]}
