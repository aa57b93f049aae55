"""Send now: one enrolment while the caller waits, or a school as a job."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.serializers import StartedSerializer
from pasi_connect.api import examples
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.serializers.enrolments import EnrolmentSerializer
from pasi_connect.services.queue import forcing
from pasi_connect.services.states import state_of
from sis import selectors
from sis.models import School, SchoolEnrolment

MAY_FORCE = ("force", "school_enrolment")


@rights.needs("force", "school_enrolment")
@extend_schema(tags=["Enrolments"])
class SendEnrolment(Resource, viewsets.GenericViewSet[SchoolEnrolment]):
    """In no transaction, as PASI is called meanwhile: each step is one of its own, and the whole may be repeated."""

    queryset = SchoolEnrolment.objects.none()
    serializer_class = EnrolmentSerializer
    permission_classes = [MayDo]
    needs = {"send": MAY_FORCE}
    previews = frozenset({"send"})
    in_transaction = False
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[SchoolEnrolment]:
        return selectors.enrolments(user_of(self.request))

    @extend_schema(
        summary="Send an enrolment now",
        description=(
            "Reads PASI's record live, compares, and immediately sends the SIS values that PASI does not have, "
            "including submissions that wait for their next attempt, are held for a reason that no longer applies, "
            "or were rejected or dead. Matching records are not sent, and a change in PASI that nobody has seen is "
            "never overwritten. The answer's `pasi` gives the result; while PASI is unavailable nothing changes. May "
            "be repeated. With `dry_run` PASI is read and nothing is sent: the answer says how the enrolment would "
            "stand."
        ),
        request=None,
        responses={200: EnrolmentSerializer, **problems(400, 401, 403, 404, 409, 422)},
        examples=[OpenApiExample("Both sides match", examples.ENROLMENT, response_only=True)],
    )
    def send(self, request: Request, pk: str) -> Response:
        enrolment = self.get_object()
        actor = of_request(request)
        if self.dry_run:
            return forcing.preview(actor, enrolment, lambda: self._answer(enrolment.pk))
        forcing.send_now(actor, enrolment)
        return self._answer(enrolment.pk)

    def _answer(self, pk: int) -> Response:
        now = self.get_queryset().get(pk=pk)
        state = state_of(now)
        item = EnrolmentSerializer(now, context={"states": {now.pk: state}}).data
        return Response(item, headers={"ETag": f'"{state.version}"'})


@rights.needs("force", "school_enrolment")
@extend_schema(tags=["Schools"])
class SendSchool(Resource, viewsets.GenericViewSet[School]):
    queryset = School.objects.none()
    lookup_field = "code"
    serializer_class = StartedSerializer
    permission_classes = [MayDo]
    needs = {"send": MAY_FORCE}
    previews = frozenset({"send"})
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[School]:
        return selectors.schools(user_of(self.request))

    @extend_schema(
        summary="Send a school's enrolments now",
        description=(
            "A job over the school's enrolments of the synchronized years: each is read live and compared, and the "
            "SIS values that PASI does not have are sent. The job's rows list those that are not sent, each with the "
            "reason. 409 while the school is inactive. With `dry_run` the job reads PASI and sends nothing: its rows "
            "and its `result` say what would be sent."
        ),
        request=None,
        responses={202: StartedSerializer, **problems(400, 401, 403, 404, 409, 422)},
    )
    def send(self, request: Request, code: str) -> Response:
        school = self.get_object()
        try:
            job = forcing.start(of_request(request), school, ENTITY, dry_run=self.dry_run)
        except forcing.NotPossible as error:
            raise Conflict(str(error), kind="school_state") from None
        return Response({"id": job.pk, "job": job.pk}, status.HTTP_202_ACCEPTED)
