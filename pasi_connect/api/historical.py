"""A record of a school year that is not synchronized: PASI's read live, ours sent once somebody saw both."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import Conflict, PreconditionFailed
from operations.api.resource import Resource
from operations.api.schema import problems
from pasi_connect.api import examples
from pasi_connect.models import Link, Submission
from pasi_connect.serializers.historical import ConfirmSerializer, HistoricalSerializer
from pasi_connect.serializers.submissions import SubmissionSerializer
from pasi_connect.services.decisions import historical
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment


class NoAnswer(exceptions.APIException):
    """503: PASI returned nothing that could be shown or relied on."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "no_answer"
    default_detail = gettext_lazy("PASI gave no answer")
    wait = 60  # becomes Retry-After


@rights.needs("confirm", "historical_record")
@extend_schema(tags=["Enrolments"])
class HistoricalRecord(Resource, viewsets.GenericViewSet[SchoolEnrolment]):
    """In no transaction, as PASI is called meanwhile."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = HistoricalSerializer
    permission_classes = [MayDo]
    needs = {"confirm": ("confirm", "historical_record")}
    bodies = {"confirm": ConfirmSerializer}
    previews = frozenset({"confirm"})
    in_transaction = False
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[SchoolEnrolment]:
        return sis_selectors.enrolments(user_of(self.request))

    @extend_schema(
        summary="Read PASI's record of an older year live",
        description=(
            "PASI does not announce changes in years before the synchronized ones, so its record is read now, in your name, and "
            "compared with ours. What was read becomes the local copy; a submission that is no longer needed, because both sides "
            "match, ends as `no_change`. 409 for a year that is synchronized or in the future; 503 if PASI does not answer."
        ),
        responses={200: HistoricalSerializer, **problems(400, 401, 403, 404, 409, 503)},
        examples=[OpenApiExample("PASI holds another grade", examples.HISTORICAL, response_only=True)],
    )
    def read(self, request: Request, pk: str) -> Response:
        enrolment = self.get_object()
        try:
            return Response(HistoricalSerializer(historical.compare(of_request(request), enrolment)).data)
        except historical.NotRead as error:
            raise NoAnswer(str(error)) from None
        except historical.NotPossible as error:
            raise Conflict(str(error), kind="not_possible") from None

    @extend_schema(
        summary="Send our record of an older year",
        description=(
            "Confirms that you have seen PASI's record at `version`. PASI is read once more; our record is sent as a submission, "
            "as long as PASI's record has not changed, and replaces every field that differs. 412 with the current values if "
            "PASI's record has changed; 409 if it cannot be sent; 503 if PASI does not answer. The submission may be `held` for "
            "another reason, which it names. With `dry_run` PASI is read and nothing is stored."
        ),
        request=ConfirmSerializer,
        responses={
            200: SubmissionSerializer,
            **problems(400, 401, 403, 404, 409, 422, 503),
            **problems(412, current=HistoricalSerializer),
        },
        examples=[
            OpenApiExample("Seen", examples.CONFIRM, request_only=True),
            OpenApiExample("It waits for its turn", examples.CONFIRMED, response_only=True, status_codes=["200"]),
        ],
    )
    def confirm(self, request: Request, pk: str) -> Response:
        enrolment = self.get_object()
        version = self.read_body()["version"]
        actor = of_request(request)
        try:
            if self.dry_run:
                return Response(_without_keys(historical.preview(actor, enrolment, version, _submission_data)))
            return Response(_submission_data(historical.confirm(actor, enrolment, version)))
        except historical.NotRead as error:
            raise NoAnswer(str(error)) from None
        except historical.Moved as moved:
            raise PreconditionFailed(str(moved), {"current": HistoricalSerializer(moved.now).data}) from None
        except historical.NotPossible as error:
            raise Conflict(str(error), kind="not_possible") from None


def _submission_data(submission: Submission) -> dict[str, Any]:
    return dict(SubmissionSerializer(submission).data)


def _without_keys(item: dict[str, Any]) -> dict[str, Any]:
    """After a preview: records created only for it are gone, and so are their keys."""
    if not Submission.objects.filter(pk=item["id"]).exists():
        item["id"] = None
    if not Link.objects.filter(key=item["key"]).exists():
        item.update(key="", ref_id=None)
    return item
