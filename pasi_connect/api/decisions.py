"""What people did: one entry per action, listed under each of its records and undone as a whole."""

from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.serializers import StartedSerializer
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.filters import ActionFilter
from pasi_connect.models import Action, ActionRecord
from pasi_connect.serializers.decisions import (
    ActionRecordSerializer,
    ActionSerializer,
    UndoPreviewSerializer,
    UndoSerializer,
    undo_preview,
)
from pasi_connect.services.decisions import taking_back

IN_LIST, IN_DETAIL = 20, 1000  # records shown for each action
ENTRY = OpenApiExample("An accepted change", examples.ACTION, response_only=True, status_codes=["200"])
UNDONE = PolymorphicProxySerializer(
    component_name="UndoAnswer", serializers=[ActionSerializer, UndoPreviewSerializer], resource_type_field_name=None
)


@rights.needs("view", "action")
@extend_schema(tags=["Decisions"])
@extend_schema_view(
    list=extend_schema(
        summary="What was done to records of your schools",
        description=(
            "Decisions, bulk decisions, guided actions and year ends, one entry each, oldest first. With `ref_id` "
            "each entry shows what it did to that record; `records/` of an entry lists all."
        ),
        responses={200: ActionSerializer(many=True), **problems(400, 401, 403)},
        examples=[ENTRY],
    ),
    retrieve=extend_schema(
        summary="One action", responses={200: ActionSerializer, **problems(401, 403, 404)}, examples=[ENTRY]
    ),
)
class ActionViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Action]):
    queryset = Action.objects.none()
    serializer_class = ActionSerializer
    filterset_class = ActionFilter
    permission_classes = [MayDo]
    needs = {"undo": ("undo", "action")}
    bodies = {"undo": UndoSerializer}
    previews = frozenset({"undo"})
    queries = {"records": KeysetPagination.parameters}
    lookup_value_regex = r"\d{1,18}"

    @cached_property
    def _sight(self) -> selectors.Sight:
        return selectors.Sight(user_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "sight": self._sight}

    def _data_of(self, one: Action) -> Any:
        return self.get_serializer(one).data

    def get_queryset(self) -> QuerySet[Action]:
        actions, records = self._sight.actions(), self._sight.records()
        number = records.filter(action=OuterRef("pk")).order_by().values("action").annotate(n=Count("pk")).values("n")
        in_order = records.order_by("order", "id")
        if self.action == "list":
            in_order = self._asked_for(in_order)
        most = IN_LIST if self.action == "list" else IN_DETAIL
        return actions.annotate(record_count=Coalesce(Subquery(number), 0)).prefetch_related(
            Prefetch("records", in_order[:most], to_attr="shown")
        )

    def _asked_for(self, records: QuerySet[ActionRecord]) -> QuerySet[ActionRecord]:
        """Where an entry has many records, only those that match the filters."""
        names = {"ref_id": "key", "key": "key", "entity": "entity"}
        wanted = {name: value for name in names if (value := self.request.query_params.get(name))}
        filterset = ActionFilter(wanted, Action.objects.none())
        if not filterset.is_valid():
            return records.none()
        return records.filter(**{names[name]: str(filterset.form.cleaned_data[name]) for name in wanted})

    @extend_schema(
        summary="Every record of an action",
        responses={200: ActionRecordSerializer(many=True), **problems(400, 401, 403, 404)},
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def records(self, request: Request, pk: str) -> Response:
        rows: Any = self._sight.records().filter(action=self.get_object())
        return self.get_paginated_response(ActionRecordSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        summary="Undo an action",
        description=(
            "Possible until a record changes again. A decision or a guided action: immediately and as a whole, 200 "
            "with the entry, or 409 with the reason. A bulk decision or a year end: 202 with the job that undoes "
            "everything that can still be undone, with a row for each of the others. Undoing an accept sends "
            "nothing. `take_former` is for resets that have reached PASI. With `dry_run`: 200 with what would be "
            "undone and what would not."
        ),
        request=UndoSerializer,
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
        body, who = self.read_body(), of_request(request)
        reason, former = body["reason"], body["take_former"]
        try:
            taking_back.allow(user_of(request), one)
            undoer = taking_back.of(one)
            if self.dry_run:
                return Response(undo_preview(taking_back.preview(one), self._sight))
            if not undoer.whole:
                job = taking_back.start(who, one.pk, reason, former=former)
                return Response(StartedSerializer({"id": one.pk, "job": job.pk}).data, status=202)
            if former:
                taking_back.take_former(who, one.pk, reason)
            else:
                taking_back.undo(who, one.pk, reason)
        except taking_back.NotPossible as refused:
            raise Conflict(str(refused), {"current": self._data_of(one)}, kind="not_undone") from None
        return Response(self._data_of(self.get_object()))
