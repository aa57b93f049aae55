"""The API's view of actions: their entries, what a bulk would do, what can be undone."""

from typing import Any

from rest_framework import serializers

from operations.serializers import KeyAsRefId, Strict
from pasi_connect.entities import written
from pasi_connect.models import Action, ActionRecord
from pasi_connect.models.discrepancy import Kind
from pasi_connect.selectors import Sight
from pasi_connect.services.decisions.bulk import Selection, why_approval
from pasi_connect.services.decisions.taking_back import Preview
from sis.serializers import SchoolYearText
from sis.services.events import SCHOOL_ENROLMENT


class BulkDecisionSerializer(Strict):
    """Items by filter, and one decision for all of them."""

    filter = serializers.DictField(
        help_text="As on the list of discrepancies: names and values. `ref_id` may be a list."
    )
    decision = serializers.ChoiceField(choices=("accept", "reject"))
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, default="", help_text="Needed with `reject`."
    )
    field = serializers.ChoiceField(
        choices=tuple(dict.fromkeys(name for entity in written() for name in entity.compared)),
        required=False,
        help_text="Decide this field alone; the other fields of each item stay open. With `filter`: `field`, "
        "`first_comparison`.",
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=Kind.choices),
        required=False,
        allow_empty=False,
        help_text=(
            "The kinds to decide, and no others. Absent: those that need no separate review (conflicts do) and whose "
            "decision deletes nothing, here or in PASI."
        ),
    )


class KindCountSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Kind.choices)
    decided = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Stay open: their kind was not named.")


class SchoolCountSerializer(serializers.Serializer):
    school = serializers.CharField()
    school_year = SchoolYearText(allow_null=True)
    count = serializers.IntegerField()
    live = serializers.IntegerField(help_text="Active enrolments of the school in that year.")
    needs_approval = serializers.BooleanField()


class BulkPreviewSerializer(serializers.Serializer):
    """What the bulk would do. `conflicts`: items left out because both sides changed or never agreed."""

    total = serializers.IntegerField(help_text="Items that would be decided.")
    changed_here = serializers.IntegerField(help_text="SIS records that would change.")
    submissions = serializers.IntegerField(help_text="Submissions that would be sent to PASI.")
    left_out = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    already_decided = serializers.IntegerField(help_text="Their reset is on its way to PASI.")
    by_kind = KindCountSerializer(many=True)
    by_school = SchoolCountSerializer(many=True)
    needs_approval = serializers.CharField(help_text="The guard's message; empty: it starts immediately.")


def bulk_preview(selection: Selection) -> dict[str, Any]:
    kinds = [kind for kind in Kind.values if selection.kinds[kind] or selection.left_out_kinds[kind]]
    body = {
        "total": len(selection.ids),
        "changed_here": selection.here,
        "submissions": selection.sent,
        "left_out": len(selection.left_out),
        "conflicts": selection.left_out_kinds[Kind.CHANGED_ON_BOTH] + selection.left_out_kinds[Kind.NEVER_AGREED],
        "already_decided": selection.on_the_way,
        "by_kind": [
            {"kind": kind, "decided": selection.kinds[kind], "left_out": selection.left_out_kinds[kind]}
            for kind in kinds
        ],
        "by_school": [
            {
                "school": place.school,
                "school_year": place.school_year,
                "count": place.count,
                "live": place.live,
                "needs_approval": place.guarded,
            }
            for place in selection.places
        ],
        "needs_approval": why_approval(selection.guarded),
    }
    return dict(BulkPreviewSerializer(body).data)


class ActionRecordSerializer(serializers.ModelSerializer):
    """What an action did to one record. `before` is null for a record that it created."""

    subject_type = serializers.CharField(source="entity", read_only=True, help_text="As `entity`.")
    ref_id = KeyAsRefId()
    enrolment = serializers.SerializerMethodField(help_text="Its id where it is a school enrolment, else null.")
    school = serializers.CharField(source="school_code", read_only=True)

    class Meta:
        model = ActionRecord
        fields = [
            "entity",
            "key",
            "ref_id",
            "subject_type",
            "subject_id",
            "enrolment",
            "school",
            "before",
            "after",
            "undone_at",
        ]
        read_only_fields = fields

    def get_enrolment(self, record: ActionRecord) -> int | None:
        return (record.subject_id or None) if record.entity == SCHOOL_ENROLMENT else None


# Of an action that was done at another school: why, what was entered, why it stopped.
WORDS = {"reason": "", "note": "", "detail": "", "undo_reason": "", "given": {}}


class ActionSerializer(serializers.ModelSerializer):
    """Something a person did, on one record or many: found by each of its records, undone as a whole.

    `reason`, `note`, `given`, `detail` and `undo_reason` are empty where it was done at a school that is not yours.
    """

    kind = serializers.ChoiceField(choices=Action.Kind.choices, read_only=True)
    status = serializers.ChoiceField(choices=Action.Status.choices, read_only=True, source="shown_status")
    by = serializers.CharField(source="actor_name", read_only=True)
    school = serializers.CharField(source="school_code", read_only=True, help_text="Empty: at several schools.")
    given = serializers.JSONField(source="inputs", read_only=True, help_text="What was entered.")
    job = serializers.IntegerField(source="job_id", allow_null=True, read_only=True)
    records = ActionRecordSerializer(
        many=True, read_only=True, source="shown", help_text="Of your schools; only the first ones if there are many."
    )
    record_count = serializers.IntegerField(read_only=True, help_text="Records at your schools.")

    class Meta:
        model = Action
        fields = [
            "id", "kind", "status", "at", "by", "school", "reason", "note", "given", "due_on", "detail", "job", "record_count",
            "records", "undone_at", "undone_by", "undo_reason",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, action: Action) -> dict[str, Any]:
        """`sight` in the context is the reader's; without one nothing of another school's words is shown."""
        body: dict[str, Any] = super().to_representation(action)
        sight: Sight | None = self.context.get("sight")
        return body if sight and sight.words(action) else body | WORDS


class UndoSerializer(Strict):
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=2000,
        default="",
        help_text="Needed for a bulk, a guided action and a year end.",
    )
    take_former = serializers.BooleanField(
        required=False,
        default=False,
        help_text=(
            "For decisions that kept the SIS: where the reset has reached PASI, PASI's former values are entered in "
            "the SIS and sent to PASI. Nothing else is undone."
        ),
    )


class NotUndoneSerializer(serializers.Serializer):
    entity = serializers.CharField()
    key = serializers.CharField()
    ref_id = KeyAsRefId()
    subject_type = serializers.CharField(source="entity", help_text="As `entity`.")
    subject_id = serializers.IntegerField()
    school = serializers.CharField()
    message = serializers.CharField(help_text="Why not, for people.")


class UndoPreviewSerializer(serializers.Serializer):
    """What would be undone now. `why_not`: why nothing can be undone; empty if something can."""

    can = serializers.IntegerField()
    cannot = serializers.IntegerField()
    why_not = serializers.CharField()
    former = serializers.IntegerField(help_text="Of those that cannot: where PASI's former values can be taken.")
    records = NotUndoneSerializer(many=True, help_text="Those that cannot, the first 1,000.")


def undo_preview(preview: Preview, sight: Sight) -> dict[str, Any]:
    """Records at schools that are not the reader's are counted and not named."""
    body = {
        "can": preview.can,
        "cannot": len(preview.cannot),
        "why_not": preview.why_not,
        "former": preview.former,
        "records": [
            {
                "key": record.key,
                "entity": record.entity,
                "subject_id": record.subject_id,
                "school": record.school_code,
                "message": message,
            }
            for record, message in [row for row in preview.cannot if sight.school(row[0].school_code)][:1000]
        ],
    }
    return dict(UndoPreviewSerializer(body).data)
