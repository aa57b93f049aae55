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

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import MOVED, Conflict, if_match
from operations.api.resource import Resource
from operations.api.schema import IF_MATCH, problems
from operations.serializers import StartedSerializer
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Decision, Discrepancy
from pasi_connect.serializers.decisions import BulkDecisionSerializer, BulkPreviewSerializer, bulk_preview
from pasi_connect.serializers.discrepancies import (
    DecisionSerializer,
    DiscrepancySerializer,
    LinkAnewSerializer,
    RejectionDecisionSerializer,
)
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk, taking_back

MAY_DECIDE = ("decide", "change")
MOST_NAMED = 10_000  # keys in one list
ITEM = OpenApiExample("Only PASI changed", examples.DISCREPANCY, response_only=True, status_codes=["200"])
SETTLED = OpenApiExample("Settled", examples.SETTLED, response_only=True, status_codes=["200"])
DECIDED = {200: DiscrepancySerializer, **problems(400, 401, 403, 404, 409, 422, current=DiscrepancySerializer)}


@rights.needs("view", "change")
@extend_schema(tags=["Discrepancies"])
@extend_schema_view(
    list=extend_schema(
        summary="Differences in your schools",
        responses={200: DiscrepancySerializer(many=True), **problems(400, 401, 403)},
        examples=[ITEM],
    ),
    retrieve=extend_schema(
        summary="One difference",
        responses={200: DiscrepancySerializer, **problems(401, 403, 404)},
        examples=[ITEM],
    ),
)
class DiscrepancyViewSet(
    Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Discrepancy]
):
    """The SIS record compared with what PASI last sent us. Code lists are lists, dates ISO, as in the enrolment."""

    queryset = Discrepancy.objects.none()
    serializer_class = DiscrepancySerializer
    filterset_class = DiscrepancyFilter
    permission_classes = [MayDo]
    needs = dict.fromkeys(("accept", "reject", "link_anew", "undo", "take_former", "decide"), MAY_DECIDE)
    bodies = {
        "accept": DecisionSerializer,
        "reject": RejectionDecisionSerializer,
        "link_anew": LinkAnewSerializer,
        "decide": BulkDecisionSerializer,
    }
    previews = frozenset({"decide"})
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Discrepancy]:
        return selectors.discrepancies(user_of(self.request)).select_related(None)

    @extend_schema(
        summary="Accept PASI's values",
        description=(
            "The SIS takes PASI's values, all or those named. 409 with the item as it is now, when it is settled or something "
            "has changed since `version`."
        ),
        request=DecisionSerializer,
        parameters=[IF_MATCH],
        responses=DECIDED,
        examples=[OpenApiExample("One field", examples.ONE_FIELD, request_only=True), SETTLED],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        return self._decide(request, decisions.accept)

    @extend_schema(
        summary="Keep the SIS values and reset PASI",
        description="The SIS values are sent. Until PASI has them, the item stays open with the fields in state "
        "`reset`.",
        request=RejectionDecisionSerializer,
        parameters=[IF_MATCH],
        responses=DECIDED,
        examples=[OpenApiExample("One field", examples.KEEP_OURS, request_only=True), ITEM],
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        return self._decide(request, decisions.reject)

    @extend_schema(
        summary="Relink the SIS record",
        description=(
            "Where the identity changed in PASI: the SIS record is unlinked from PASI's record. It is linked to "
            "PASI's other record of the same student, school and year if there is exactly one; otherwise it becomes "
            "`missing_in_pasi`. Nothing is sent."
        ),
        request=LinkAnewSerializer,
        parameters=[IF_MATCH],
        responses=DECIDED,
        examples=[SETTLED],
    )
    @action(detail=True, methods=["post"], url_path="link-anew")
    def link_anew(self, request: Request, pk: str) -> Response:
        item = self.get_object()
        wanted = self.read_body()
        version = if_match(request) or wanted.get("version")
        try:
            decisions.link_anew(of_request(request), item.pk, reason=wanted["reason"], version=version)
        except decisions.Moved as moved:
            raise self._conflict(moved.item, str(moved)) from None
        return self._answer(item)

    @extend_schema(
        summary="Take PASI's former values",
        description=(
            "After a reset has reached PASI: PASI's former values are entered in the SIS and sent to PASI, 1 "
            "submission. 409 if neither side has the reset values any longer."
        ),
        request=None,
        responses={200: DiscrepancySerializer, **problems(400, 401, 403, 404, 409, 422, current=DiscrepancySerializer)},
        examples=[SETTLED],
    )
    @action(detail=True, methods=["post"], url_path="take-former")
    def take_former(self, request: Request, pk: str) -> Response:
        item = self.get_object()
        last = item.decisions.filter(undone_at=None).exclude(rejected=[]).order_by("id").last()
        if last is None or not decisions.former(last):
            raise self._conflict(
                item, _("PASI’s former value cannot be taken: no reset of this change has reached PASI."), "no_former"
            )
        taking_back.allow_decision(user_of(request), last)
        decisions.take_former(of_request(request), last.pk)
        return self._answer(item)

    @extend_schema(
        summary="Undo the last decision",
        description=(
            "The newest decision that can still be undone, until a record changes again. Nothing is sent, and the "
            "item opens again. A record of PASI's that was deleted there by keeping the SIS is restored in PASI. "
            "Otherwise 409 says why not."
        ),
        request=None,
        responses={200: DiscrepancySerializer, **problems(400, 401, 403, 404, 409, 422, current=DiscrepancySerializer)},
        examples=[ITEM],
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        item = self.get_object()
        standing = list(item.decisions.filter(undone_at=None).select_related("discrepancy").order_by("-id"))
        if not standing:
            raise self._conflict(item, _("There is no decision to undo."), "not_undone")
        why_not = decisions.why_not_many(standing)
        free = next((one for one in standing if one.pk not in why_not), standing[0])
        taking_back.allow_decision(user_of(request), free)
        try:
            decisions.undo(of_request(request), free.pk)
        except ValidationError as error:
            raise self._conflict(item, " ".join(error.messages), "not_undone") from None
        return self._answer(item)

    @extend_schema(
        summary="Decide in bulk",
        description=(
            "One decision for every open item of your schools that the filter finds. Always a job: 202 with the "
            "action (`id`) and its `job`, even if nothing is found (`total` 0). What is decided is the list as it is "
            "now; an item that changes before its turn is skipped and listed in the rows of the job. Over the guard "
            "(more than 20 % and more than 50 of a school's active enrolments of a year) the job waits for somebody "
            "with the permission Approve. With `dry_run` 200 with the counts."
        ),
        request=BulkDecisionSerializer,
        responses={200: BulkPreviewSerializer, 202: StartedSerializer, **problems(400, 401, 403, 422)},
        examples=[
            OpenApiExample("Accept by filter", examples.BULK, request_only=True),
            OpenApiExample("Preview, a kind that deletes named", examples.BULK_BY_KEYS, request_only=True),
        ],
        filters=False,
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def decide(self, request: Request) -> Response:
        wanted = self.read_body()
        kinds = frozenset(wanted["kinds"]) if "kinds" in wanted else None
        choice = bulk.Choice(wanted["decision"], wanted["reason"], kinds, wanted.get("field", ""))
        bulk.check(choice)
        items = self._filtered(wanted["filter"])
        if self.dry_run:
            return Response(bulk_preview(bulk.select(items, choice)))
        entry, job, _total = bulk.start(of_request(request), items, choice, wanted["filter"])
        return Response(StartedSerializer({"id": entry.pk, "job": job.pk}).data, status=202)

    def _filtered(self, criteria: dict[str, Any]) -> QuerySet[Discrepancy]:
        """The items that a filter in a body selects, validated as on the list."""
        wrong: dict[str, list[str]] = {}
        data = {}
        for name, value in criteria.items():
            if name not in DiscrepancyFilter.base_filters:
                possible = ", ".join(sorted(DiscrepancyFilter.base_filters))
                wrong[name] = [_("Unknown filter. Available filters: %(names)s.") % {"names": possible}]
            elif name == "ref_id" and isinstance(value, list):
                if not value or len(value) > MOST_NAMED:
                    wrong[name] = [_("Name between 1 and %(most)s of them.") % {"most": MOST_NAMED}]
                data[name] = ",".join(str(each) for each in value)
            elif not isinstance(value, str | int):
                wrong[name] = [_("Enter exactly one value.")]
            else:
                data[name] = str(value).lower() if isinstance(value, bool) else str(value)
        filterset = DiscrepancyFilter(data, self.get_queryset())
        if not wrong and not filterset.is_valid():
            wrong = {name: [str(text) for text in texts] for name, texts in filterset.errors.items()}
        if wrong:
            raise exceptions.ValidationError({"filter": wrong})
        return filterset.qs

    def _decide(self, request: Request, decide: Callable[..., Decision]) -> Response:
        item = self.get_object()
        wanted = self.read_body()
        version = if_match(request) or wanted.get("version")
        try:
            decide(of_request(request), item.pk, wanted.get("fields"), reason=wanted["reason"], version=version)
        except decisions.Moved as moved:
            raise self._conflict(moved.item, str(moved)) from None
        return self._answer(item)

    def _answer(self, item: Discrepancy) -> Response:
        version = item.version
        item.refresh_from_db()
        body = dict(DiscrepancySerializer(item).data)
        if self.dry_run:
            body["version"] = version  # what has not come to be cannot have been seen
        return Response(body, headers={"ETag": f'"{body["version"]}"'})

    @staticmethod
    def _conflict(item: Discrepancy, message: str, kind: str = "") -> Conflict:
        kind = kind or ("settled" if not item.is_open else "decided" if not item.undecided else MOVED)
        return Conflict(message, {"current": DiscrepancySerializer(item).data}, kind=kind)
