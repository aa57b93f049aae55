"""The API's view of differences, and what it takes to decide on one."""

from typing import Any

from django.db.models import Manager
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.models import User
from operations.serializers import KeyAsRefId, Strict
from pasi_connect.entities import by_kind, written
from pasi_connect.entities.definition import Entity
from pasi_connect.models import Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules.pasi import Expected
from pasi_connect.serializers.records import EnrolmentId
from pasi_connect.services.decisions import accepting, expected
from sis.rules.enrolment import codes
from sis.serializers import SchoolYearText


class FieldPictureSerializer(serializers.Serializer):
    name = serializers.ChoiceField(
        choices=tuple(dict.fromkeys(name for entity in written() for name in entity.difference_names)),
        help_text="`asn`, `school` and `school_year` where the identity changed in PASI.",
    )
    agreed = serializers.JSONField(allow_null=True, help_text="The value when both sides last matched.")
    sis = serializers.JSONField(allow_null=True, help_text="The value here.")
    pasi = serializers.JSONField(allow_null=True, help_text="The value in PASI.")
    state = serializers.CharField(
        help_text="The kind of the field, or `reset` while PASI is being reset to the SIS value."
    )


def picture(entity: Entity, row: dict[str, Any]) -> dict[str, Any]:
    """A field of an item with its values in the form in which the record's resource has them."""
    name = row["name"]
    sides = {side: row.get(side) for side in ("agreed", "sis", "pasi")}
    field = entity.by_name.get(name)  # a part of the identity is none
    if field is not None and field.many:
        sides = {side: None if value is None else codes(value) for side, value in sides.items()}
    return {"name": name, **sides, "state": row.get("state", "")}


class StayNamedSerializer(serializers.Serializer):
    enrolment = serializers.IntegerField(
        allow_null=True, help_text="null: only PASI has it, or it is at another school."
    )
    school = serializers.CharField()
    start_date = serializers.DateField()
    exit_date = serializers.DateField()


class ExpectedSerializer(serializers.Serializer):
    """What PASI, or a rule of this product, would say about the record."""

    number = serializers.CharField(help_text="PASI's rule; empty for one of our own.")
    code = serializers.CharField(help_text="The number, or the name of one of our own rules.")
    level = serializers.CharField(help_text="rejection, warning, advice or check (ours).")
    message = serializers.CharField()
    next_step = serializers.CharField()
    stays = StayNamedSerializer(many=True, help_text="The other stays that it is about.")


class ExpectedAtFieldSerializer(ExpectedSerializer):
    field = serializers.CharField(help_text="The field that it is about; empty where it is the whole record.")


def _person(serializer: Any) -> User | None:
    """Who asks; nobody where an answer is made outside of a request."""
    request = serializer.context.get("request")
    return request.user if request is not None else None


class _Discrepancies(serializers.ListSerializer):
    """Gathers what accepting brings along once for the page."""

    def to_representation(self, data: Any) -> list[Any]:
        items = list(data.all() if isinstance(data, Manager) else data)
        self.child.warnings_by_id = accepting.warnings(items, _person(self))  # type: ignore[union-attr]
        return super().to_representation(items)


class DiscrepancySerializer(serializers.ModelSerializer):
    ref_id = KeyAsRefId()
    subject_id = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="The `id` of the SIS record, of the kind `entity`; null: only PASI has it.",
    )
    enrolment = EnrolmentId()
    school = serializers.CharField(source="school_code", read_only=True)
    school_year = SchoolYearText(read_only=True, allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    status = serializers.ChoiceField(choices=Discrepancy.Status.choices, read_only=True)
    fields = serializers.SerializerMethodField("pictures")  # type: ignore[assignment]
    undecided = serializers.IntegerField(read_only=True, help_text="Fields that are waiting for a decision.")
    first_comparison = serializers.BooleanField(
        read_only=True, help_text="None of the waiting fields was ever compared before; the item is in no `group`."
    )
    settled_by = serializers.CharField(
        read_only=True,
        help_text="`itself`, `accept`, `reject`, `mixed` (some fields each), `link_anew`, `former` (reset, and "
        "PASI's former values entered here afterwards) or `restored` (deleted in PASI, and undone); empty "
        "while it is open.",
    )
    warnings_by_id: dict[int, list[Expected]] | None = None  # of the whole page, where it is a list
    warnings = serializers.SerializerMethodField(help_text="What to know before accepting: a twin, a second main stay.")

    class Meta:
        model = Discrepancy
        fields = [
            "id", "entity", "key", "ref_id", "subject_id", "kind", "status", "version", "fields", "undecided", "first_comparison",
            "changed_by", "changed_at", "enrolment", "asn", "school", "school_year", "core_version", "opened_at", "settled_at",
            "settled_by", "warnings",
        ]  # fmt: skip
        read_only_fields = fields
        list_serializer_class = _Discrepancies

    @extend_schema_field(ExpectedSerializer(many=True))
    def get_warnings(self, item: Discrepancy) -> list[dict[str, Any]]:
        by_id = accepting.warnings([item], _person(self)) if self.warnings_by_id is None else self.warnings_by_id
        return [expected.answer(one) for one in by_id.get(item.pk, [])]

    @extend_schema_field(FieldPictureSerializer(many=True))
    def pictures(self, item: Discrepancy) -> list[dict[str, Any]]:
        return [picture(by_kind(item.entity), row) for row in item.fields]


class DecisionSerializer(Strict):
    """What to decide. `fields` absent: all that are open. `version` (or If-Match): what you saw."""

    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), required=False, allow_empty=False, help_text="Names of fields; absent: all."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40)


class RejectionDecisionSerializer(DecisionSerializer):
    reason = serializers.CharField(max_length=2000, help_text="Why PASI is to be reset; saved with the decision.")


class LinkAnewSerializer(Strict):
    """`version` (or If-Match): what you saw."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, max_length=40)
