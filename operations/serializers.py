import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations import selectors
from operations.models import Job, JobRow

DRY_RUN = "dry_run"  # taken by every writing call, and read before its body is (`operations.api.resource`)


JSON_TYPES: tuple[tuple[type[serializers.Field], type, Any], ...] = (
    (serializers.BooleanField, bool, gettext_lazy("Enter true or false, without quotes.")),
    (serializers.IntegerField, int, gettext_lazy("Enter a whole number, without quotes.")),
    (serializers.CharField, str, gettext_lazy("Enter a text, in quotes.")),
    (serializers.DateField, str, gettext_lazy("Enter a day like 2026-09-01, in quotes.")),
)


def _other_type(field: serializers.Field, value: Any) -> Any:
    """What to write instead, where JSON's kind of value is another one than the description's; None where it fits."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next((message for item in value if (message := _other_type(field.child, item))), None)
    for kind_of_field, kind, message in JSON_TYPES:
        if isinstance(field, kind_of_field):
            fits = value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool)))
            return None if fits else message
    return None


class Strict(serializers.Serializer):
    """Unknown and read-only members are refused, so that a misspelt one is not silently lost.

    `elsewhere`: what to say of members that exist and are written by another address.
    """

    elsewhere: ClassVar[Mapping[str, Any]] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            self._refuse_unknown(data)
            if not isinstance(data, QueryDict):  # in a form everything is a text
                self._refuse_other_types(data)
        return super().to_internal_value(data)

    def _refuse_other_types(self, data: dict[str, Any]) -> None:
        """The framework reads 0 and "no" as false, and 8 as "8"; the description says otherwise."""
        messages = {}
        for name, value in data.items():
            if name in self.fields and (message := _other_type(self.fields[name], value)):
                messages[name] = [message]
        if messages:
            raise serializers.ValidationError(messages)

    def _refuse_unknown(self, data: dict[str, Any]) -> None:
        names = [name for name, field in self.fields.items() if not field.read_only]
        if self.parent is None:
            names.append(DRY_RUN)
        unknown = _("Unknown member. Available members: %(names)s.") % {"names": ", ".join(names)}
        messages = {}
        for name in data:
            field = self.fields.get(name)
            if name in self.elsewhere and (field is None or field.read_only):
                messages[name] = [self.elsewhere[name]]
            elif field is None:
                messages[name] = [unknown]
            elif field.read_only:
                messages[name] = [_("This field cannot be changed.")]
        if messages:
            raise serializers.ValidationError(messages)


class AddressSerializer(serializers.Serializer):
    address = serializers.CharField(help_text="Whole; parts in braces stand for a key.")
    method = serializers.CharField()
    summary = serializers.CharField()


class AddressesSerializer(serializers.Serializer):
    docs = serializers.URLField(help_text="The description as a page.")
    schema = serializers.URLField(help_text="The same as OpenAPI 3.")
    addresses = AddressSerializer(many=True)


class JobSerializer(serializers.ModelSerializer):
    """Work on many records. `done` and `failed` count records (rows, where files are compared) of `total` (null until it is known)."""

    status = serializers.ChoiceField(choices=Job.Status.choices, read_only=True)
    started_by = serializers.CharField(source="actor_name", read_only=True)
    stage = serializers.CharField(source="stage_words", read_only=True)
    detail = serializers.CharField(source="detail_words", read_only=True)

    class Meta:
        model = Job
        fields = [
            "id", "kind", "status", "stage", "detail", "total", "done", "failed", "result", "started_by", "approved_by",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Job) -> dict[str, Any]:
        return {
            **super().to_representation(instance),
            "result": selectors.job_result(self.context["request"].user, instance),
        }


REF_ID = re.compile(r"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}", re.ASCII)


@extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
class KeyAsRefId(serializers.Field):
    """The key of a record where it is a RefId, else null."""

    def __init__(self) -> None:
        super().__init__(source="key", read_only=True, allow_null=True)

    def to_representation(self, value: str) -> str | None:
        return value if REF_ID.fullmatch(value) else None


class JobRowSerializer(serializers.ModelSerializer):
    subject_type = serializers.CharField(source="entity", read_only=True, help_text="As `entity`.")
    ref_id = KeyAsRefId()
    message = serializers.CharField(source="words", read_only=True)

    class Meta:
        model = JobRow
        fields = ["id", "entity", "key", "subject_type", "subject_id", "ref_id", "code", "message", "failed"]
        read_only_fields = fields


class StartedSerializer(serializers.Serializer):
    """202: `id` is the entry that was created, `job` the job that does the work."""

    id = serializers.IntegerField()
    job = serializers.IntegerField(help_text="See /jobs/{id}/.")
