"""Where the SIS record and the local copy differ, and what a person decides."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.idempotency import IdempotentWrites
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, if_match
from operations.api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from operations.serializers import StartedSerializer
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.decision_serializers import BulkDecisionSerializer, BulkPreviewSerializer, bulk_preview
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Decision, Discrepancy
from pasi_connect.serializers import DecisionSerializer, DiscrepancySerializer, RejectionDecisionSerializer
from pasi_connect.services import decisions
from pasi_connect.services.actions import bulk

MAY_DECIDE = ("operations.core_alerts",)
MOST_NAMED = 10_000  # keys in one list
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
    needs = {"accept": MAY_DECIDE, "reject": MAY_DECIDE, "undo": MAY_DECIDE, "decide": MAY_DECIDE}
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

    @extend_schema(
        summary="Decide in bulk",
        description=(
            "One decision for every open item of your schools that the filter finds. Always a job: 202 with the action (`id`) and "
            "its `job`, also where nothing is found (`total` 0). What is decided is the list as it is now; an item that moves "
            "before its turn is left and told in the rows of the job. Over the guard (more than 20 % and more than 50 of a "
            "school's live enrolments of a year) the job waits for a person who may approve. With `dry_run` 200 with the counts."
        ),
        request=BulkDecisionSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: BulkPreviewSerializer, 202: StartedSerializer, **problems(400, 401, 403, 422)},
        examples=[
            OpenApiExample("Accept by filter", examples.BULK, request_only=True),
            OpenApiExample("Preview, a kind that deletes named", examples.BULK_BY_KEYS, request_only=True),
        ],
        filters=False,
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def decide(self, request: Request) -> Response:
        given = BulkDecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        kinds = frozenset(wanted["kinds"]) if "kinds" in wanted else None
        choice = bulk.Choice(wanted["decision"], wanted["reason"], kinds)
        bulk.check(choice)
        items = self._filtered(wanted["filter"])
        if wanted["dry_run"]:
            return Response(bulk_preview(bulk.select(items, choice)))
        made, job, _found = bulk.start(of_request(request), items, choice, wanted["filter"])  # type: ignore[arg-type]
        return Response(StartedSerializer({"id": made.pk, "job": job.pk}).data, status=202)

    def _filtered(self, given: dict[str, Any]) -> QuerySet[Discrepancy]:
        """The items of a filter that comes in a body, refused as the list refuses it."""
        wrong: dict[str, list[str]] = {}
        data = {}
        for name, value in given.items():
            if name not in DiscrepancyFilter.base_filters:
                possible = ", ".join(sorted(DiscrepancyFilter.base_filters))
                wrong[name] = [_("This filter is not known. Possible: %(names)s.") % {"names": possible}]
            elif name == "ref_id" and isinstance(value, list):
                if not value or len(value) > MOST_NAMED:
                    wrong[name] = [_("Name 1 to %(most)s of them.") % {"most": MOST_NAMED}]
                data[name] = ",".join(str(each) for each in value)
            elif isinstance(value, bool) or not isinstance(value, str | int):
                wrong[name] = [_("One value is needed.")]
            else:
                data[name] = str(value)
        filterset = DiscrepancyFilter(data, self.get_queryset())
        if not wrong and not filterset.is_valid():
            wrong = {name: [str(text) for text in texts] for name, texts in filterset.errors.items()}
        if wrong:
            raise exceptions.ValidationError({"filter": wrong})
        return filterset.qs

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
