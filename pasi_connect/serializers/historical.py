"""The API's view of a record of a school year that is not synchronized, read live, and how it is confirmed."""

from typing import Any

from rest_framework import serializers

from operations.serializers import Strict
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.services.decisions.historical import Comparison, Pair
from sis.rules.enrolment import codes


class HistoricalFieldSerializer(serializers.Serializer):
    """A field with its values in the form in which the enrolment resource has them."""

    name = serializers.CharField(help_text="As in the enrolment resource.")
    sis = serializers.JSONField(allow_null=True, source="ours", help_text="The value here.")
    pasi = serializers.JSONField(
        allow_null=True, source="theirs", help_text="The value in PASI; null, too, where PASI shows no such record."
    )
    differs = serializers.BooleanField(help_text="Ours would replace it. Between two deleted records nothing differs.")

    def to_representation(self, instance: Pair) -> dict[str, Any]:
        pair = super().to_representation(instance)
        if ENTITY.by_name[instance.name].many:
            for side in ("sis", "pasi"):
                pair[side] = None if pair[side] is None else codes(pair[side])
        return pair


class HistoricalSerializer(serializers.Serializer):
    """Both sides of the record as PASI has just answered."""

    enrolment = serializers.IntegerField(source="record_id")
    version = serializers.IntegerField(
        source="picture.version", help_text="PASI's version of its record, to be confirmed; 0: it shows no such record."
    )
    in_pasi = serializers.BooleanField(help_text="PASI has the record and shows it.")
    hidden = serializers.BooleanField(
        source="picture.hidden",
        help_text="PASI has the record and does not show it to us. It may belong to another school by now.",
    )
    fields = HistoricalFieldSerializer(many=True, source="pairs")  # type: ignore[assignment]
    confirmable = serializers.SerializerMethodField(help_text="Ours can go to PASI, by POST with this `version`.")
    why_not = serializers.CharField(help_text="Why it cannot, for people; empty where it can.")
    submission = serializers.IntegerField(
        source="queued_id", allow_null=True, help_text="The submission of the record that waits or is held; null: none."
    )

    def get_confirmable(self, comparison: Comparison) -> bool:
        return not comparison.why_not


class ConfirmSerializer(Strict):
    """`version`: the one that you saw."""

    version = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, help_text="PASI's version that you saw; 0: PASI showed no such record."
    )
