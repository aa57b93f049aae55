"""Where the SIS record and the local copy differ, and what a person decides."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.idempotency import IdempotentWrites
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, if_match
from operations.api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Decision, Discrepancy
from pasi_connect.serializers import DecisionSerializer, DiscrepancySerializer, RejectionDecisionSerializer
from pasi_connect.services import decisions

MAY_DECIDE = ("operations.core_alerts",)
ITEM = OpenApiExample("Only PASI moved", examples.DISCREPANCY, response_only=True, status_codes=["200"])
SETTLED = OpenApiExample("Settled", examples.SETTLED, response_only=True, status_codes=["200"])
DECIDED = {200: DiscrepancySerializer, **problems(400, 401, 403, 404, 409, 422, current=DiscrepancySerializer)}


@extend_schema(tags=["Discrepancies"])
@extend_schema_view(
    list=extend_schema(
        summary="Differences in your schools",
        responses={200: DiscrepancySerializer(many=True), **problems(400, 401)},
        examples=[ITEM],
    ),
    retrieve=extend_schema(
        summary="One difference",
        responses={200: DiscrepancySerializer, **problems(401, 404)},
        examples=[ITEM],
    ),
)
class DiscrepancyViewSet(
    IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Discrepancy]
):
    """The SIS record against what PASI last told us. Code lists are lists, dates ISO, as in the enrolment."""

    queryset = Discrepancy.objects.none()
    serializer_class = DiscrepancySerializer
    filterset_class = DiscrepancyFilter
    permission_classes = [MayDo]
    needs = {"accept": MAY_DECIDE, "reject": MAY_DECIDE, "undo": MAY_DECIDE}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Discrepancy]:
        return selectors.discrepancies(self.request.user).select_related(None)  # type: ignore[arg-type]

    @extend_schema(
        summary="Accept PASI's values",
        description=(
            "The SIS takes PASI's values, all or those named. 409 with the item as it is now, when it is settled or something "
            "has moved since `version`."
        ),
        request=DecisionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses=DECIDED,
        examples=[OpenApiExample("One field", examples.ONE_FIELD, request_only=True), SETTLED],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        return self._decide(request, DecisionSerializer, decisions.accept)

    @extend_schema(
        summary="Keep the SIS values and reset PASI",
        description="Ours are sent; until PASI has taken them the item stays open with the fields in state `reset`.",
        request=RejectionDecisionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses=DECIDED,
        examples=[OpenApiExample("One field", examples.KEEP_OURS, request_only=True), ITEM],
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        return self._decide(request, RejectionDecisionSerializer, decisions.reject)

    @extend_schema(
        summary="Take the last decision back",
        description="While nothing has moved on: nothing is sent, the item opens again. Else 409 says why not.",
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: DiscrepancySerializer, **problems(401, 403, 404, 409, 422, current=DiscrepancySerializer)},
        examples=[ITEM],
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        item = self.get_object()
        last = item.decisions.filter(undone_at=None).order_by("id").last()
        if last is None:
            raise self._conflict(item, _("There is no decision to take back."))
        try:
            decisions.undo(of_request(request), last.pk)  # type: ignore[arg-type]
        except ValidationError as error:
            raise self._conflict(item, " ".join(error.messages)) from None
        return self._answer(item)

    def _decide(
        self, request: Request, serializer: type[DecisionSerializer], decide: Callable[..., Decision]
    ) -> Response:
        item = self.get_object()
        given = serializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        version = if_match(request) or wanted.get("version")
        try:
            decide(of_request(request), item.pk, wanted.get("fields"), reason=wanted["reason"], version=version)  # type: ignore[arg-type]
        except decisions.Moved as moved:
            raise self._conflict(moved.item, str(moved)) from None
        return self._answer(item)

    @staticmethod
    def _answer(item: Discrepancy) -> Response:
        item.refresh_from_db()
        return Response(DiscrepancySerializer(item).data, headers={"ETag": f'"{item.version}"'})

    @staticmethod
    def _conflict(item: Discrepancy, message: str) -> Conflict:
        return Conflict(message, {"current": DiscrepancySerializer(item).data})
