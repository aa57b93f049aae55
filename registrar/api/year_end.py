"""The year end: a rehearsal lists what would close, and its run does exactly that."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.filters import refuse_empty
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.serializers import StartedSerializer
from pasi_connect.models import Action
from registrar import selectors
from registrar.filters import RowFilter
from registrar.models import YearEndRehearsal, YearEndRow
from registrar.rules import year_end as rules
from registrar.serializers.year_end import (
    NewRehearsalSerializer,
    NewRunSerializer,
    RehearsalPreviewSerializer,
    RehearsalRowSerializer,
    RehearsalSerializer,
    RunPreviewSerializer,
    RunSerializer,
)
from registrar.services import year_end
from sis import selectors as sis_selectors
from sis.rules.school_year import SchoolYear

MAY_CLOSE = ("run", "year_end")  # to read as well: what a year end names lies at many schools


def _scope(request: Request, wanted: dict[str, Any]) -> year_end.Scope:
    """What the person wants to rehearse; a school outside theirs does not exist for them."""
    school, year = wanted.get("school", ""), wanted["school_year"]
    assert isinstance(year, SchoolYear)
    schools = sis_selectors.schools(user_of(request))
    if school and not schools.filter(code=school).exists():
        raise exceptions.ValidationError({"school": [_("No such school among yours.")]})
    if not school and not sis_selectors.sees_all(request.user):
        raise exceptions.ValidationError({"school": [_("Name one of your schools.")]})
    return year_end.scope_now(year, school, wanted["early"])


@rights.needs("run", "year_end")
@extend_schema(tags=["Year end"])
@extend_schema_view(
    retrieve=extend_schema(
        summary="One rehearsal",
        description="`closing` and `not_closing` are complete once `status` is `completed`: every concurrent enrolment of the year.",
        responses={200: RehearsalSerializer, **problems(401, 403, 404)},
    ),
    create=extend_schema(
        summary="Rehearse",
        description=(
            "Changes nothing. Before the year has ended it is refused (400, naming `early`) unless `early` is true. "
            "With `dry_run` the answer is what the rehearsal would say, and none is stored."
        ),
        request=NewRehearsalSerializer,
        responses={
            202: StartedSerializer,
            200: OpenApiResponse(RehearsalPreviewSerializer, "The preview of a dry run."),
            **problems(400, 401, 403, 422),
        },
    ),
)
class RehearsalViewSet(Resource, mixins.RetrieveModelMixin, viewsets.GenericViewSet[YearEndRehearsal]):
    queryset = YearEndRehearsal.objects.none()
    serializer_class = RehearsalSerializer
    permission_classes = [MayDo]
    needs = {"create": MAY_CLOSE}
    bodies = {"create": NewRehearsalSerializer}
    previews = frozenset({"create"})
    queries = {"rows": (*RowFilter.base_filters, *KeysetPagination.parameters)}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[YearEndRehearsal]:
        return selectors.rehearsals(user_of(self.request))

    def create(self, request: Request) -> Response:
        scope = _scope(request, self.read_body())
        if self.dry_run:
            return Response(RehearsalPreviewSerializer.of(scope, year_end.preview(scope)))
        rehearsal = year_end.rehearse(of_request(request), scope)
        return Response({"id": rehearsal.pk, "job": rehearsal.job_id}, status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="The enrolments of a rehearsal, with their dates",
        parameters=[
            OpenApiParameter("group", enum=[name for name, _label in RowFilter.GROUPS]),
            OpenApiParameter("school", description=str(RowFilter.base_filters["school"].label)),
            OpenApiParameter("reason", enum=[reason.code for reason in rules.REASONS]),
            OpenApiParameter("dates", enum=["change", "kept"]),
        ],
        responses={200: RehearsalRowSerializer(many=True), **problems(400, 401, 403, 404)},
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def rows(self, request: Request, pk: str) -> Response:
        refuse_empty(request.query_params)
        filterset = RowFilter(request.query_params, self.get_object().rows.all())
        if not filterset.is_valid():
            raise exceptions.ValidationError(filterset.errors)
        rows: QuerySet[YearEndRow] = filterset.qs
        return self.get_paginated_response(RehearsalRowSerializer(self.paginate_queryset(rows), many=True).data)


@rights.needs("run", "year_end")
@extend_schema(tags=["Year end"])
@extend_schema_view(
    retrieve=extend_schema(
        summary="One run",
        description="The closed enrolments are in the entry of the same id under /decisions/, which can undo them.",
        responses={200: RunSerializer, **problems(401, 403, 404)},
    ),
    create=extend_schema(
        summary="Run what was rehearsed",
        description=(
            "The call is the sign-off. Closes exactly what the rehearsal named; enrolments that have changed since "
            "are skipped and listed. A rehearsal can be run once (409). With `dry_run` the answer is what the run "
            "would do now."
        ),
        request=NewRunSerializer,
        responses={
            202: StartedSerializer,
            200: OpenApiResponse(RunPreviewSerializer, "The preview of a dry run."),
            **problems(400, 401, 403, 409, 422),
        },
    ),
)
class RunViewSet(Resource, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Action]):
    queryset = Action.objects.none()
    serializer_class = RunSerializer
    permission_classes = [MayDo]
    needs = {"create": MAY_CLOSE}
    bodies = {"create": NewRunSerializer}
    previews = frozenset({"create"})
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Action]:
        rehearsals = selectors.rehearsals(user_of(self.request))
        return Action.objects.filter(rehearsal__in=rehearsals).select_related("rehearsal", "job")

    def create(self, request: Request) -> Response:
        rehearsals = selectors.rehearsals(user_of(request))
        rehearsal = rehearsals.filter(pk=self.read_body()["rehearsal"]).first()
        if rehearsal is None:
            raise exceptions.ValidationError({"rehearsal": [_("No such rehearsal.")]})
        try:
            if self.dry_run:
                year_end.check_runnable(rehearsal)
                return Response(RunPreviewSerializer.of(rehearsal))
            run = year_end.start(of_request(request), rehearsal.pk)
        except year_end.NotPossible as error:
            raise Conflict(str(error), kind="rehearsal_state") from None
        return Response({"id": run.pk, "job": run.job_id}, status.HTTP_202_ACCEPTED)
