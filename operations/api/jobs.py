"""Jobs: their progress, what did not simply succeed, and the three things that a person can do with one."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights, selectors
from operations.actor import of_request, user_of
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.filters import JobFilter
from operations.models import Job, JobRow
from operations.serializers import JobRowSerializer, JobSerializer
from operations.services import jobs

ANSWERS = {200: JobSerializer, **problems(400, 401, 403, 404, 409, 422)}


@rights.needs("view", "job")
@extend_schema(tags=["Jobs"])
@extend_schema_view(
    list=extend_schema(summary="Your jobs", responses={200: JobSerializer(many=True), **problems(400, 401, 403)}),
    retrieve=extend_schema(summary="One job", responses={200: JobSerializer, **problems(401, 403, 404)}),
)
class JobViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Your own jobs; with `all_schools`, everyone's."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    permission_classes = [MayDo]
    needs = {
        "approve": ("approve", "job"),
        "cancel": ("stop", "job"),
        "resume": ("stop", "job"),
    }
    queries = {"rows": KeysetPagination.parameters}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Job]:
        return selectors.jobs(user_of(self.request))

    @extend_schema(
        summary="Rows of a job: what was skipped or needs attention",
        description="Of the schools that you see now.",
        responses={200: JobRowSerializer(many=True), **problems(400, 401, 403, 404)},
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def rows(self, request: Request, pk: str) -> Response:
        rows: QuerySet[JobRow] = selectors.job_rows(user_of(request), self.get_object())
        return self.get_paginated_response(JobRowSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(summary="Approve what the guard stopped", request=None, responses=ANSWERS)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        job = self.get_object()
        if not selectors.may_approve(user_of(request), job):
            self.permission_denied(request, str(_("Your role does not allow you to approve this job.")))
        return self._do(jobs.approve, request, job)

    @extend_schema(
        summary="Cancel a job",
        description="What was already done stays done; a running job ends after its current chunk.",
        request=None,
        responses=ANSWERS,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._do(jobs.cancel, request, self.get_object())

    @extend_schema(
        summary="Resume a job",
        description="A job that was cancelled, was interrupted or has failed continues where it stopped.",
        request=None,
        responses=ANSWERS,
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        return self._do(jobs.resume, request, self.get_object())

    @staticmethod
    def _do(do: Callable[[Any, int], Job], request: Request, job: Job) -> Response:
        try:
            return Response(JobSerializer(do(of_request(request), job.pk), context={"request": request}).data)
        except jobs.NotPossible as error:
            current = JobSerializer(job, context={"request": request}).data
            raise Conflict(str(error), {"current": current}, kind="job_state") from None
