"""Reconciliation runs: two files in, lines and downloads out."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.db.models import QuerySet
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from operations import bodies, rights
from operations.actor import Actor, of_request, user_of
from operations.api.pagination import KeysetPagination
from operations.api.permissions import MayDo
from operations.api.problems import Conflict
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.previews import taken_back
from operations.rules.bodies import EXPORTS
from reconciliation import selectors
from reconciliation.filters import LineAskForm, RunFilter
from reconciliation.models import Run
from reconciliation.rules.reading_options import NAMES, How, how_of
from reconciliation.rules.statuses import STATUSES
from reconciliation.serializers import (
    NewReconciliationSerializer,
    ReconciliationCheckSerializer,
    ReconciliationRowSerializer,
    ReconciliationSerializer,
    ReconciliationStartedSerializer,
    school_refused,
)
from reconciliation.services import answers, checking, runs
from reconciliation.views import lines

MAY = ("run", "reconciliation")
SIZE = KeysetPagination.page_size


def how_given(data: dict[str, Any], side: str) -> How:
    return how_of({name: data.get(f"{side}_{name}") for name in NAMES})


class AnyFile(BaseRenderer):
    """Lets a client ask for text/csv; the response names its own type."""

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
    OpenApiParameter("moved", bool, description="Rows whose status differs from the previous run (`since`)."),
    OpenApiParameter("after", int, description="Rows after this line."),
    OpenApiParameter("before", int, description="Rows before this line."),
]


@rights.needs("run", "reconciliation")
@extend_schema(tags=["Reconciliation"])
@extend_schema_view(
    list=extend_schema(summary="Runs", responses={200: ReconciliationSerializer(many=True), **problems(400, 401, 403)}),
    retrieve=extend_schema(summary="One run", responses={200: ReconciliationSerializer, **problems(401, 403, 404)}),
    create=extend_schema(
        summary="Compare two exports",
        description=(
            "Takes multipart/form-data. Files that cannot be compared are refused (400), naming the file and its "
            "columns or rows; of large files the run says so later (`status` refused, `reasons`). With `dry_run` the "
            "answer is the column check, and nothing is stored; for large files a job makes it, and its result has "
            "it as `check`. Contradictions in the names stop nothing: see `warnings`."
        ),
        request={"multipart/form-data": NewReconciliationSerializer},
        responses={
            202: ReconciliationStartedSerializer,
            200: OpenApiResponse(ReconciliationCheckSerializer, "The column check of a dry run."),
            **problems(400, 401, 403, 409, 422),
        },
    ),
    destroy=extend_schema(
        summary="Remove a run",
        description="With its files and its result. With `dry_run` the answer is the run in its current state.",
        responses={
            204: None,
            200: OpenApiResponse(ReconciliationSerializer, "The preview of a dry run."),
            **problems(400, 401, 403, 404, 409, 422),
        },
    ),
)
class ReconciliationViewSet(Resource, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Run]):
    queryset = Run.objects.none()
    serializer_class = ReconciliationSerializer
    filterset_class = RunFilter
    permission_classes = [MayDo]
    needs = {"create": MAY, "destroy": MAY}
    bodies = {"create": NewReconciliationSerializer}
    queries = {"rows": tuple(parameter.name for parameter in LINE_FILTERS)}
    previews = frozenset({"create", "destroy"})
    in_transaction = False
    parser_classes = [MultiPartParser]
    body_hint = gettext_lazy("Send multipart/form-data with the two files as “before” and “after”, and with “type”.")
    takes_files = EXPORTS
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Run]:
        return selectors.runs(user_of(self.request))

    def create(self, request: Request) -> Response:
        data = self._checked_body(request)
        choices = runs.Choices(
            type=data["type"],
            school=data.get("school", ""),
            school_year=str(data.get("school_year", "") or ""),
            set_deleted_apart=data["set_apart_deleted"],
            also=tuple(data.get("compare_extra", ())),
            xlsx=data["xlsx"],
            before_how=how_given(data, "before"),
            after_how=how_given(data, "after"),
        )
        actor, files = of_request(request), {side: data[side] for side in checking.SIDES}
        if self.dry_run:
            return self._check_only(actor, choices, files)
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

    def _checked_body(self, request: Request) -> dict[str, Any]:
        if wrong := bodies.dropped(request._request):
            raise exceptions.ValidationError({name: [message] for name, message in wrong.items()})
        data = self.read_body()
        self._refuse_foreign(data.get("school", ""))
        return data

    def _refuse_foreign(self, school: str) -> None:
        if school and not selectors.may_name(user_of(self.request), school):
            raise exceptions.ValidationError(school_refused())

    def _check_only(self, actor: Actor, choices: runs.Choices, files: dict[str, Any]) -> Response:
        preview = runs.check_only(actor, choices, files, lambda whose: self._refuse_foreign(whose.school or ""))
        if preview.job:
            return Response({"job": preview.job.pk}, HTTPStatus.ACCEPTED)
        return Response(answers.check(preview.check or {}, preview.whose))

    @staticmethod
    def _refuse(checks: Any, also: list[str]) -> None:
        faults = [*checking.faults(checks), *checking.also_faults(checks, also)]
        if faults:
            raise exceptions.ValidationError(answers.faults_by_side(faults))

    def destroy(self, request: Request, pk: str) -> Response:
        run = self.get_object()
        try:
            if self.dry_run:
                with taken_back():
                    runs.remove(of_request(request), run)
                return Response(ReconciliationSerializer(self.get_object()).data)
            runs.remove(of_request(request), run)
        except runs.NotPossible as error:
            raise Conflict(str(error), kind="run_state") from None
        return Response(status=HTTPStatus.NO_CONTENT)

    def _done(self) -> Run:
        run = self.get_object()
        if not run.is_done:
            raise Conflict(_("This run has no result yet."), kind="run_state")
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
        form = LineAskForm(request.query_params, run=run)
        if not form.is_valid():
            raise exceptions.ValidationError(dict(form.errors))  # type: ignore[arg-type]
        try:
            page = lines.page(run, lines.wanted(form.cleaned_data), request.query_params, SIZE)
        except Invalid as error:
            raise exceptions.ValidationError(error.message_dict) from None
        reader = answers.LineReader(run)
        paginator = KeysetPagination()
        paginator.request, paginator.page = request, page
        return paginator.get_paginated_response([reader.line(row) for row in page.rows])

    @extend_schema(
        operation_id="reconciliations_download",
        summary="A file of the result",
        description="result.csv, unusable.csv (where there are unusable rows), result.xlsx (where it was asked for), summary.json.",
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(lines.DOWNLOADS)),
            OpenApiParameter("format", exclude=True),
        ],
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
    def download(self, request: Request, pk: str, name: str) -> FileResponse | StreamingHttpResponse:
        try:
            return lines.download(self._done(), name)
        except FileNotFoundError:
            raise Http404 from None
