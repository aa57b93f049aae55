"""The API's items, in the words of the SIS record; school years as "2026-2027", code lists as lists."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pasi_connect import states
from pasi_connect.models import Discrepancy, Exchange, Submission
from pasi_connect.models.discrepancy import Kind
from pasi_connect.models.submission import Status
from pasi_connect.rules.compare import COMPARED
from pasi_connect.views import words
from sis.models import SchoolEnrolment
from sis.models.organisation import four_digits
from sis.rules import asn
from sis.rules.enrolment import CODE_LISTS, codes
from sis.rules.school_year import SchoolYear
from sis.services.enrolments import EDITABLE


class Strict(serializers.Serializer):
    """A field that is not known, or only told, is refused: a misspelt one must not be lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: dict[str, Any]) -> None:
        messages = {}
        for name in data:
            field = self.fields.get(name)
            if field is None:
                messages[name] = [_("This field is not known.")]
            elif field.read_only:
                messages[name] = [_("This field cannot be changed.")]
        if messages:
            raise serializers.ValidationError(messages)


class SchoolYearText(serializers.CharField):
    """ "2026-2027"."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return SchoolYear.parse(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError(_("Write a school year like 2026-2027.")) from None


class AsnText(serializers.CharField):
    """Nine digits; hyphens are accepted."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return asn.normalise(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError(_("An ASN has nine digits, like 1234-5678-9.")) from None


class CodeList(serializers.ListField):
    """Codes of one key; stored as one text in canonical order. How many at most is a rule of the service."""

    child = serializers.RegexField(r"^[^\s,]+$", max_length=19)  # three of them fit into the column

    def to_representation(self, value: Any) -> list[str]:
        return codes(value or "")

    def to_internal_value(self, data: Any) -> Any:
        return " ".join(super().to_internal_value(data))


class PasiStateSerializer(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=states.STATES, help_text="That of the live submission, if there is one; else how both sides compare."
    )
    reason = serializers.CharField(
        help_text="Why: a held reason, PASI's code, the kind of the discrepancy; empty when there is none."
    )
    core_version = serializers.IntegerField(allow_null=True, help_text="PASI's version that we hold; null: none.")


class EnrolmentFields(Strict, serializers.ModelSerializer):
    """What a person may change. Rules (limits, dates, codes) are checked by the service."""

    enrolment_type_codes = CodeList(required=False)
    exception_codes = CodeList(required=False)
    grants_program_codes = CodeList(required=False)

    class Meta:
        model = SchoolEnrolment
        fields: tuple[str, ...] = EDITABLE


class EnrolmentSerializer(EnrolmentFields):
    """One enrolment with its PASI state. `states` in the context holds the states of the page (see `states.states_of`)."""

    ref_id = serializers.SerializerMethodField(help_text="PASI's key of the record; null until it has one.")
    asn = serializers.CharField(source="student.asn", allow_null=True, read_only=True)
    student = serializers.IntegerField(source="student_id", read_only=True)
    school = serializers.CharField(source="school.code", read_only=True)
    school_year = SchoolYearText(read_only=True)
    version = serializers.SerializerMethodField(help_text="Opaque; changes when either side does. Send it as If-Match.")
    pasi = serializers.SerializerMethodField()

    class Meta(EnrolmentFields.Meta):
        fields = (
            "id",
            "external_id",
            "ref_id",
            "asn",
            "student",
            "school",
            "school_year",
            *EDITABLE,
            "version",
            "pasi",
        )
        read_only_fields = ("id", "external_id")

    def _state(self, enrolment: SchoolEnrolment) -> states.State:
        found = self.context.get("states")
        return found[enrolment.pk] if found is not None else states.state_of(enrolment)

    def get_ref_id(self, enrolment: SchoolEnrolment) -> str | None:
        ref_id = self._state(enrolment).ref_id
        return str(ref_id) if ref_id else None

    def get_version(self, enrolment: SchoolEnrolment) -> str:
        return self._state(enrolment).version

    @extend_schema_field(PasiStateSerializer)
    def get_pasi(self, enrolment: SchoolEnrolment) -> dict[str, Any]:
        state = self._state(enrolment)
        return {"state": state.state, "reason": state.reason, "core_version": state.core_version}


class NewEnrolmentSerializer(EnrolmentFields):
    """Of whom, where and when, and the fields of an enrolment. The student by `asn` or by `student` (our id)."""

    asn = AsnText(required=False)
    student = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    school = serializers.CharField(validators=[four_digits])
    school_year = SchoolYearText()

    class Meta(EnrolmentFields.Meta):
        fields = ("external_id", "asn", "student", "school", "school_year", *EDITABLE)
        extra_kwargs = {"external_id": {"allow_blank": False}}

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("asn" in given) == ("student" in given):
            raise serializers.ValidationError({"asn": [_("Name the student: either asn or student.")]})
        return given


class RejectionSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="PASI's rule or fault number.")
    message = serializers.CharField(help_text="PASI's own words.")


class SubmissionSerializer(serializers.ModelSerializer):
    """One record on its way to PASI. `enrolments` in the context maps subject ids to (asn, school year)."""

    enrolment = serializers.IntegerField(source="subject_id", read_only=True)
    asn = serializers.SerializerMethodField()
    school = serializers.CharField(source="school_code", read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    message = serializers.SerializerMethodField(help_text="The state in words, in the person's language.")
    next_step = serializers.SerializerMethodField(help_text="What a person can do now.")
    rejections = RejectionSerializer(many=True, read_only=True)
    fields = serializers.ListField(child=serializers.CharField(), read_only=True)  # type: ignore[assignment]
    actor = serializers.CharField(source="actor_name", read_only=True, help_text="Who PASI is told.")

    class Meta:
        model = Submission
        fields = [
            "id", "enrolment", "ref_id", "asn", "school", "status", "reason", "message", "next_step", "detail", "rejections",
            "fields", "attempts", "seen_version", "core_version", "actor", "created_at", "changed_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_asn(self, submission: Submission) -> str | None:
        found = self.context.get("asns")
        if found is None:
            found = asns_of([submission])
        return found.get(submission.subject_id)

    def get_message(self, submission: Submission) -> str:
        return words.why(submission).text or str(submission.get_status_display())

    def get_next_step(self, submission: Submission) -> str:
        return words.why(submission).next_step


def asns_of(submissions: list[Submission]) -> dict[int, str | None]:
    """The ASN of each submission's student, by enrolment id."""
    ids = [row.subject_id for row in submissions]
    return dict(SchoolEnrolment.objects.filter(pk__in=ids).values_list("pk", "student__asn"))


class FieldPictureSerializer(serializers.Serializer):
    name = serializers.ChoiceField(choices=COMPARED)
    agreed = serializers.JSONField(allow_null=True, help_text="The value when both sides were last known equal.")
    sis = serializers.JSONField(allow_null=True, help_text="The value here.")
    pasi = serializers.JSONField(allow_null=True, help_text="The value in PASI.")
    state = serializers.CharField(help_text="The kind of the field, or `reset` while PASI is being reset to ours.")


def picture(row: dict[str, Any]) -> dict[str, Any]:
    """A field of an item with its values in the form in which the enrolment resource has them."""
    name = row["name"]
    shown = {side: row.get(side) for side in ("agreed", "sis", "pasi")}
    if name in CODE_LISTS:
        shown = {side: None if value is None else codes(value) for side, value in shown.items()}
    return {"name": name, **shown, "state": row.get("state", "")}


class DiscrepancySerializer(serializers.ModelSerializer):
    enrolment = serializers.IntegerField(source="enrolment_id", allow_null=True, read_only=True)
    school = serializers.CharField(source="school_code", read_only=True)
    school_year = SchoolYearText(read_only=True, allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    status = serializers.ChoiceField(choices=Discrepancy.Status.choices, read_only=True)
    fields = serializers.SerializerMethodField("pictures")  # type: ignore[assignment]
    undecided = serializers.IntegerField(read_only=True, help_text="Fields that wait for a person.")

    class Meta:
        model = Discrepancy
        fields = [
            "id", "ref_id", "kind", "status", "version", "fields", "undecided", "changed_by", "changed_at", "enrolment", "asn",
            "school", "school_year", "core_version", "opened_at", "settled_at", "settled_by",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FieldPictureSerializer(many=True))
    def pictures(self, item: Discrepancy) -> list[dict[str, Any]]:
        return [picture(row) for row in item.fields]


class DecisionSerializer(Strict):
    """What to decide. `fields` absent: all that are open. `version` (or If-Match): what you saw."""

    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), required=False, allow_empty=False, help_text="Names of fields; absent: all."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40)


class RejectionDecisionSerializer(DecisionSerializer):
    reason = serializers.CharField(max_length=2000, help_text="Why PASI is to be reset; kept with the decision.")


class SendAgainSerializer(Strict):
    seen_version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="PASI's version that you saw; absent: the present one.",
    )


class CancelSerializer(Strict):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class ExchangeSerializer(serializers.ModelSerializer):
    """One call to PASI. Bodies are not told here."""

    submission = serializers.IntegerField(source="submission_id", allow_null=True, read_only=True)
    school = serializers.CharField(source="school_code", read_only=True)
    outcome = serializers.CharField(read_only=True, help_text="Empty while the call is on its way.")

    class Meta:
        model = Exchange
        fields = [
            "id", "message_id", "operation", "key", "submission", "school", "organisation", "person_name", "person_local_id",
            "sent_at", "answered_at", "milliseconds", "outcome", "code", "detail", "request_bytes", "answer_bytes",
        ]  # fmt: skip
        read_only_fields = fields
