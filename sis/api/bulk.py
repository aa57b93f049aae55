"""Records that another system delivers, one a line: `PUT /api/v1/bulk/{resource}/`."""

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status, viewsets
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.models import Job
from operations.rules import latin1
from operations.rules.bodies import LOADS
from operations.serializers import StartedSerializer, Strict
from sis.models import Load
from sis.services.loading import loads, reading
from sis.services.loading.outcome import Outcome
from sis.services.loading.resources import RESOURCES

SOURCE = "source"
LONGEST_SOURCE = 40
NDJSON = "application/x-ndjson"
PIECE = 64 * 1024
EXAMPLE = """{"external_id": "st-1", "asn": "123456789", "legal_first_name": "Ada", "legal_last_name": "Varga", "birth_date": "2011-03-04"}
{"external_id": "st-2", "preferred_first_name": null}
"""


class LinesParser(BaseParser):
    """The body as it comes, to the disk: what is in it is read line by line."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        kept = TemporaryUploadedFile("lines", NDJSON, 0, "utf-8")
        while piece := stream.read(PIECE):
            kept.write(piece)
            assert kept.size is not None
            kept.size += len(piece)
        kept.seek(0)
        return {"lines": kept}


class LinesSerializer(Strict):
    lines = serializers.FileField()


class LineErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The member; empty: the line as a whole.")
    message = serializers.CharField(help_text="What is wrong, for people.")


class RefusedLineSerializer(serializers.Serializer):
    line = serializers.IntegerField(help_text="Counted from 1, blank lines too.")
    external_id = serializers.CharField(allow_blank=True)
    errors = LineErrorSerializer(many=True)  # type: ignore[assignment]


class DifferenceSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    external_id = serializers.CharField()
    field = serializers.CharField()
    delivered = serializers.JSONField(help_text="As in the last delivery.")
    here = serializers.JSONField(help_text="What stands here and stays.")


class LoadedSerializer(serializers.Serializer):
    """What became of the lines. `differences`, where there are any: values that the source delivers as before, and that were
    changed here or accepted from PASI since."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True)
    differences = DifferenceSerializer(many=True, required=False)


@rights.needs("run", "load")
@extend_schema(tags=["Loading"])
class BulkLoad(Resource, viewsets.GenericViewSet[Load]):
    queryset = Load.objects.none()
    serializer_class = LoadedSerializer
    permission_classes = [MayDo]
    needs = {"load": ("run", "load")}
    bodies = {"load": LinesSerializer}
    queries = {"load": (SOURCE,)}
    previews = frozenset({"load"})
    in_transaction = False
    parser_classes = [LinesParser]
    takes_files = LOADS
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Load]:
        return Load.objects.none()

    def _read_writing(self, request: Request) -> None:
        self._check_address(request)
        super()._read_writing(request)

    def _check_address(self, request: Request) -> None:
        """Before the body is read."""
        if self.kwargs["resource"] not in RESOURCES:
            raise Http404
        if not rights.covers(user_of(request), None):
            raise exceptions.PermissionDenied(_("A load needs access to all schools of the authority."))
        source = request.query_params.get(SOURCE, "")
        if len(source) > LONGEST_SOURCE or not latin1.enterable(source):
            sentence = _("Enter a text of at most %(most)s characters.") % {"most": LONGEST_SOURCE}
            raise exceptions.ValidationError({SOURCE: [sentence]})

    @extend_schema(
        summary="Add and change records from another system",
        description=(
            f"NDJSON: one record a line, with `external_id`, the members of the list of that name, and `…_external_id` for what it "
            f"points to. Up to {loads.AT_ONCE} lines are answered at once (200), more as a job (202), whose rows name the lines that were "
            "refused. A line that is refused keeps no other from being loaded. A member that is absent stays as it is, null clears. A "
            "value that the source has not changed since its last delivery never overwrites what was changed here or accepted from PASI: "
            "it is listed under `differences`. A load ends and deletes nothing. One load at a time a resource (409)."
        ),
        parameters=[
            OpenApiParameter("resource", str, OpenApiParameter.PATH, enum=list(RESOURCES)),
            OpenApiParameter(
                SOURCE,
                str,
                description="The system that delivers, where there are several; its external IDs are its own.",
            ),
        ],
        request={NDJSON: OpenApiTypes.STR},
        examples=[OpenApiExample("Students", EXAMPLE, media_type=NDJSON, request_only=True)],
        responses={
            200: OpenApiResponse(LoadedSerializer, "Done, or the preview of a dry run."),
            202: StartedSerializer,
            **problems(400, 401, 403, 404, 409, 422),
        },
    )
    def load(self, request: Request, resource: str) -> Response:
        kept = self.body.get("lines")
        rows = reading.rows(kept) if kept is not None else iter(())
        source = request.query_params.get(SOURCE, "")
        try:
            done = loads.receive(of_request(request), RESOURCES[resource], source, rows, dry_run=self.dry_run)
        except loads.AtWork:
            raise Conflict(
                _("Wait until the other load has ended, then send this one again."), kind="load_at_work"
            ) from None
        if isinstance(done, Job):
            return Response({"job": done.pk, "id": done.pk}, status.HTTP_202_ACCEPTED)
        return Response(_answer(done))


def _answer(done: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "created": done.created,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "refused": [{"line": one.line, "external_id": one.external_id, "errors": one.errors} for one in done.refused],
    }
    if done.kept:
        answer["differences"] = [
            {
                "line": one.line,
                "external_id": one.external_id,
                "field": one.difference.field,
                "delivered": one.difference.delivered,
                "here": one.difference.here,
            }
            for one in done.kept
        ]
    return answer
