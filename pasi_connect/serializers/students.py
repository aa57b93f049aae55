"""Students in the API, in the words of the SIS record, with the PASI state of their identity."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pasi_connect.serializers.discrepancies import ExpectedAtFieldSerializer
from pasi_connect.serializers.enrolments import PasiStateSerializer
from pasi_connect.services import states
from pasi_connect.services.decisions import expected
from sis.models import Student
from sis.serializers import StudentFields
from sis.services.students import EDITABLE


class StudentSerializer(StudentFields):
    """One student with the PASI state of names and identification. `states` in the context holds the states of the page."""

    version = serializers.SerializerMethodField(help_text="Opaque; changes with the student. Send it as If-Match.")
    pasi = serializers.SerializerMethodField()

    class Meta(StudentFields.Meta):
        fields: tuple[str, ...] = (
            "id", "external_id", "asn", "local_number", *EDITABLE, "gender", "version", "pasi",
        )  # fmt: skip
        read_only_fields = fields

    def get_version(self, student: Student) -> str:
        return str(student.revision)

    @extend_schema_field(PasiStateSerializer)
    def get_pasi(self, student: Student) -> dict[str, Any]:
        by_id = self.context.get("states")
        state = by_id[student.pk] if by_id is not None else states.state_of(student)
        return {"state": state.state, "reason": state.reason, "core_version": state.core_version}


class ChangedStudentSerializer(StudentSerializer):
    """A student after a change, with what PASI will say of it."""

    expected = serializers.SerializerMethodField()

    class Meta(StudentSerializer.Meta):
        fields = (*StudentSerializer.Meta.fields, "expected")
        read_only_fields = fields

    @extend_schema_field(ExpectedAtFieldSerializer(many=True))
    def get_expected(self, student: Student) -> list[dict[str, Any]]:
        return expected.answers(expected.of_student(student))
