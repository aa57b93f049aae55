"""How rows of the engine name their SIS record."""

from typing import Any

from rest_framework import serializers

from pasi_connect.entities import SCHOOL_ENROLMENT


class EnrolmentId(serializers.IntegerField):
    """The id of the school enrolment that a row is about; null where it is about a record of another kind, or of none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return value.subject_id if value.entity == SCHOOL_ENROLMENT.kind else None
