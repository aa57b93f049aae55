from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from operations.models import ReadEntry
from operations.serializers import Strict
from sis.models import Course, CourseEnrolment, School, StoredGrade, Student
from sis.rules import asn
from sis.rules.enrolment import codes
from sis.rules.school_year import SchoolYear
from sis.services.students import EDITABLE


class SchoolYearText(serializers.CharField):
    """ "2026-2027"."""

    def to_representation(self, value: object) -> str:
        return str(value)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return SchoolYear.parse(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError(_("Enter a school year like 2026-2027.")) from None


class AsnText(serializers.CharField):
    """Nine digits; hyphens are accepted."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return asn.normalize(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError(_("An ASN has nine digits, like 1234-5678-9.")) from None


class CodeList(serializers.ListField):
    """Codes of one key; stored as one text in canonical order. How many at most is a rule of the service."""

    child = serializers.RegexField(r"^[^\s,]+$", max_length=19)  # three of them fit into the column

    def to_representation(self, value: Any) -> list[str]:
        return codes(value or "")

    def to_internal_value(self, data: Any) -> Any:
        return " ".join(super().to_internal_value(data))


class SchoolSerializer(serializers.ModelSerializer):
    authority = serializers.CharField(source="authority.code", read_only=True)

    class Meta:
        model = School
        fields = ["id", "external_id", "code", "name", "authority", "enrolment_sync", "course_marks_integration"]
        read_only_fields = fields


class StudentFields(Strict, serializers.ModelSerializer):
    """What a person may change: names and identification. Rules are checked by the service."""

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    class Meta:
        model = Student
        fields: tuple[str, ...] = EDITABLE


class CourseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Course
        fields = ["id", "external_id", "code", "name", "credits_offered", "diploma", "active"]
        read_only_fields = fields


class CourseEnrolmentSerializer(serializers.ModelSerializer):
    """`section` and `enrolment` are ids; `exit_date` null means: until the section's last day."""

    asn = serializers.CharField(source="student.asn", read_only=True, allow_null=True)
    school = serializers.CharField(source="section.school.code", read_only=True)
    school_year = SchoolYearText(source="section.school_year", read_only=True)
    course = serializers.CharField(source="section.course.code", read_only=True)

    class Meta:
        model = CourseEnrolment
        fields = [
            "id", "external_id", "student", "asn", "school", "school_year", "course", "section", "enrolment", "entry_date",
            "exit_date", "status", "credits_attempted", "challenge", "deleted", "revision",
        ]  # fmt: skip
        read_only_fields = fields


class StoredGradeSerializer(serializers.ModelSerializer):
    """`course_enrolment` is null for a mark earned elsewhere or before, `term` where the school has no such term."""

    asn = serializers.CharField(source="student.asn", read_only=True, allow_null=True)
    school = serializers.CharField(source="school.code", read_only=True)
    school_year = SchoolYearText(read_only=True)
    course = serializers.CharField(source="course.code", read_only=True)
    term = serializers.CharField(source="term.name", read_only=True, allow_null=True)

    class Meta:
        model = StoredGrade
        fields = [
            "id", "external_id", "student", "asn", "school", "school_year", "course", "term", "store_code",
            "course_enrolment", "mark", "credits", "stored_at",
        ]  # fmt: skip
        read_only_fields = fields


class ReadEntrySerializer(serializers.ModelSerializer):
    user_name = serializers.CharField(source="user.full_name", read_only=True)
    student = serializers.IntegerField(
        source="student_id", read_only=True, allow_null=True, help_text="The student's id; null for a list."
    )
    place = serializers.CharField(read_only=True, help_text="The name of the address.")

    class Meta:
        model = ReadEntry
        fields = ["id", "at", "user", "user_name", "program", "ip", "kind", "place", "student", "filter"]
        read_only_fields = fields
