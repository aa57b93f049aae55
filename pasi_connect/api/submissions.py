"""What is on its way to PASI, and the two ways out that need no page: send again, cancel."""

from collections.abc import Callable

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import MOVED, Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from pasi_connect import selectors
from pasi_connect.api import examples
from pasi_connect.filters import SubmissionFilter
from pasi_connect.models import Submission
from pasi_connect.serializers.submissions import CancelSerializer, SendAgainSerializer, SubmissionSerializer, asns_of
from pasi_connect.services.queue import reviews

REJECTED = OpenApiExample("Refused by PASI", examples.SUBMISSION, response_only=True)
MAY_SEND = ("send", "submission")


@rights.needs("view", "submission")
@extend_schema(tags=["Submissions"])
@extend_schema_view(
    list=extend_schema(
        summary="Submissions of your schools",
        responses={200: SubmissionSerializer(many=True), **problems(400, 401, 403)},
        examples=[REJECTED],
    ),
    retrieve=extend_schema(
        summary="One submission",
        responses={200: SubmissionSerializer, **problems(401, 403, 404)},
        examples=[REJECTED],
    ),
)
class SubmissionViewSet(Resource, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Submission]):
    """One record on its way to PASI: its state, the reason, and what a person can do."""

    queryset = Submission.objects.none()
    serializer_class = SubmissionSerializer
    filterset_class = SubmissionFilter
    permission_classes = [MayDo]
    needs = {"send_again": MAY_SEND, "cancel": MAY_SEND}
    bodies = {"send_again": SendAgainSerializer, "cancel": CancelSerializer}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Submission]:
        return selectors.submissions(user_of(self.request))

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        context = {**self.get_serializer_context(), "asns": asns_of(page)}
        return self.get_paginated_response(SubmissionSerializer(page, many=True, context=context).data)

    @extend_schema(
        summary="Send a rejected, reviewed or dead submission again",
        description="Sent with PASI's version that was seen now. Refused (409, with the item) in any other state.",
        request=SendAgainSerializer,
        responses={200: SubmissionSerializer, **problems(400, 401, 403, 404, 409, 422, current=SubmissionSerializer)},
        examples=[OpenApiExample("Queued again", examples.QUEUED_AGAIN, response_only=True, status_codes=["200"])],
    )
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        version = self.read_body().get("seen_version")
        return self._do(lambda: reviews.send_again(of_request(request), submission.pk, version), submission)

    @extend_schema(
        summary="Cancel a submission",
        description="Cancels what has not been sent yet; the difference waits for a decision. Refused (409) once it "
        "is on its way.",
        request=CancelSerializer,
        responses={200: SubmissionSerializer, **problems(400, 401, 403, 404, 409, 422, current=SubmissionSerializer)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        reason = self.read_body()["reason"]
        return self._do(lambda: reviews.cancel(of_request(request), submission.pk, reason), submission)

    @staticmethod
    def _do(exit_: Callable[[], Submission], submission: Submission) -> Response:
        try:
            return Response(SubmissionSerializer(exit_()).data)
        except reviews.NotPossible as error:
            submission.refresh_from_db()
            kind = MOVED if isinstance(error, reviews.MovedOn) else "submission_state"
            raise Conflict(str(error), {"current": SubmissionSerializer(submission).data}, kind=kind) from None
