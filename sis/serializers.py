from rest_framework import serializers

from sis.models import School, Student


class SchoolSerializer(serializers.ModelSerializer):
    authority = serializers.CharField(source="authority.code", read_only=True)

    class Meta:
        model = School
        fields = ["id", "external_id", "code", "name", "authority", "enrolment_sync", "course_marks_integration"]
        read_only_fields = fields


class StudentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Student
        fields = [
            "id", "external_id", "asn", "local_number", "legal_first_name", "legal_middle_name", "legal_last_name",
            "preferred_first_name", "preferred_last_name", "birth_date", "gender",
        ]  # fmt: skip
        read_only_fields = fields
