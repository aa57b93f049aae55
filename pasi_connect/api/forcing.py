"""Send now: one enrolment while the caller waits, or a school as a job."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.idempotency import IdempotentWrites
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.schema import IDEMPOTENCY_KEY, problems
from operations.serializers import StartedSerializer
from pasi_connect.api import examples
from pasi_connect.serializers import EnrolmentSerializer
from pasi_connect.services import forcing
from pasi_connect.states import state_of
from sis import selectors
from sis.models import School, SchoolEnrolment

MAY_FORCE = ("operations.synchronization",)


@extend_schema(tags=["Enrolments"])
class SendEnrolment(viewsets.GenericViewSet[SchoolEnrolment]):
    """In no transaction, as PASI is called meanwhile: each step is one of its own, and the whole may be repeated."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = EnrolmentSerializer
    permission_classes = [MayDo]
    needs = {"send": MAY_FORCE}
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[SchoolEnrolment]:
        return selectors.enrolments(self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        summary="Send an enrolment now",
        description=(
            "Reads PASI's record live, compares, and lets go at once what is ours to send: waiting time, held ones whose cause is "
            "gone, a rejected or dead submission. Nothing is sent that is equal, and nothing over a change in PASI that nobody "
            "has seen. The answer's `pasi` says how it stands; while PASI is away it stays as it was. May be repeated."
        ),
        request=None,
        responses={200: EnrolmentSerializer, **problems(401, 403, 404)},
        examples=[OpenApiExample("Both sides are equal", examples.ENROLMENT, response_only=True)],
    )
    def send(self, request: Request, pk: str) -> Response:
        enrolment = get_object_or_404(self.get_queryset(), pk=pk)
        forcing.send_now(of_request(request), enrolment)  # type: ignore[arg-type]
        now = self.get_queryset().get(pk=enrolment.pk)
        state = state_of(now)
        item = EnrolmentSerializer(now, context={"states": {now.pk: state}}).data
        return Response(item, headers={"ETag": f'"{state.version}"'})


@extend_schema(tags=["Schools"])
class SendSchool(IdempotentWrites, viewsets.GenericViewSet[School]):
    queryset = School.objects.none()
    serializer_class = StartedSerializer
    permission_classes = [MayDo]
    needs = {"send": MAY_FORCE}
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Send a school's enrolments now",
        description=(
            "A job over the school's enrolments of the synchronised years: each is read live, compared, and what is ours to send "
            "goes out. The job's rows name those that do not go, each with the reason. 409 while the school is inactive."
        ),
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: StartedSerializer, **problems(401, 403, 404, 409, 422)},
    )
    def send(self, request: Request, code: str) -> Response:
        school = get_object_or_404(selectors.schools(request.user), code=code)  # type: ignore[arg-type]
        try:
            job = forcing.start(of_request(request), school)  # type: ignore[arg-type]
        except forcing.NotPossible as error:
            raise Conflict(str(error)) from None
        return Response({"id": job.pk, "job": job.pk}, status.HTTP_202_ACCEPTED)
