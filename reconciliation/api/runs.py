"""Reconciliation runs: two files in, lines and downloads out."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from operations.actor import of_request
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.schema import problems
from reconciliation import lines, selectors, told, uploads
from reconciliation.filters import LineAskForm, RunFilter
from reconciliation.models import Run
from reconciliation.rules.statuses import STATUSES
from reconciliation.serializers import (
    NewReconciliationSerializer,
    ReconciliationCheckSerializer,
    ReconciliationRowSerializer,
    ReconciliationSerializer,
    ReconciliationStartedSerializer,
    school_refused,
)
from reconciliation.services import checking, runs

MAY = (selectors.PERMISSION,)
SIZE = KeysetPagination.page_size


class MayReconcile(MayDo):
    """Reading too."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        self.message = _("Your role may not do this. It needs: %(names)s.") % {"names": "reconciliation"}
        return request.user.has_perm(MAY[0])


class AnyFile(BaseRenderer):
    """So that a client may ask for text/csv; what is sent says itself what it is."""

    media_type = "*/*"
    format = "file"
    charset = None

    def render(self, data: Any, media_type: Any = None, context: Any = None) -> Any:
        return data


LINE_FILTERS = [
    OpenApiParameter("status", str, enum=list(STATUSES)),
    OpenApiParameter("field", str, description="A compared column: rows that differ there."),
    OpenApiParameter("course", str, description="Part of the course's code."),
    OpenApiParameter("asn", str),
    OpenApiParameter("moved", bool, description="Rows with another status than in the run before (`since`)."),
    OpenApiParameter("after", int, description="Rows behind this line."),
    OpenApiParameter("before", int, description="Rows before this line."),
]


@extend_schema(tags=["Reconciliation"])
@extend_schema_view(
    list=extend_schema(summary="Runs", responses={200: ReconciliationSerializer(many=True), **problems(400, 401, 403)}),
    retrieve=extend_schema(summary="One run", responses={200: ReconciliationSerializer, **problems(401, 403, 404)}),
    create=extend_schema(
        summary="Compare two exports",
        description=(
            "Takes multipart/form-data. Files that cannot be compared are refused (400), naming the file and its columns or "
            "rows; of large files the run says so later (`status` refused, `reasons`). With `dry_run` the answer is the column "
            "check, and nothing is kept. What the names contradict stops nothing: see `warnings`. An Idempotency-Key has no "
            "effect here: a run changes nothing but itself."
        ),
        request={"multipart/form-data": NewReconciliationSerializer},
        responses={
            202: ReconciliationStartedSerializer,
            200: OpenApiResponse(ReconciliationCheckSerializer, "The column check of a dry run."),
            **problems(400, 401, 403),
        },
    ),
    destroy=extend_schema(
        summary="Remove a run",
        description="With its files and its result.",
        responses={204: None, **problems(401, 403, 404, 409)},
    ),
)
class ReconciliationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Run]):
    queryset = Run.objects.none()
    serializer_class = ReconciliationSerializer
    filterset_class = RunFilter
    permission_classes = [MayReconcile]
    needs = {"create": MAY, "destroy": MAY}
    parser_classes = [MultiPartParser]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Run]:
        return selectors.runs(self.request.user)  # type: ignore[arg-type]

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        uploads.prepare(request)
        return super().initialize_request(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        given = self._given(request)
        choices = runs.Choices(
            type=given["type"],
            school=given.get("school", ""),
            school_year=str(given.get("school_year", "") or ""),
            set_deleted_apart=given["set_apart_deleted"],
            also=tuple(given.get("compare_extra", ())),
            xlsx=given["xlsx"],
        )
        actor, files = of_request(request), {side: given[side] for side in checking.SIDES}  # type: ignore[arg-type]
        if given["dry_run"]:
            return Response(self._check_only(choices, files))
        run = runs.make(actor, choices, files)
        try:
            self._refuse_foreign(run.school_code)
            if runs.is_quick(run):
                runs.check(actor, run)
                self._refuse(run.checks, run.also)
            job = runs.start(actor, run)
        except BaseException:
            runs.remove(actor, run)
            raise
        return Response({"id": run.pk, "job": job.pk}, HTTPStatus.ACCEPTED)

    def _given(self, request: Request) -> dict[str, Any]:
        data = request.data
        if wrong := uploads.too_large(request._request):
            raise exceptions.ValidationError({name: [said] for name, said in wrong.items()})
        serializer = NewReconciliationSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = serializer.validated_data
        self._refuse_foreign(given.get("school", ""))
        return given

    def _refuse_foreign(self, school: str) -> None:
        if school and not selectors.may_name(self.request.user, school):  # type: ignore[arg-type]
            raise exceptions.ValidationError(school_refused())

    def _check_only(self, choices: runs.Choices, files: dict[str, Any]) -> dict[str, Any]:
        checks, whose = runs.check_only(choices, files)
        self._refuse_foreign(whose.school or "")
        return told.check(checks, whose)

    @staticmethod
    def _refuse(checks: Any, also: list[str]) -> None:
        faults = [*checking.faults(checks), *checking.also_faults(checks, also)]
        if faults:
            raise exceptions.ValidationError(told.faults_by_side(faults))

    def destroy(self, request: Request, pk: str) -> Response:
        try:
            runs.remove(of_request(request), self.get_object())  # type: ignore[arg-type]
        except runs.NotPossible as error:
            raise Conflict(str(error)) from None
        return Response(status=HTTPStatus.NO_CONTENT)

    def _done(self) -> Run:
        run = self.get_object()
        if not run.is_done:
            raise Conflict(_("This run has no result yet."))
        return run

    @extend_schema(
        summary="The lines of a result",
        parameters=LINE_FILTERS,
        responses={200: ReconciliationRowSerializer(many=True), **problems(400, 401, 403, 404, 409)},
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def rows(self, request: Request, pk: str) -> Response:
        run = self._done()
        known = {parameter.name for parameter in LINE_FILTERS}
        if unknown := [name for name in request.query_params if name not in known]:
            possible = ", ".join(sorted(known - {"after", "before"}))
            raise exceptions.ValidationError(
                {name: [_("This filter is not known. Possible: %(names)s.") % {"names": possible}] for name in unknown}
            )
        form = LineAskForm(request.query_params, run=run)
        if not form.is_valid():
            raise exceptions.ValidationError(dict(form.errors))  # type: ignore[arg-type]
        try:
            found = lines.page(run, lines.wanted(form.cleaned_data), request.query_params, SIZE)
        except Invalid as error:
            raise exceptions.ValidationError(error.message_dict) from None
        reader = told.LineReader(run)
        paginator = KeysetPagination()
        paginator.request, paginator.page = request, found
        return paginator.get_paginated_response([reader.line(row) for row in found.rows])

    @extend_schema(
        operation_id="reconciliations_download",
        summary="A file of the result",
        description="result.csv, unusable.csv (where there are unusable rows), result.xlsx (where it was asked for), summary.json.",
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(lines.DOWNLOADS))],
        responses={(200, "*/*"): bytes, **problems(401, 403, 404, 409)},
        filters=False,
    )
    @action(
        detail=True,
        methods=["get"],
        filter_backends=[],
        url_path=f"(?P<name>{'|'.join(lines.DOWNLOADS).replace('.', chr(92) + '.')})",
        renderer_classes=[*viewsets.GenericViewSet.renderer_classes, AnyFile],
    )
    def download(self, request: Request, pk: str, name: str) -> FileResponse:
        try:
            return lines.download(self._done(), name)
        except FileNotFoundError:
            raise Http404 from None


