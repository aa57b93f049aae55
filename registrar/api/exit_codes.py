"""Exit codes of many enrolments at once: kept here, never sent."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.resource import Resource
from operations.api.schema import problems
from operations.serializers import StartedSerializer
from pasi_connect.filters import EnrolmentFilter
from registrar.serializers.year_end import ExitCodesDoneSerializer, ExitCodesSerializer
from registrar.services import exit_codes
from sis import selectors
from sis.models import SchoolEnrolment


@rights.needs("run", "exit_code")
@extend_schema(tags=["Year end"])
class ExitCodes(Resource, viewsets.GenericViewSet[SchoolEnrolment]):
    queryset = SchoolEnrolment.objects.none()
    serializer_class = ExitCodesSerializer
    permission_classes = [MayDo]
    needs = {"create": ("run", "exit_code")}
    bodies = {"create": ExitCodesSerializer}
    previews = frozenset({"create"})
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Set the exit code of many enrolments",
        description=(
            f"Up to {exit_codes.AT_ONCE} at once (200), more as a job (202). Nothing is sent to PASI. "
            "Enrolments that have changed since, or break a rule, are skipped and listed."
        ),
        request=ExitCodesSerializer,
        responses={
            200: OpenApiResponse(ExitCodesDoneSerializer, "Done, or the preview of a dry run."),
            202: StartedSerializer,
            **problems(400, 401, 403, 422),
        },
    )
    def create(self, request: Request) -> Response:
        wanted = self.read_body()
        rows = self._chosen(request, wanted).order_by("pk").values_list("pk", "revision", "exit_code")
        chosen = exit_codes.Chosen.of(rows, wanted["exit_code"])
        changing = len(chosen.changing)
        if self.dry_run or not changing:
            return self._done(None, changing, chosen.unchanged, [])
        action, left = exit_codes.change(of_request(request), chosen, wanted["exit_code"], wanted["reason"])
        if action.job_id is not None:
            return Response({"id": action.pk, "job": action.job_id}, status.HTTP_202_ACCEPTED)
        rows_left = [{"id": int(row.subject_id), "code": row.code, "message": row.words} for row in left]
        return self._done(action.pk, changing - len(left), chosen.unchanged, rows_left)

    @staticmethod
    def _done(pk: int | None, changed: int, unchanged: int, left: list[dict[str, Any]]) -> Response:
        return Response({"id": pk, "job": None, "changed": changed, "unchanged": unchanged, "left": left})

    @staticmethod
    def _chosen(request: Request, wanted: dict[str, Any]) -> QuerySet[SchoolEnrolment]:
        enrolments = selectors.enrolments(user_of(request)).select_related(None)
        if "ids" in wanted:
            ids = set(wanted["ids"])
            missing = ids - set(enrolments.filter(pk__in=ids).values_list("pk", flat=True))
            if missing:
                message = _("No enrolment %(id)s in your schools.") % {"id": min(missing)}
                raise exceptions.ValidationError({"ids": [message]})
            return enrolments.filter(pk__in=ids)
        filterset = EnrolmentFilter(wanted["filter"], queryset=enrolments, request=request)
        unknown = sorted(set(wanted["filter"]) - set(filterset.filters))
        if unknown:
            possible = {"names": ", ".join(sorted(filterset.filters))}
            message = _("Unknown filter. Available filters: %(names)s.") % possible
            raise exceptions.ValidationError({"filter": {name: [message] for name in unknown}})
        if not filterset.form.is_valid():
            raise exceptions.ValidationError({"filter": filterset.form.errors})
        return filterset.qs
