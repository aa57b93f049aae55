"""The API's items, in the words of the SIS record; school years as "2026-2027", code lists as lists."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.serializers import Strict
from operations.wording import help_of
from pasi_connect.services import states
from sis.models import SchoolEnrolment
from sis.models.organization import four_digits
from sis.serializers import AsnText, CodeList, SchoolYearText
from sis.services.enrolments import EDITABLE


class PasiStateSerializer(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=states.STATES, help_text="That of the live submission, if there is one; else how both sides compare."
    )
    reason = serializers.CharField(
        help_text="Why: a held reason, PASI's code, the kind of the discrepancy; empty when there is none."
    )
    core_version = serializers.IntegerField(
        allow_null=True, help_text="PASI's version that is stored here; null: none."
    )


_STUDENT = gettext_lazy(
    "An enrolment stays with its student. Where PASI has moved the record, POST /api/v1/discrepancies/{id}/accept/ "
    "follows it and POST /api/v1/discrepancies/{id}/link-anew/ unlinks it. To remove one that was entered for the "
    "wrong student, use POST /api/v1/enrolments/{id}/entered-in-error/; to add the right one, use POST "
    "/api/v1/enrolments/."
)


# Members of an enrolment that make it another one: which action changes them, and where it is.
MADE_BY_ACTIONS = {
    "school": gettext_lazy(
        "The school of an enrolment cannot be edited. To move a student to another school, end this stay with POST "
        "/api/v1/enrolments/{id}/withdraw/ and start the stay at the other school with POST "
        "/api/v1/students/{asn}/enrolments/. If the student already has a concurrent enrolment there, use POST "
        "/api/v1/enrolments/{id}/transfer-out/."
    ),
    "school_year": gettext_lazy(
        "The school year of an enrolment cannot be edited. To enrol the student in another year, use POST "
        "/api/v1/enrolments/. To remove an enrolment that was entered in the wrong year, use POST "
        "/api/v1/enrolments/{id}/entered-in-error/."
    ),
    "student": _STUDENT,
    "asn": _STUDENT,
}


class EnrolmentFields(Strict, serializers.ModelSerializer):
    """What a person may change. Rules (limits, dates, codes) are checked by the service."""

    elsewhere: ClassVar[Mapping[str, Any]] = MADE_BY_ACTIONS

    enrolment_type_codes = CodeList(required=False, help_text=help_of(SchoolEnrolment, "enrolment_type_codes"))
    exception_codes = CodeList(required=False, help_text=help_of(SchoolEnrolment, "exception_codes"))
    grants_program_codes = CodeList(required=False, help_text=help_of(SchoolEnrolment, "grants_program_codes"))

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
        by_id = self.context.get("states")
        return by_id[enrolment.pk] if by_id is not None else states.state_of(enrolment)

    def get_ref_id(self, enrolment: SchoolEnrolment) -> str | None:
        return self._state(enrolment).key

    def get_version(self, enrolment: SchoolEnrolment) -> str:
        return self._state(enrolment).version

    @extend_schema_field(PasiStateSerializer)
    def get_pasi(self, enrolment: SchoolEnrolment) -> dict[str, Any]:
        state = self._state(enrolment)
        return {"state": state.state, "reason": state.reason, "core_version": state.core_version}


class NewEnrolmentSerializer(EnrolmentFields):
    """Of whom, where and when, and the fields of an enrolment. The student by `asn` or by `student` (our id)."""

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    asn = AsnText(required=False)
    student = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    school = serializers.CharField(validators=[four_digits])
    school_year = SchoolYearText()

    class Meta(EnrolmentFields.Meta):
        fields = ("external_id", "asn", "student", "school", "school_year", *EDITABLE)
        extra_kwargs = {"external_id": {"allow_blank": False, "required": False}}
        validators: ClassVar[list[Any]] = []  # once in a school: the service looks, which knows the school

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("asn" in values) == ("student" in values):
            raise serializers.ValidationError({"asn": [_("Name the student with either asn or student.")]})
        return values
