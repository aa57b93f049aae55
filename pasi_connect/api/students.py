"""Students: read them, and change their names and identification. Changes go to PASI automatically."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from operations import rights
from operations.actor import of_request, user_of
from operations.api.permissions import MayDo
from operations.api.problems import PreconditionFailed, if_match
from operations.api.resource import Resource
from operations.api.schema import IF_MATCH, problems
from pasi_connect.models.submission import QUEUED
from pasi_connect.serializers.students import ChangedStudentSerializer, StudentSerializer
from pasi_connect.services.queue import submissions
from pasi_connect.services.states import state_of, states_of
from sis import filters, selectors
from sis.models import Student
from sis.serializers import StudentFields
from sis.services import students

EDIT = {"preferred_first_name": "Bram", "preferred_last_name": "Okafor"}


@rights.needs("view", "student")
@extend_schema(tags=["Students"])
@extend_schema_view(
    list=extend_schema(
        summary="Students of your schools",
        description="Students with an enrolment, of any year, at one of your schools.",
        responses={200: StudentSerializer(many=True), **problems(400, 401, 403)},
    ),
    retrieve=extend_schema(
        summary="One student",
        description="The answer's ETag is the item's `version`.",
        responses={200: StudentSerializer, **problems(401, 403, 404)},
    ),
    partial_update=extend_schema(
        summary="Change the name and identification of a student",
        description=(
            "Changes the named fields. With If-Match the change is refused (412, with the item as it is now) when the "
            "student has changed since. Without If-Match, the state at arrival counts as seen. The answer, and the "
            "preview of a `dry_run`, says what comes of the change: `expected` is what PASI will refuse or warn about, "
            "`pasi` is `held` with its reason where the change cannot be sent."
        ),
        request=StudentFields(partial=True),
        parameters=[IF_MATCH],
        responses={
            200: ChangedStudentSerializer,
            **problems(400, 401, 403, 404, 412, 422, current=StudentSerializer),
        },
        examples=[OpenApiExample("A preferred name", EDIT, request_only=True)],
    ),
)
class StudentViewSet(Resource, viewsets.GenericViewSet[Student]):
    queryset = Student.objects.none()
    serializer_class = StudentSerializer
    filterset_class = filters.StudentFilter
    permission_classes = [MayDo]
    needs = {"partial_update": ("edit", "student")}
    bodies = {"partial_update": StudentFields}
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Student]:
        return selectors.students(user_of(self.request))

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        context = {**self.get_serializer_context(), "states": states_of(page)}
        return self.get_paginated_response(StudentSerializer(page, many=True, context=context).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(StudentSerializer, self.get_object())

    def partial_update(self, request: Request, pk: str) -> Response:
        student = self.get_object()
        wanted = self.read_body(student, partial=True)
        version = if_match(request)
        if version is not None and version != str(student.revision):
            raise self._stale(student)
        expected = None if version is None else student.revision
        try:
            changed = students.change(of_request(request), student.pk, wanted, expected_revision=expected)
        except students.StaleStudent as stale:
            raise self._stale(stale.current) from None
        fields = [name for name in wanted if getattr(student, name) != getattr(changed, name)]
        answer = self._answer(ChangedStudentSerializer, changed)
        if fields and answer.data["pasi"]["state"] in QUEUED:
            coming = submissions.forecast_of(changed, of_request(request), fields)
            answer.data["pasi"].update(state=coming.status, reason=coming.reason)
        if (
            self.dry_run
        ):  # what has not come to be cannot have been seen: a preview carries the version that it was drawn from
            answer.data["version"] = str(student.revision)
        return answer

    @staticmethod
    def _answer(serializer: type[StudentSerializer], student: Student) -> Response:
        item = serializer(student, context={"states": {student.pk: state_of(student)}}).data
        return Response({**item}, headers={"ETag": f'"{item["version"]}"'})

    @staticmethod
    def _stale(student: Student) -> PreconditionFailed:
        item = StudentSerializer(student).data
        return PreconditionFailed(
            _("The student has changed since you read it. Check the current values, then send your change again."),
            {"current": item},
        )
