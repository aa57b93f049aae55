"""What people did: one entry an action, found by each of its records, taken back as a whole."""

from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.idempotency import IdempotentWrites
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.schema import IDEMPOTENCY_KEY, problems
from operations.serializers import StartedSerializer
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.decision_serializers import (
    ActionRecordSerializer,
    ActionSerializer,
    UndoPreviewSerializer,
    UndoSerializer,
    undo_preview,
)
from pasi_connect.filters import ActionFilter
from pasi_connect.models import Action
from pasi_connect.services.actions import undoing

IN_LIST, IN_DETAIL = 20, 1000  # records shown of each action
UNDOERS = ("operations.core_alerts", "operations.edit_records", "operations.year_end")
ENTRY = OpenApiExample("An accepted change", examples.ACTION, response_only=True, status_codes=["200"])
UNDONE = PolymorphicProxySerializer(
    component_name="UndoAnswer", serializers=[ActionSerializer, UndoPreviewSerializer], resource_type_field_name=None
)


@extend_schema(tags=["Decisions"])
@extend_schema_view(
    list=extend_schema(
        summary="What was done to records of your schools",
        description=(
            "Decisions, bulks, guided actions and year ends, one entry each, the oldest first. With `ref_id` each entry shows "
            "what it did to that record; `records/` of an entry lists all."
        ),
        responses={200: ActionSerializer(many=True), **problems(400, 401)},
        examples=[ENTRY],
    ),
    retrieve=extend_schema(
        summary="One action", responses={200: ActionSerializer, **problems(401, 404)}, examples=[ENTRY]
    ),
)
class ActionViewSet(IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Action]):
    queryset = Action.objects.none()
    serializer_class = ActionSerializer
    filterset_class = ActionFilter
    permission_classes = [MayDo]
    needs = {"undo": UNDOERS}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Action]:
        found = selectors.actions(self.request.user)  # type: ignore[arg-type]
        records = selectors.action_records(self.request.user)  # type: ignore[arg-type]
        number = records.filter(action=OuterRef("pk")).order_by().values("action").annotate(n=Count("pk")).values("n")
        shown = records.order_by("order", "id")
        if self.action == "list" and (ref_id := self.request.query_params.get("ref_id")):
            filterset = ActionFilter({"ref_id": ref_id}, Action.objects.none())
            shown = shown.filter(ref_id=ref_id) if filterset.is_valid() else shown.none()
        most = IN_LIST if self.action == "list" else IN_DETAIL
        return found.annotate(record_count=Coalesce(Subquery(number), 0)).prefetch_related(
            Prefetch("records", shown[:most], to_attr="shown")
        )

    @extend_schema(
        summary="Every record of an action",
        responses={200: ActionRecordSerializer(many=True), **problems(400, 401, 404)},
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def records(self, request: Request, pk: str) -> Response:
        rows: Any = selectors.action_records(request.user).filter(action=self.get_object())  # type: ignore[arg-type]
        return self.get_paginated_response(ActionRecordSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        summary="Take an action back",
        description=(
            "While nothing has moved on. A decision or a guided action: at once and as a whole, 200 with the entry, or 409 with "
            "the reason. A bulk or a year end: 202 with the job that takes back what still can be and leaves a row for each of "
            "the others. Nothing is sent by taking back an accept. With `dry_run` 200 with what would go back and what would not."
        ),
        request=UndoSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={
            200: UNDONE,
            202: StartedSerializer,
            **problems(400, 401, 403, 404, 409, 422, current=ActionSerializer),
        },
        examples=[ENTRY],
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        one = self.get_object()
        given = UndoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason, who = given.validated_data["reason"], of_request(request)  # type: ignore[arg-type]
        try:
            undoer = undoing.of(one)
            self._check(request, one, undoer)
            if given.validated_data["dry_run"]:
                return Response(undo_preview(undoing.preview(one)))
            if not undoer.whole:
                job = undoing.start(who, one.pk, reason)
                return Response(StartedSerializer({"id": one.pk, "job": job.pk}).data, status=202)
            undoing.undo(who, one.pk, reason)
        except undoing.NotPossible as refused:
            raise Conflict(str(refused), {"current": ActionSerializer(one).data}) from None
        return Response(ActionSerializer(self.get_object()).data)

    def _check(self, request: Request, one: Action, undoer: undoing.Undoer) -> None:
        if not request.user.has_perm(undoer.permission):
            self.permission_denied(request, _("Your role may not take this back."))
        if not undoer.across and not selectors.sees_whole(request.user, one):  # type: ignore[arg-type]
            raise exceptions.PermissionDenied(
                _("It has changed records of schools that are not yours. A district officer can take it back.")
            )
