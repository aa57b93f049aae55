"""The API's view of calls to PASI."""

from rest_framework import serializers

from pasi_connect.models import Exchange


class ExchangeSerializer(serializers.ModelSerializer):
    """One call to PASI. Bodies are not included."""

    submission = serializers.IntegerField(source="submission_id", allow_null=True, read_only=True)
    school = serializers.CharField(source="school_code", read_only=True)
    outcome = serializers.CharField(read_only=True, help_text="Empty while the call is on its way.")

    class Meta:
        model = Exchange
        fields = [
            "id", "message_id", "operation", "key", "submission", "school", "organization", "person_name", "person_local_id",
            "person_username", "person_full_name", "sent_at", "answered_at", "milliseconds", "outcome", "code", "detail", "request_bytes", "answer_bytes",
        ]  # fmt: skip
        read_only_fields = fields
