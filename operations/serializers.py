from rest_framework import serializers

from operations.models import Job, JobRow


class JobSerializer(serializers.ModelSerializer):
    """Work on many records. `done` and `failed` count records of `total` (null until it is known)."""

    status = serializers.ChoiceField(choices=Job.Status.choices, read_only=True)
    started_by = serializers.CharField(source="actor_name", read_only=True)

    class Meta:
        model = Job
        fields = [
            "id", "kind", "status", "stage", "detail", "total", "done", "failed", "result", "started_by", "approved_by",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class JobRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = JobRow
        fields = ["id", "subject_type", "subject_id", "ref_id", "code", "message", "failed"]
        read_only_fields = fields


class StartedSerializer(serializers.Serializer):
    """202: `id` is the thing that was made, `job` the work that does it."""

    id = serializers.IntegerField()
    job = serializers.IntegerField(help_text="See /jobs/{id}/.")
