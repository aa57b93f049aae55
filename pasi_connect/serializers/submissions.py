"""The API's view of submissions."""

from rest_framework import serializers

from operations.serializers import KeyAsRefId, Strict
from pasi_connect.entities import written
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import Status
from pasi_connect.serializers.records import EnrolmentId
from pasi_connect.services import words


class RejectionSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="PASI's rule or fault number.")
    message = serializers.CharField(help_text="PASI's own words.")


class SubmissionSerializer(serializers.ModelSerializer):
    """One record on its way to PASI. `asns` in the context maps a submission's id to the ASN of its student."""

    ref_id = KeyAsRefId()
    subject_id = serializers.IntegerField(read_only=True, help_text="The `id` of the SIS record, of the kind `entity`.")
    enrolment = EnrolmentId()
    asn = serializers.SerializerMethodField()
    school = serializers.CharField(source="school_code", read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    message = serializers.SerializerMethodField(help_text="The state in words, in the person's language.")
    next_step = serializers.SerializerMethodField(help_text="What a person can do now.")
    rejections = RejectionSerializer(many=True, read_only=True)
    fields = serializers.ListField(child=serializers.CharField(), read_only=True)  # type: ignore[assignment]
    actor = serializers.CharField(source="actor_name", read_only=True, help_text="The name that PASI receives.")

    class Meta:
        model = Submission
        fields = [
            "id", "entity", "key", "part", "item", "ref_id", "subject_id", "enrolment", "asn", "school", "status", "reason",
            "message", "next_step", "detail", "rejections", "fields", "attempts", "seen_version", "core_version", "actor",
            "created_at", "changed_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_asn(self, submission: Submission) -> str | None:
        asns = self.context.get("asns")
        if asns is None:
            asns = asns_of([submission])
        return asns.get(submission.pk)

    _link: LinkState | None = None

    def _why(self, submission: Submission) -> words.Why:
        self._link = self._link or LinkState.load()  # once for a whole page of rows
        return words.why(submission, self._link)

    def get_message(self, submission: Submission) -> str:
        return self._why(submission).text or str(submission.get_status_display())

    def get_next_step(self, submission: Submission) -> str:
        return self._why(submission).next_step


def asns_of(submissions: list[Submission]) -> dict[int, str | None]:
    """The ASN of each submission's student, where its record has one, by the submission's id. One query a kind."""
    by_id: dict[int, str | None] = {}
    for entity in written():
        mine = [row for row in submissions if row.entity == entity.kind and entity.has_student]
        if mine:
            asns = entity.asns_of([row.subject_id for row in mine])
            by_id |= {row.pk: asns.get(row.subject_id) for row in mine}
    return by_id


class SendAgainSerializer(Strict):
    seen_version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="PASI's version that you saw; absent: the current one.",
    )


class CancelSerializer(Strict):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
